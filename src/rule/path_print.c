/* Writing a path expression back as the language writes it.
 *
 * Each form has a level, as in the grammar; a part of a lower level than its place wants gets parentheses.
 * One place needs more care: `a via R` is one selector, so a `via` that opens a later part of a sequence is
 * set in parentheses. */
#include "rule/path.h"
#include <string.h>

enum { LEVEL_OR, LEVEL_SEQUENCE, LEVEL_AND, LEVEL_REPEATED, LEVEL_NOT, LEVEL_EDGES };

typedef struct Printer {
    const Bindings *bindings;
    Diagnostics *diagnostics; /* counts were evaluated before: nothing is reported here */
    Text *out;
} Printer;

/* `explicit via R`: a class restricted by what it crosses. */
static bool is_restriction(const AstPath *path) {
    return path->kind == PATH_AND && path->right->kind == PATH_VIA &&
           (path->left->kind == PATH_NAME || path->left->kind == PATH_ARROW);
}

static int level_of(const AstPath *path) {
    switch (path->kind) {
    case PATH_OR: return LEVEL_OR;
    case PATH_SEQUENCE: return LEVEL_SEQUENCE;
    case PATH_AND: return is_restriction(path) ? LEVEL_EDGES : LEVEL_AND;
    case PATH_REPEAT:
    case PATH_WITHIN: return LEVEL_REPEATED;
    case PATH_NOT: return LEVEL_NOT;
    default: return LEVEL_EDGES;
    }
}

static void print_name(Text *out, AstName name) {
    if (name.layer) text_printf(out, "%s.", name.layer);
    text_add(out, name.name);
}

static long value_of(const Printer *p, const AstExpr *expr) {
    long value = 0;
    bind_whole(expr, p->bindings, &value, p->diagnostics);
    return value;
}

/* Does it name tags or `local`? A rule that names them has more symbols, even where it repeats them no times.
 */
static bool makes_symbols(const AstPath *path) {
    static const char *const plain[] = {"implicit", "explicit", "spatial", "lateral", "any"};
    if (!path) return false;
    if (path->kind != PATH_NAME) return makes_symbols(path->left) || makes_symbols(path->right);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(path->name.name, plain[i]) == 0) return false;
    return true;
}

static bool is_nothing(const Printer *p, const AstPath *path) {
    return path->kind == PATH_REPEAT && path->maximum && value_of(p, path->maximum) == 0 &&
           !makes_symbols(path);
}

static void print_repeat(const Printer *p, const AstPath *path) {
    const long minimum = value_of(p, path->minimum),
               maximum = path->maximum ? value_of(p, path->maximum) : -1;
    if (minimum == 0 && maximum < 0)
        text_add(p->out, "*");
    else if (minimum == 1 && maximum < 0)
        text_add(p->out, "+");
    else if (minimum == 0 && maximum == 1)
        text_add(p->out, "?");
    else if (maximum < 0)
        text_printf(p->out, "{%ld,}", minimum);
    else if (minimum == maximum)
        text_printf(p->out, "{%ld}", minimum);
    else
        text_printf(p->out, "{%ld,%ld}", minimum, maximum);
}

static void print_path(const Printer *p, const AstPath *path, int level, bool after);

static void print_pair(const Printer *p, const AstPath *path, int level, const char *between, bool after) {
    print_path(p, path->left, level, after);
    text_add(p->out, between);
    print_path(p, path->right, level, path->kind == PATH_SEQUENCE);
}

static void print_bare(const Printer *p, const AstPath *path, bool after) {
    switch (path->kind) {
    case PATH_NAME: print_name(p->out, path->name); break;
    case PATH_ARROW:
        print_name(p->out, path->name);
        text_add(p->out, " -> ");
        print_name(p->out, path->to);
        break;
    case PATH_VIA:
        text_add(p->out, "via ");
        print_name(p->out, path->name);
        break;
    case PATH_NOT:
        text_add(p->out, "not ");
        print_path(p, path->left, LEVEL_NOT, false);
        break;
    case PATH_AND:
        if (is_restriction(path))
            print_pair(p, path, LEVEL_EDGES, " ", after);
        else
            print_pair(p, path, LEVEL_REPEATED, " & ", after);
        break;
    case PATH_SEQUENCE: print_pair(p, path, LEVEL_SEQUENCE, " ", after); break;
    case PATH_OR: print_pair(p, path, LEVEL_OR, " | ", false); break;
    case PATH_REPEAT:
        print_path(p, path->left, LEVEL_NOT, after);
        print_repeat(p, path);
        break;
    case PATH_WITHIN:
        print_path(p, path->left, path->left->kind == PATH_REPEAT ? LEVEL_REPEATED : LEVEL_NOT, after);
        text_printf(p->out, " within %ld", value_of(p, path->minimum));
        break;
    case PATH_EMPTY: text_add(p->out, "()"); break;
    }
}

/* At m = 1 e-prop's `(hop …){0,m-1}` is there no times: a part of a sequence that a reader is spared. */
static const AstPath *spared(const Printer *p, const AstPath *path) {
    while (path->kind == PATH_SEQUENCE) {
        if (is_nothing(p, path->right))
            path = path->left;
        else if (is_nothing(p, path->left))
            path = path->right;
        else
            break;
    }
    return path;
}

/* `after`: a part of a sequence stands directly before. */
static void print_path(const Printer *p, const AstPath *path, int level, bool after) {
    path = spared(p, path);
    const bool parentheses = level_of(path) < level || (path->kind == PATH_VIA && after);
    if (parentheses) text_add(p->out, "(");
    print_bare(p, path, after && !parentheses);
    if (parentheses) text_add(p->out, ")");
}

void path_print(const AstPath *path, const Bindings *bindings, Text *out) {
    Arena *arena = arena_new();
    const Printer printer = {bindings, diagnostics_new(arena), out};
    print_path(&printer, path, LEVEL_OR, false);
    arena_free(arena);
}
