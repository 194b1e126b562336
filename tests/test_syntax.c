/* The parser, by tables: what a text's tree is, written back with all parentheses, or which error it gives
 * where. */
#include "syntax/parse.h"
#include <criterion/criterion.h>
#include <glob.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- trees written back ---- */

static void write_name(Text *out, AstName name) {
    if (name.layer) text_printf(out, "%s.", name.layer);
    text_add(out, name.name);
}

static void write_expr(Text *out, const AstExpr *e) {
    switch (e->kind) {
    case AST_NUMBER: text_number(out, e->number); break;
    case AST_NAME:
        write_name(out, e->name);
        if (e->lag) text_printf(out, "[%d]", e->lag);
        break;
    case AST_UNARY:
    case AST_BINARY:
        text_add(out, "(");
        if (e->kind == AST_UNARY) text_add(out, e->op);
        write_expr(out, e->arguments.at[0]);
        if (e->kind == AST_BINARY) {
            text_printf(out, " %s ", e->op);
            write_expr(out, e->arguments.at[1]);
        }
        text_add(out, ")");
        break;
    case AST_CALL:
        write_name(out, e->name);
        text_add(out, "(");
        for (int i = 0; i < e->arguments.count; i++) {
            if (i > 0) text_add(out, ", ");
            write_expr(out, e->arguments.at[i]);
        }
        text_add(out, ")");
        break;
    }
}

static void write_path(Text *out, const AstPath *p) {
    static const char *const joints[] = {[PATH_AND] = " & ", [PATH_SEQUENCE] = " ", [PATH_OR] = " | "};
    switch (p->kind) {
    case PATH_NAME: write_name(out, p->name); break;
    case PATH_ARROW:
        write_name(out, p->name);
        text_add(out, "->");
        write_name(out, p->to);
        break;
    case PATH_VIA:
        text_add(out, "via ");
        write_name(out, p->name);
        break;
    case PATH_NOT:
        text_add(out, "!");
        write_path(out, p->left);
        break;
    case PATH_AND:
    case PATH_SEQUENCE:
    case PATH_OR:
        text_add(out, "(");
        write_path(out, p->left);
        text_add(out, joints[p->kind]);
        write_path(out, p->right);
        text_add(out, ")");
        break;
    case PATH_REPEAT:
        write_path(out, p->left);
        text_add(out, "{");
        write_expr(out, p->minimum);
        text_add(out, ",");
        if (p->maximum) write_expr(out, p->maximum);
        text_add(out, "}");
        break;
    case PATH_WITHIN:
        write_path(out, p->left);
        text_add(out, "<=");
        write_expr(out, p->minimum);
        break;
    case PATH_EMPTY: text_add(out, "()"); break;
    }
}

static AstFile *parse(Arena *arena, const char *text, Diagnostics **all) {
    *all = diagnostics_new(arena);
    return syntax_parse(arena, source_from_text(arena, "t", text, strlen(text)), *all);
}

/* Parses and insists that nothing is wrong. */
static AstFile *parse_well(Arena *arena, const char *text) {
    Diagnostics *all;
    AstFile *file = parse(arena, text, &all);
    Text out = {0};
    diagnostics_print(all, false, &out);
    cr_expect_eq(all->list.count, 0, "%s\n%s", text, out.at ? out.at : "");
    text_free(&out);
    return file;
}

static void expect_text(Text *out, const char *expected, const char *source) {
    cr_expect_str_eq(out->at ? out->at : "", expected, "%s: %s, not %s", source, out->at ? out->at : "",
                     expected);
    text_free(out);
}

/* ---- expressions and paths ---- */

