/* What the parser says of texts that are wrong: code and place of every error, in order.
 *
 * Expectations are written as the compiler would print them, "line:column code", separated by blanks. */
#include "syntax/parse.h"
#include <criterion/criterion.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

typedef struct Wrong {
    const char *text, *errors,
        *words; /* `words` stand in the first message or its help; NULL: not looked at */
} Wrong;

static const char *error_list(Arena *arena, const Diagnostics *all) {
    const char *list = "";
    for (int i = 0; i < all->list.count; i++) {
        const Diagnostic *one = all->list.at[i];
        const Place place =
            one->span.source ? source_place(one->span.source, one->span.begin) : (Place){0, 0};
        list = arena_printf(arena, "%s%s%d:%d %s", list, i ? " " : "", place.line, place.column, one->code);
    }
    return list;
}

static void check(const Wrong *wrong, const char *before, const char *after) {
    Arena *arena = arena_new();
    Diagnostics *all = diagnostics_new(arena);
    const char *text = arena_printf(arena, "%s%s%s", before, wrong->text, after);
    syntax_parse(arena, source_from_text(arena, "t", text, strlen(text)), all);
    cr_expect_str_eq(error_list(arena, all), wrong->errors, "%s\ngives %s, not %s", text,
                     error_list(arena, all), wrong->errors);
    if (wrong->words && all->list.count > 0) {
        const Diagnostic *one = all->list.at[0];
        const char *said = arena_printf(arena, "%s / %s", one->message, one->help ? one->help : "");
        cr_expect_not_null(strstr(said, wrong->words), "%s\nsays %s, not %s", text, said, wrong->words);
    }
    arena_free(arena);
}

Test(syntax_errors, in_equations) {
    static const Wrong table[] = {
        {"c = a + b\nh = c;", "2:10 E0116", "expected ';' after the equation, found 'h'"},
        {"c = a b;", "2:6 E0116", "write `*` or `@` between two factors"},
        {"c = a +;", "2:8 E0110", "expected an expression, found ';'"},
        {"c = (a + b;", "2:11 E0110", "expected an operator or ')', found ';'"},
        {"c = f(a;", "2:8 E0110", "expected an operator, ')' or ',', found ';'"},
        {"c = a + b);", "2:10 E0116", NULL},
        {"c = a < b < c;", "2:10 E0116", "found '<'"},
        {"c = sigmoid(W @ x + input);", "2:21 E0111", "found the reserved word 'input'"},
        {"input = 3;", "2:1 E0111", "the reserved word 'input' can't be a name"},
        {"h[t] = x;", "2:2 E0110", "left side of an equation"},
        {"c = tanh(h)[t-1];", "2:12 E0110", "only a name can be delayed"},
        {"c = h[t+1];", "2:7 E0120", "write `t-1`"},
        {"c = h[t-d];", "2:9 E0121", "whole number"},
        {"c = h[t-1.5];", "2:9 E0121", "whole number"},
        {"c = h[t-1e9];", "2:9 E0121", "1000000"},
        {"c = h[1];", "2:7 E0122", "write `h[t-1]`"},
        {"c = h[n-1];", "2:7 E0122", "write `h[t-1]`"},
        {"c = h[t*2];", "2:7 E0122", NULL},
        {"c = a +; d = b +; e = f;\n g = ;", "2:8 E0110 2:17 E0110 3:6 E0110", NULL},
        {";", "2:1 E0110", NULL},
        {"= 3;", "2:1 E0110", NULL},
        {"c = a.b.c;", "2:8 E0116", NULL},
    };
    for (size_t i = 0; i < LENGTH(table); i++) check(&table[i], "cell x {\n", "\n}\n");
}

Test(syntax_errors, in_tokens) {
    static const Wrong table[] = {
        {"c = a \xE2\x88\x92 b;", "2:7 E0103", "write `-`"},
        {"c = a\xC3\x97"
         "b;",
         "2:6 E0103", "write `*`"},
        {"c = a $ b;", "2:7 E0103", "'$'"},
        {"c = _a;", "2:5 E0103", "can't begin with `_`"},
        {"c = 2x;", "2:5 E0104", "neither a number nor a name"},
        {"c = 0x10;", "2:5 E0104", NULL},
        {"c = 1e400;", "2:5 E0104", "too large"},
        {"c = a \xFF\xFE b;", "2:7 E0101", "not valid UTF-8"},
        {"c = \xC0\x80;", "2:5 E0101", NULL},
        {"c = \xED\xA0\x80;", "2:5 E0101", NULL},
        {"c = \x01;", "2:5 E0102", "0x01"},
        {"# comment \xFC\nc = a b;", "2:11 E0101", NULL},
        {"param R[n,n] sparse \"a;\n", "2:21 E0105", NULL},
    };
    for (size_t i = 0; i < LENGTH(table); i++) check(&table[i], "cell x {\n", "\n}\n");
}

