/* Element-wise expressions as C. Parentheses follow C's precedence and keep the written order of operations,
 * so that every compiler rounds alike. What is used twice, or nests deeper than 32 (tcc gives up near 250),
 * becomes a local of its own. */
#include "emit/emitter.h"
#include <assert.h>
#include <string.h>

enum { SUM = 1, PRODUCT = 2, UNARY = 3, ATOM = 4 }; /* how tightly a piece of C binds */
enum { DEEPEST = 32 };

typedef struct Piece {
    const char *text;
    int binds, depth;
} Piece;

const Placed *place_of(const Emitter *e, const Expr *node) {
    if (node->id >= e->routine->placed.count || !e->routine->placed.at[node->id].buffer) return NULL;
    return &e->routine->placed.at[node->id];
}

static int kids_of(const Expr *node) { return node->op == EXPR_FUNCTION ? 1 : node->kids; }

void count_uses(Emitter *e, const Expr *root, bool is_fill) {
    if (e->uses[root->id]++ > 0) return;
    if (e->value[root->id] || (!is_fill && place_of(e, root))) return;
    for (int i = 0; i < kids_of(root); i++) count_uses(e, root->kid[i], false);
}

static const char *wrapped(Emitter *e, Piece piece, int least) {
    return piece.binds >= least ? piece.text : arena_printf(e->arena, "(%s)", piece.text);
}

static Piece spilled(Emitter *e, const Expr *node, Piece piece, const char *part) {
    const char *name = block_name(e, part);
    line(e, "const real %s = %s;", name, piece.text);
    if (node) e->value[node->id] = name;
    return (Piece){name, ATOM, 0};
}

static Piece piece_of(Emitter *e, const Expr *node, bool is_fill, bool is_root, const char *part);

static bool is_arithmetic(ExprOp op) {
    return op == EXPR_NEG || op == EXPR_ADD || op == EXPR_SUB || op == EXPR_MUL || op == EXPR_DIV;
}

static Piece arithmetic(Emitter *e, ExprOp op, const Piece *operand) {
    const int depth = 1 + (operand[0].depth > operand[1].depth ? operand[0].depth : operand[1].depth);
    if (op == EXPR_NEG)
        return (Piece){arena_printf(e->arena, "-%s", wrapped(e, operand[0], ATOM)), UNARY, depth};
    const int binds = op == EXPR_ADD || op == EXPR_SUB ? SUM : PRODUCT;
    const char *sign = op == EXPR_ADD ? "+" : op == EXPR_SUB ? "-" : op == EXPR_MUL ? "*" : "/";
    const char *left = wrapped(e, operand[0], binds), *right = wrapped(e, operand[1], binds + 1);
    return (Piece){arena_printf(e->arena, "%s %s %s", left, sign, right), binds, depth};
}

/* The operator's C text for the real type; what it calls of ours is pasted. */
static const char *text_of(Emitter *e, const Operator *operator) {
    const char *bar = strchr(operator->c, '|');
    if (!bar) return operator->c;
    if (!e->options->single) return arena_copy(e->arena, operator->c, (size_t)(bar - operator->c));
    const char *name = strstr(bar, "kernel_");
    if (name) use_kernel(e, arena_copy(e->arena, name, strcspn(name, "(")));
    return bar + 1;
}

/* How often an operator's C text names operand `digit`. */
static int mentions(const char *c, char digit) {
    int count = 0;
    for (; *c; c++) count += c[0] == '$' && c[1] == digit;
    return count;
}

/* Whether what stands around the operand at `at` delimits it: "(…)", "(…, ", ", …)". */
static bool is_enclosed(const char *c, const char *at) {
    const char before = at == c ? ' ' : at[-1] == ' ' && at - c > 1 ? at[-2] : at[-1];
    return (before == '(' || before == ',') && (at[2] == ')' || at[2] == ',');
}

static void add_braced(Emitter *e, Text *out, const char **at) {
    const char *end = strchr(*at, '}');
    if (end - *at == 2)
        text_add(out, literal(e, (*at)[1] - '0'));
    else { /* a number with a point: as the table writes it */
        text_add_bytes(out, *at + 1, (size_t)(end - *at - 1));
        if (e->options->single) text_add(out, "f");
    }
    *at = end;
}