Test(syntax, expressions_bind_as_on_paper) {
    static const struct {
        const char *text, *tree;
    } table[] = {
        {"a + b * c", "(a + (b * c))"},
        {"a - b - c", "((a - b) - c)"},
        {"a / b / c", "((a / b) / c)"},
        {"f * R @ h", "(f * (R @ h))"},
        {"W @ x^2", "(W @ (x ^ 2))"},
        {"R @ S @ x", "(R @ (S @ x))"},
        {"-x^2", "(-(x ^ 2))"},
        {"-R @ x", "(-(R @ x))"},
        {"-a * b", "((-a) * b)"},
        {"R @ -x * y", "((R @ (-x)) * y)"},
        {"2^-x @ y", "((2 ^ (-x)) @ y)"},
        {"a^b^c", "(a ^ (b ^ c))"},
        {"(a + b) * c", "((a + b) * c)"},
        {"a + b < c * d", "((a + b) < (c * d))"},
        {"a <= b", "(a <= b)"},
        {"a >= b", "(a >= b)"},
        {"a == b", "(a == b)"},
        {"a != b", "(a != b)"},
        {"a > b", "(a > b)"},
        {"h[t-1] + h[t] + h[t-0] + h[ t - 12 ]", "(((h[1] + h) + h) + h[12])"},
        {"l1.h[t-2] * t", "(l1.h[2] * t)"},
        {"where(a < b, f(), g(x, 1e-3))", "where((a < b), f(), g(x, 0.001))"},
        {"tag(reset, z[t-1])", "tag(reset, z[1])"},
        {"α₁ * θ + β_2", "((α₁ * θ) + β_2)"},
        {"when + via * within - not / with", "((when + (via * within)) - (not / with))"},
        {".5 + 1. + 2e3", "((0.5 + 1) + 2000)"},
        {"init + sparse + every", "((init + sparse) + every)"},
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        Arena *arena = arena_new();
        AstFile *file = parse_well(arena, arena_printf(arena, "cell c { y = %s; }", table[i].text));
        Text out = {0};
        write_expr(&out, file->cells.at[0]->equations.at[0]->value);
        expect_text(&out, table[i].tree, table[i].text);
        arena_free(arena);
    }
}

Test(syntax, paths_bind_as_described) {
    static const struct {
        const char *text, *tree;
    } table[] = {
        {"any*", "any{0,}"},
        {"any+ any?", "(any{1,} any{0,1})"},
        {"implicit* | implicit* explicit", "(implicit{0,} | (implicit{0,} explicit))"},
        {"any{2}", "any{2,2}"},
        {"any{2,}", "any{2,}"},
        {"any{0, m-1}", "any{0,(m - 1)}"},
        {"any* within k", "any{0,}<=k"},
        {"any* within (k+1) explicit", "(any{0,}<=(k + 1) explicit)"},
        {"any within 3 within 2", "any<=3<=2"},
        {"explicit via Rg", "(explicit & via Rg)"},
        {"(implicit | explicit via Rg)*", "(implicit | (explicit & via Rg)){0,}"},
        {"via l1.Rg implicit", "(via l1.Rg implicit)"},
        {"implicit* via Rg", "(implicit{0,} via Rg)"},
        {"not explicit via Rg", "!(explicit & via Rg)"},
        {"implicit & c -> c", "(implicit & c->c)"},
        {"l1.h -> l2.c", "l1.h->l2.c"},
        {"(any & not reset)*", "(any & !reset){0,}"},
        {"implicit & not reset | spatial", "((implicit & !reset) | spatial)"},
        {"a b & c d | e", "(((a (b & c)) d) | e)"},
        {"any & not not reset", "(any & !!reset)"},
        {"()", "()"},
        {"a (b | ()) c", "((a (b | ())) c)"},
        {"when", "when"},
        {"(implicit | spatial)* ((explicit | lateral) (implicit | spatial)*){0, m-1}",
         "((implicit | spatial){0,} ((explicit | lateral) (implicit | spatial){0,}){0,(m - 1)})"},
        {"(implicit | spatial)* ((explicit | lateral) (any* within k))?",
         "((implicit | spatial){0,} ((explicit | lateral) any{0,}<=k){0,1})"},
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        Arena *arena = arena_new();
        Diagnostics *all = diagnostics_new(arena);
        const AstPath *alone = syntax_parse_path(
            arena, source_from_text(arena, "--keep", table[i].text, strlen(table[i].text)), all);
        cr_assert(alone && all->list.count == 0, "%s", table[i].text);
        const AstFile *file = parse_well(arena, arena_printf(arena, "rule r { keep %s; }", table[i].text));
        Text out = {0};
        write_path(&out, alone);
        expect_text(&out, table[i].tree, table[i].text);
        write_path(&out, file->rules.at[0]->keep);
        expect_text(&out, table[i].tree, table[i].text);
        arena_free(arena);
    }
}

/* ---- items ---- */