Test(syntax_errors, in_declarations) {
    static const Wrong table[] = {
        {"size n\nstate c[n];", "2:7 E0116", "expected ';' after the declaration, found 'state'"},
        {"size n\nc = a;", "2:7 E0116", "found 'c'"},
        {"state c[n] h[n];", "2:11 E0116", "expected ',' or ';' after the declaration, found 'h'"},
        {"stat c[n];", "2:1 E0112", "did you mean `state`?"},
        {"outputt h;", "2:1 E0112", "did you mean `output`?"},
        {"size state;", "2:6 E0111", "reserved words can't be names"},
        {"param W[n,m,k];", "2:13 E0127", NULL},
        {"param W[0];", "2:9 E0128", NULL},
        {"param W[1.5];", "2:9 E0128", NULL},
        {"param W[n] init;", "2:12 E0126", NULL},
        {"param W[n] init zero_diagonal;", "2:17 E0126", NULL},
        {"param W[n] sparse random;", "2:19 E0126", NULL},
        {"param W[n] zero_diagnal;", "2:12 E0125", "did you mean `zero_diagonal`?"},
        {"param W[n] 3;", "2:12 E0125", NULL},
        {"state h[n] nonnegative;", "2:12 E0125", "belongs to a parameter"},
        {"input x[n] init 1;", "2:12 E0125", "a parameter or a state"},
        {"const alpha;", "2:7 E0127", "needs a value"},
        {"state z = 3;", "2:11 E0127", "write `init`"},
        {"output h[n];", "2:10 E0127", NULL},
        {"size n[3];", "2:8 E0127", NULL},
        {"param W[];", "2:9 E0110", NULL},
        {"state c[n+1];", "2:10 E0110", "expected ']' or ','"},
    };
    for (size_t i = 0; i < LENGTH(table); i++) check(&table[i], "cell x {\n", "\n}\n");
}

Test(syntax_errors, in_rules) {
    static const Wrong table[] = {
        {"keep any*", "2:10 E0116", "expected ';' after the clause, found '}'"},
        {"keep any & a*;", "2:12 E0123", "`&` takes single edges"},
        {"keep not (a b);", "2:10 E0123", "`not` takes single edges"},
        {"keep (a*) via R;", "2:6 E0123", NULL},
        {"keep l1.h;", "2:6 E0124", "l1.h -> TO"},
        {"keep (a b;", "2:10 E0110", "expected a path or ')', found ';'"},
        {"keep a | ;", "2:10 E0110", "expected a path, found ';'"},
        {"keep a{0 1}; carry ;", "2:10 E0110 2:20 E0110", "expected an operator, ',' or '}', found '1'"},
        {"keep a within;", "2:14 E0110", NULL},
        {"keep via within;", "2:10 E0110", "expected a name, found 'within'"},
        {"keep state;", "2:6 E0111", "reserved"},
        {"c = 3;", "2:1 E0113", "an equation belongs in a cell"},
        {"state h[n];", "2:1 E0113", "a declaration belongs in a cell"},
        {"replace any with;", "2:17 E0110", NULL},
    };
    for (size_t i = 0; i < LENGTH(table); i++) check(&table[i], "rule r(k) {\n", "\n}\n");
}

Test(syntax_errors, in_files) {
    static const Wrong table[] = {
        {"cel lstm { size n; h = a; }\nrule r { keep b c d; }", "1:1 E0112", "did you mean `cell`?"},
        {"fnction f(u) = u; cell c { }", "1:1 E0112", "did you mean `function`?"},
        {"cell c { size n;", "1:17 E0115", "expected '}', found the end of the file"},
        {"cell c {\n size n;\ncell d { }\n", "3:1 E0115", "is a '}' missing before it?"},
        {"cell c { } }", "1:12 E0110", "closes no block"},
        {"cell { size n; }", "1:6 E0110", "expected a name, found '{'"},
        {"cell rule { }", "1:6 E0111", "reserved word 'rule'"},
        {"size n; cell c { }", "1:1 E0113", "only inside a cell"},
        {"function f(u) = u; derivative 1;", "1:20 E0110", "belongs to the function above it"},
        {"function f(u) = u derivative 1, 2;", "1:30 E0129", NULL},
        {"function f(u) = u\ncell c { }", "1:18 E0116", "expected ';' after the function, found 'cell'"},
        {"import lstm;", "1:8 E0110", "expected a quoted string, found 'lstm'"},
        {"import \"a", "1:8 E0105", NULL},
        {"cell c { keep any*; }", "1:10 E0113", "a keep clause belongs in a rule, not in a cell"},
        {"cell c { loss y; }", "1:10 E0113", "a loss belongs in a network"},
        {"cell c { layer l = a(x = y); }", "1:10 E0113", NULL},
        {"network n { carry forward; }", "1:13 E0113", "a clause belongs in a rule"},
        {"cell c { populatoin E = 0.5; }", "1:10 E0112", "population"},
        {"network n { layer l = lstm(64); }", "1:28 E0117", "write `layer l = lstm(n = 64, x = x);`"},
        {"rule r(k=) { keep a; }", "1:10 E0110", NULL},
        {"rule r { cary forward; }", "", NULL}, /* which axes there are is not the parser's to know */
        {"", "", NULL},
        {"# nothing", "", NULL},
        {"3", "1:1 E0110", "expected a cell"},
    };
    for (size_t i = 0; i < LENGTH(table); i++) check(&table[i], "", "");
}