/* The operator table's text with operands and numbers filled in. */
static Piece filled(Emitter *e, const char *c, const Piece *operand) {
    Text out = {0};
    int depth = 0;
    for (const char *at = c; *at; at++) {
        if (*at == '$') {
            const Piece *piece = &operand[at[1] - '0'];
            text_add(&out, is_enclosed(c, at) ? piece->text : wrapped(e, *piece, ATOM));
            if (piece->depth > depth) depth = piece->depth;
            at++;
        } else if (*at == '@') {
            if (e->options->single) text_add(&out, "f");
        } else if (*at == '{')
            add_braced(e, &out, &at);
        else
            text_add_bytes(&out, at, 1);
    }
    const Piece piece = {arena_copy(e->arena, out.at, out.length), ATOM, depth + 3};
    text_free(&out);
    return piece;
}

static Piece operation(Emitter *e, const Expr *node, const char *part) {
    const char *c = text_of(e, expr_operator(node->op));
    Piece operand[3] = {{"", ATOM, 0}, {"", ATOM, 0}, {"", ATOM, 0}};
    const bool square = node->op == EXPR_POW && node->kid[1]->op == EXPR_CONST && node->kid[1]->value == 2;
    for (int i = 0; i < node->kids; i++) {
        operand[i] = piece_of(e, node->kid[i], false, false, part);
        const bool twice = square ? i == 0 : mentions(c, (char)('0' + i)) > 1;
        if (operand[i].depth > DEEPEST || (twice && operand[i].depth > 0))
            operand[i] = spilled(e, node->kid[i], operand[i], part);
    }
    if (square) {
        operand[1] = operand[0];
        return arithmetic(e, EXPR_MUL, operand);
    }
    if (node->op == EXPR_STOP) return operand[0];
    return is_arithmetic(node->op) ? arithmetic(e, node->op, operand) : filled(e, c, operand);
}

static Piece leaf(Emitter *e, const Expr *node) {
    if (node->op == EXPR_CONST) return (Piece){literal(e, node->value), node->value < 0 ? UNARY : ATOM, 0};
    if (node->op == EXPR_UNIT) return (Piece){arena_printf(e->arena, "(real)(int)%s", e->unit), UNARY, 0};
    if (node->value > 0) return (Piece){literal(e, (double)expr_size_value(node)), ATOM, 0};
    return (Piece){arena_printf(e->arena, "(real)%s", size_of(e, node->of)), UNARY, 0};
}

const char *leaf_number(Emitter *e, const Expr *node) { return leaf(e, node).text; }

static Piece piece_of(Emitter *e, const Expr *node, bool is_fill, bool is_root, const char *part) {
    if (e->value[node->id]) return (Piece){e->value[node->id], ATOM, 0};
    const Placed *place = is_fill ? NULL : place_of(e, node);
    if (place) return (Piece){unit_element(e, place->buffer, place->lag, false), ATOM, 0};
    if (expr_is_leaf(node) && node->op != EXPR_USE) return leaf(e, node);
    const bool same = node->op == EXPR_FUNCTION || node->op == EXPR_BROADCAST;
    assert(same || expr_is_elementwise(node)); /* program_verify has seen to it */
    const Piece piece = same ? piece_of(e, node->kid[0], false, false, part) : operation(e, node, part);
    return !is_root && piece.depth > 0 && e->uses[node->id] > 1 ? spilled(e, node, piece, part) : piece;
}

/* What is one pair of parentheses from end to end stands as well without. */
static const char *without_parentheses(Emitter *e, const char *text) {
    const size_t length = strlen(text);
    int open = 0;
    for (size_t i = 0; i < length; i++) {
        open += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (open == 0 && i + 1 < length) return text;
    }
    return length > 2 && *text == '(' ? arena_copy(e->arena, text + 1, length - 2) : text;
}

const char *expression(Emitter *e, const Expr *node, bool is_fill, const char *part) {
    return without_parentheses(e, piece_of(e, node, is_fill, true, part).text);
}