static void write_declaration(Text *out, const AstDeclaration *d) {
    static const char *const kinds[] = {"size", "input", "state", "output", "param", "const"};
    text_printf(out, "%s %s", kinds[d->kind], d->name.name);
    for (int i = 0; i < d->shape.count; i++) {
        text_add(out, i == 0 ? "[" : ",");
        write_expr(out, d->shape.at[i]);
    }
    if (d->shape.count > 0) text_add(out, "]");
    for (int i = 0; i < d->attributes.count; i++) {
        const AstAttribute *a = &d->attributes.at[i];
        text_printf(out, " %s", a->name);
        if (a->word) text_printf(out, "=%s", a->word);
        if (a->string) text_printf(out, "=\"%s\"", a->string);
        if (a->has_number) {
            text_add(out, "=");
            text_number(out, a->number);
        }
    }
    if (d->value) {
        text_add(out, " = ");
        write_expr(out, d->value);
    }
    text_add(out, "; ");
}

Test(syntax, declarations) {
    static const struct {
        const char *text, *tree;
    } table[] = {
        {"size n, m;", "size n; size m; "},
        {"size n = 64;", "size n = 64; "},
        {"input x[8];", "input x[8]; "},
        {"input x;", "input x; "},
        {"output h, z;", "output h; output z; "},
        {"const alpha = 0.95, rho = 1 - alpha;", "const alpha = 0.95; const rho = (1 - alpha); "},
        {"state c[n], h[n] init -0.5;", "state c[n]; state h[n] init=-0.5; "},
        {"param Wi[n,m], Ri[n,n], bi[n] init 1;", "param Wi[n,m]; param Ri[n,n]; param bi[n] init=1; "},
        {"param R[n,n] init orthogonal zero_diagonal;", "param R[n,n] init=orthogonal zero_diagonal; "},
        {"param R[n,n] sparse 0.1 nonnegative;", "param R[n,n] sparse=0.1 nonnegative; "},
        {"param R[n,n] sparse \"mask.npy\";", "param R[n,n] sparse=\"mask.npy\"; "},
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        Arena *arena = arena_new();
        const AstCell *cell =
            parse_well(arena, arena_printf(arena, "cell c { %s }", table[i].text))->cells.at[0];
        Text out = {0};
        for (int j = 0; j < cell->declarations.count; j++) write_declaration(&out, cell->declarations.at[j]);
        expect_text(&out, table[i].tree, table[i].text);
        arena_free(arena);
    }
}

Test(syntax, clauses) {
    static const struct {
        const char *text, *tree;
    } table[] = {
        {"carry forward;", "carry:forward"},
        {"carry mixed(16);", "carry:mixed(16)"},
        {"mask reach(n);", "mask:reach(n)"},
        {"replace (any & not spatial) with diag(a);", "replace:{(any & !spatial)} diag(a)"},
        {"estimate rank1;", "estimate:rank1"},
        {"signal random;", "signal:random"},
        {"update every k;", "update:every(k)"},
        {"update every 3;", "update:every(3)"},
        {"update online;", "update:online"},
        {"sample k;", "sample:k"},
        {"chunk 10;", "chunk: 10"},
        {"chunk (2 * k);", "chunk: (2 * k)"},
        {"keep implicit*;", "keep:{implicit{0,}}"}, /* the second one */
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        Arena *arena = arena_new();
        const AstRule *rule =
            parse_well(arena, arena_printf(arena, "rule r(k) { keep any*; %s }", table[i].text))->rules.at[0];
        cr_assert(rule->keep && rule->clauses.count == 1, "%s", table[i].text);
        const AstClause *clause = rule->clauses.at[0];
        Text out = {0};
        text_printf(&out, "%s:%s", clause->axis, clause->word.name ? clause->word.name : "");
        for (int j = 0; j < clause->arguments.count; j++) {
            text_add(&out, "(");
            write_expr(&out, clause->arguments.at[j]);
            text_add(&out, ")");
        }
        if (clause->selector) {
            text_add(&out, "{");
            write_path(&out, clause->selector);
            text_add(&out, "}");
        }
        if (clause->value) {
            text_add(&out, " ");
            write_expr(&out, clause->value);
        }
        expect_text(&out, table[i].tree, table[i].text);
        arena_free(arena);
    }
}