Test(syntax_errors, zero_bytes_are_reported) {
    Arena *arena = arena_new();
    Diagnostics *all = diagnostics_new(arena);
    static const char text[] = "cell c {\n \0\0 }\0";
    const AstFile *file = syntax_parse(arena, source_from_text(arena, "t", text, sizeof text - 1), all);
    cr_expect(file && file->cells.count == 0);
    cr_expect_str_eq(error_list(arena, all), "2:2 E0102 2:6 E0102");
    arena_free(arena);
}

/* `count` times the piece, between head and tail. */
static const char *repeated(Arena *arena, const char *head, const char *piece, int count, const char *tail) {
    Text text = {0};
    text_add(&text, head);
    for (int i = 0; i < count; i++) text_add(&text, piece);
    text_add(&text, tail);
    const char *copy = arena_string(arena, text.at);
    text_free(&text);
    return copy;
}

Test(syntax_errors, depth_is_limited) {
    static const struct {
        const char *head, *piece, *tail;
    } table[] = {
        {"cell c { y = ", "(", "a; }"},     {"cell c { y = ", "-", "a; }"},
        {"cell c { y = a", " + a", "; }"},  {"cell c { y = ", "f(", "a; }"},
        {"cell c { y = a", "^a", "; }"},    {"rule r { keep ", "(", "a; }"},
        {"rule r { keep ", "not ", "a; }"}, {"rule r { keep a", " a", "; }"},
        {"rule r { keep a", "*", "; }"},    {"rule r { keep a", "{1}", "; }"},
        {"cell c { y = a", " @ a", "; }"},  {"rule r { keep a", " within 1", "; }"},
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        Arena *arena = arena_new();
        Diagnostics *all = diagnostics_new(arena);
        const char *text = repeated(arena, table[i].head, table[i].piece, 20000, table[i].tail);
        syntax_parse(arena, source_from_text(arena, "t", text, strlen(text)), all);
        cr_assert_geq(all->errors, 1, "%s", table[i].piece);
        cr_expect_str_eq(all->list.at[0]->code, "E0107", "%s", table[i].piece);
        cr_expect_leq(all->errors, 2, "%s", table[i].piece);
        arena_free(arena);
    }
}

Test(syntax_errors, long_names_are_refused) {
    Arena *arena = arena_new();
    Diagnostics *all = diagnostics_new(arena);
    const char *text = repeated(arena, "cell c { y = ", "n", 201, "; }");
    syntax_parse(arena, source_from_text(arena, "t", text, strlen(text)), all);
    cr_expect_str_eq(error_list(arena, all), "1:14 E0106");
    arena_free(arena);
}

Test(syntax_errors, reading_stops_after_many) {
    Arena *arena = arena_new();
    Diagnostics *all = diagnostics_new(arena);
    const char *text = repeated(arena, "cell c {", "y = ;", 500, "}");
    syntax_parse(arena, source_from_text(arena, "t", text, strlen(text)), all);
    cr_expect_eq(all->errors, 20);
    cr_expect_eq(all->list.count, 21);
    cr_expect_str_eq(all->list.at[20]->code, "N0101");
    arena_free(arena);
}

Test(syntax_errors, in_paths_and_uses_alone) {
    static const struct {
        const char *text, *path_errors, *use_errors;
    } table[] = {
        {"any* |", "1:7 E0110", "1:4 E0110"}, {"any)", "1:4 E0110", "1:4 E0110"},
        {"", "1:1 E0110", "1:1 E0110"},       {"a{1", "1:4 E0110", "1:2 E0110"},
        {"a; b", "1:2 E0110", "1:2 E0110"},   {"a(", "1:3 E0110", "1:3 E0110"},
        {"rule", "1:1 E0111", "1:1 E0111"},   {"a }", "1:3 E0110", "1:3 E0110"},
        {"a\xFF", "1:2 E0101", "1:2 E0101"},
    };
    for (size_t i = 0; i < LENGTH(table); i++) {
        Arena *arena = arena_new();
        Diagnostics *path = diagnostics_new(arena), *use = diagnostics_new(arena);
        Source *source = source_from_text(arena, "--keep", table[i].text, strlen(table[i].text));
        cr_expect_null(syntax_parse_path(arena, source, path), "%s", table[i].text);
        cr_expect_null(syntax_parse_rule_use(arena, source, use), "%s", table[i].text);
        cr_expect_str_eq(error_list(arena, path), table[i].path_errors, "%s: %s", table[i].text,
                         error_list(arena, path));
        cr_expect_str_eq(error_list(arena, use), table[i].use_errors, "%s: %s", table[i].text,
                         error_list(arena, use));
        arena_free(arena);
    }
}
