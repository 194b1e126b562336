/* Expressions as text, as the language writes them, with no more parentheses than a reader needs.
 *
 * Sums of sums and products of products are written flat however they are nested: on paper they are
 * associative. What is no text of the language (Rᵀ in a derivation) is written as papers write it. */
#include "expr/expr.h"
#include <math.h>

/* How tightly a node binds. Infix operators have theirs in the table of operators, 1 to 3 and 5. */
enum { LOOSEST = 0, ADDITIVE = 2, MULTIPLICATIVE = 3, PRODUCT = 4, POWER = 5, ATOM = 6 };

typedef struct Printer {
    ExprName name;
    void *context;
    Text *out;
} Printer;

static void print_operand(const Printer *p, const Expr *e, int least);

/* sum(x) / n over the range n of x */
static bool is_mean(const Expr *e) {
    return e->op == EXPR_DIV && e->kid[0]->op == EXPR_SUM && e->kid[1]->op == EXPR_SIZE &&
           e->kid[1]->of == e->kid[0]->kid[0]->dim;
}

static bool is_negative(const Expr *e) { return e->op == EXPR_CONST && !e->name && signbit(e->value); }

static int precedence(const Expr *e) {
    if (is_mean(e)) return ATOM;
    if (is_negative(e)) return ADDITIVE;
    if (e->op == EXPR_MATVEC || e->op == EXPR_MATVEC_T) return PRODUCT;
    if (e->op >= EXPR_FUNCTION || expr_operator(e->op)->precedence == 0) return ATOM;
    return expr_operator(e->op)->precedence;
}

static void print_call(const Printer *p, const char *name, int count, const Expr *const *argument) {
    text_printf(p->out, "%s(", name);
    for (int i = 0; i < count; i++) {
        if (i > 0) text_add(p->out, ", ");
        print_operand(p, argument[i], LOOSEST);
    }
    text_add(p->out, ")");
}

/* The leftmost operand of a product may be a negative number as it is: -0.5 * u. */
static int least_left(const Expr *e, int own) {
    if (own == MULTIPLICATIVE && is_negative(e->kid[0])) return LOOSEST;
    return own == POWER || own == 1 ? own + 1 : own;
}

static int least_right(const Expr *e, int own) {
    const ExprOp right = e->kid[1]->op;
    if (e->op == EXPR_ADD && (right == EXPR_ADD || right == EXPR_SUB)) return own;
    if (e->op == EXPR_MUL && right == EXPR_MUL) return own;
    return own + 1;
}

static void print_infix(const Printer *p, const Expr *e) {
    const Operator *line = expr_operator(e->op);
    print_operand(p, e->kid[0], least_left(e, line->precedence));
    text_add(p->out, line->infix);
    print_operand(p, e->kid[1], least_right(e, line->precedence));
}

static void print_operator(const Printer *p, const Expr *e) {
    if (is_mean(e)) {
        print_call(p, "mean", 1, e->kid[0]->kid);
    } else if (expr_operator(e->op)->infix) {
        print_infix(p, e);
    } else if (e->op == EXPR_NEG) {
        text_add(p->out, "-");
        print_operand(p, e->kid[0], MULTIPLICATIVE);
    } else {
        print_call(p, expr_operator(e->op)->name, e->kids, e->kid);
    }
}

static void print_leaf(const Printer *p, const Expr *e) {
    if (e->op == EXPR_SIZE && e->value > 0) {
        text_add(p->out, "share(");
        text_number(p->out, e->value);
        text_printf(p->out, ", %s)", e->of->name);
    } else if (e->op == EXPR_SIZE) {
        text_add(p->out, e->of->name);
    } else if (e->op == EXPR_UNIT) {
        text_printf(p->out, "unit(%s)", e->dim->name);
    } else if (e->op == EXPR_USE) {
        text_add(p->out, e->var->label);
        if (e->lag > 0) text_printf(p->out, "[t-%d]", e->lag);
    } else if (e->name) {
        text_add(p->out, e->name);
    } else {
        text_number(p->out, e->value);
    }
}

static void print_station(const Printer *p, const Expr *e) {
    switch (e->op) {
    case EXPR_MATVEC:
    case EXPR_MATVEC_T:
        text_printf(p->out, "%s%s @ ", e->var->label, e->op == EXPR_MATVEC_T ? "ᵀ" : "");
        print_operand(p, e->kid[0], POWER);
        return;
    case EXPR_SUM: print_call(p, "sum", 1, e->kid); return;
    case EXPR_SOFTMAX: print_call(p, "softmax", 1, e->kid); return;
    default: print_call(p, "logsumexp", 1, e->kid); return;
    }
}

static void print_node(const Printer *p, const Expr *e) {
    if (e->op == EXPR_FUNCTION) {
        print_call(p, e->name, e->arguments, e->argument);
    } else if (expr_is_elementwise(e)) {
        print_operator(p, e);
    } else if (expr_is_leaf(e)) {
        print_leaf(p, e);
    } else {
        print_station(p, e);
    }
}

/* In parentheses if it binds less tightly than `least`. A broadcast shows as the scalar it spreads. */
static void print_operand(const Printer *p, const Expr *e, int least) {
    const char *name = p->name ? p->name(p->context, e) : NULL;
    if (name) {
        text_add(p->out, name);
        return;
    }
    if (e->op == EXPR_BROADCAST) {
        print_operand(p, e->kid[0], least);
        return;
    }
    const bool closed = precedence(e) < least;
    if (closed) text_add(p->out, "(");
    print_node(p, e);
    if (closed) text_add(p->out, ")");
}

void expr_print(const Expr *e, ExprName name, void *context, Text *out) {
    const Printer printer = {name, context, out};
    if (e->op == EXPR_BROADCAST) {
        print_operand(&printer, e->kid[0], LOOSEST);
        return;
    }
    print_node(&printer, e);
}