Test(syntax, a_whole_file) {
    Arena *arena = arena_new();
    const AstFile *file =
        parse_well(arena, "\xEF\xBB\xBFimport \"../cells/lstm.eligo\";  # a byte order mark is let pass\r\n"
                          "function spike(u) = step(u)\n    derivative 0.3 * max(0, 1 - abs(u));\n"
                          "function two(a, b) = a * b derivative b, a;\n"
                          "rule eprop(m = 1, k) { keep any*; }\n"
                          "network digits {\n"
                          "    input x[8];\n    param V[10,32];\n"
                          "    layer l1 = lstm(n = 64, x = x);\n    layer l2 = lstm(n = 32, x = l1.h);\n"
                          "    y = V @ l2.h;\n"
                          "    loss 0.5 * sum((y - target)^2) when mask_input;\n"
                          "}");
    cr_assert(file->imports.count == 1 && file->functions.count == 2 && file->rules.count == 1 &&
              file->networks.count == 1);
    cr_expect_str_eq(file->imports.at[0].path, "../cells/lstm.eligo");
    cr_expect_eq(file->functions.at[0]->derivatives.count, 1);
    cr_expect_eq(file->functions.at[1]->derivatives.count, 2);
    cr_expect_eq(file->functions.at[1]->parameters.count, 2);
    const AstRule *rule = file->rules.at[0];
    cr_expect(rule->parameters.count == 2 && rule->parameters.at[0].value->number == 1 &&
              !rule->parameters.at[1].value);
    const AstNetwork *network = file->networks.at[0];
    cr_assert(network->layers.count == 2 && network->equations.count == 1 &&
              network->declarations.count == 2);
    cr_expect_str_eq(network->layers.at[1]->cell.name, "lstm");
    cr_expect_str_eq(network->layers.at[1]->arguments.at[1].value->name.layer, "l1");
    Text out = {0};
    write_expr(&out, network->losses.at[0].value);
    expect_text(&out, "(0.5 * sum(((y - target) ^ 2)))", "loss");
    cr_expect_str_eq(network->losses.at[0].when->name.name, "mask_input");
    arena_free(arena);
}

Test(syntax, spans_cover_what_was_written) {
    Arena *arena = arena_new();
    const char *text = "cell c {\n    y = (a + b) * h[t-1];\n}";
    const AstEquation *equation = parse_well(arena, text)->cells.at[0]->equations.at[0];
    const AstExpr *product = equation->value;
    static const char *const expected[] = {
        "y = (a + b) * h[t-1];", "(a + b) * h[t-1]", "*", "(a + b)", "h[t-1]", "h"};
    const Span spans[] = {equation->span,
                          product->span,
                          product->op_span,
                          product->arguments.at[0]->span,
                          product->arguments.at[1]->span,
                          product->arguments.at[1]->name.span};
    for (size_t i = 0; i < LENGTH(spans); i++) {
        const char *piece = arena_copy(arena, text + spans[i].begin, (size_t)(spans[i].end - spans[i].begin));
        cr_expect_str_eq(piece, expected[i]);
    }
    arena_free(arena);
}

Test(syntax, rule_uses) {
    static const struct {
        const char *text, *tree;
    } table[] = {{"bptt", "bptt"},
                 {"eprop(2)", "eprop 2"},
                 {"tbptt(k=3)", "tbptt k=3"},
                 {"r(1, m = 2)", "r 1 m=2"},
                 {"r()", "r"}};
    for (size_t i = 0; i < LENGTH(table); i++) {
        Arena *arena = arena_new();
        Diagnostics *all = diagnostics_new(arena);
        const AstRuleUse *use = syntax_parse_rule_use(
            arena, source_from_text(arena, "--rule", table[i].text, strlen(table[i].text)), all);
        cr_assert(use, "%s", table[i].text);
        Text out = {0};
        text_add(&out, use->name.name);
        for (int j = 0; j < use->arguments.count; j++) {
            const AstArgument *argument = &use->arguments.at[j];
            text_printf(&out, " %s%s", argument->name.name ? argument->name.name : "",
                        argument->name.name ? "=" : "");
            write_expr(&out, argument->value);
        }
        expect_text(&out, table[i].tree, table[i].text);
        arena_free(arena);
    }
}

/* Every file of the library parses without a word. */
Test(syntax, the_library) {
    glob_t found;
    cr_assert_eq(glob("library/*/*.eligo", 0, NULL, &found), 0);
    cr_assert_geq(found.gl_pathc, 21);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        Arena *arena = arena_new();
        Source *source = source_read(arena, found.gl_pathv[i]);
        cr_assert(source);
        const AstFile *file = parse_well(arena, source->text);
        cr_expect_eq(file->cells.count + file->rules.count + file->networks.count, 1, "%s", source->name);
        arena_free(arena);
    }
    globfree(&found);
}
