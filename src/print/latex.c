/* A derivation as LaTeX: the network, the edges under the rule, the learning signals, the recursions.
 *
 * The fragment needs amsmath and nothing else. Lines are broken here, before operators, since TeX breaks no
 * displayed equation by itself. */
#include "print/layout.h"
#include "print/print.h"
#include "print/tex_math.h"
#include "print/methods.h"

#include <string.h>

/* What fits a line of the standalone article: its text is 16 cm wide. */
enum { TEX_COLUMNS = 60 };

typedef struct Latex {
    Report *report;
    NotationStyle style;
    Text *out;
} Latex;

/* ---- equations ---- */

/* Adds the right side, broken where the next stretch would pass the line's end. */
static void add_right(const Latex *latex, const char *right, double left_width, const char *note) {
    const Pieces pieces = tex_pieces(&latex->style, right);
    const double room = TEX_COLUMNS - left_width;
    const int depth = pieces_depth(&pieces, room - 3);
    double used = 0;
    for (int i = 0; i < pieces.count; i++) {
        const Piece *piece = &pieces.at[i];
        if (piece->breaks && piece->depth <= depth && used + pieces_stretch(&pieces, i, depth) > room) {
            text_add(latex->out, " \\\\\n    &\\quad {}");
            used = 3;
        }
        text_add(latex->out, piece->markup);
        used += piece->width;
    }
    if (!*note) return;
    const double width = text_columns(note) * 0.9 + 3;
    text_add(latex->out, used + width > room ? " \\\\\n    &\\quad " : " \\quad ");
    text_printf(latex->out, "\\text{(%s)}", note);
}

typedef struct TexEquation {
    const char *left, *sign, *right, *note; /* left: LaTeX already */
} TexEquation;
typedef VEC(TexEquation) TexEquations;

static void print_equations(const Latex *latex, const TexEquations *equations) {
    if (!equations->count) return;
    double left = 0;
    for (int i = 0; i < equations->count; i++) {
        const double width = tex_width(equations->at[i].left) + 3;
        left = width > left ? width : left;
    }
    text_add(latex->out, "\\begin{align*}\n");
    for (int i = 0; i < equations->count; i++) {
        const TexEquation *equation = &equations->at[i];
        text_printf(latex->out, "  %s &%s ", equation->left, equation->sign);
        add_right(latex, equation->right, left, equation->note);
        text_add(latex->out, i + 1 < equations->count ? " \\\\\n" : "\n");
    }
    text_add(latex->out, "\\end{align*}\n");
}

static void heading(const Latex *latex, const char *text) {
    text_printf(latex->out, "\n\\subsection*{%s}\n", text);
}

/* A paragraph of words. */
static void paragraph(const Latex *latex, const char *text) {
    tex_prose(text, latex->out);
    text_add(latex->out, "\n\n");
}

/* ---- the parts ---- */

static void print_title(const Latex *latex) {
    const Derivation *derivation = latex->report->derivation;
    const Rule *rule = derivation->rule;
    Arena *arena = latex->report->arena;
    text_add(latex->out, "\\section*{");
    tex_prose(arena_printf(arena, "%s, learned by %s", latex->report->model->name, rule->name), latex->out);
    text_add(latex->out, "}\nThe rule keeps the paths \\texttt{");
    tex_prose(rule->keep_text, latex->out);
    text_add(latex->out, "}");
    if (*rule->axes_text) {
        text_add(latex->out, " with \\texttt{");
        tex_prose(rule->axes_text, latex->out);
        text_add(latex->out, "}");
    }
    text_add(latex->out,
             derivation->carry == CARRY_FORWARD
                 ? "; it is carried forward.\nA superscript is the time, $\\odot$ the product of "
                   "entries, $E$ the loss of all steps.\n"
                 : "; it is carried backward.\nA superscript is the time, $\\odot$ the product of "
                   "entries, $E$ the loss of all steps.\n");
}

static void push(const Latex *latex, TexEquations *equations, const char *left, const char *right) {
    vec_push(latex->report->arena, equations, ((TexEquation){left, "=", right, ""}));
}

static void add_layer(const Latex *latex, int layer, TexEquations *equations) {
    const Model *model = latex->report->model;
    for (int i = 0; i < model->locals.count; i++) {
        const Local *local = &model->locals.at[i];
        if (local->layer == layer)
            push(latex, equations, tex_line(&latex->style, local->label),
                 report_equation(latex->report, local->value, local->label));
    }
    for (int i = 0; i < model->roots.count; i++) {
        const Var *root = model->roots.at[i];
        if (root->layer != layer) continue;
        push(latex, equations, root == model->loss ? "\\ell^{t}" : tex_line(&latex->style, root->label),
             report_equation(latex->report, root->definition, root->label));
    }
}

static void print_network(const Latex *latex) {
    heading(latex, "The network");
    for (int l = 0; l <= latex->report->model->layers.count; l++) {
        TexEquations equations = {0};
        add_layer(latex, l < latex->report->model->layers.count ? l : -1, &equations);
        print_equations(latex, &equations);
    }
}

/* The paper's letter for a way: I for implicit, X where an explicit edge begins it, D for all others. */
static char way_letter(const Graph *graph, const Way *way) {
    if (!way->symbols) return 'D';
    switch (graph->symbols.at[way->symbol[0]].class) {
    case CLASS_IMPLICIT: return 'I';
    case CLASS_EXPLICIT: return 'X';
    default: return 'D';
    }
}

static void add_way(const Latex *latex, const Way *way, TexEquations *equations) {
    Arena *arena = latex->report->arena;
    if (way->to == latex->report->model->loss) return; /* the learning signals say it */
    Text note = {0};
    const bool via = way->stations && way->station[0]->op == EXPR_MATVEC;
    tex_prose(arena_printf(arena, "%s%s%s, %s", report_word(latex->report, way), via ? " via " : "",
                           via ? report_station(way->station[0]) : "", report_verdict(latex->report, way)),
              &note);
    const char *lag = way->lag ? arena_printf(arena, ",t-%d", way->lag) : "";
    const char *left =
        arena_printf(arena, "%c^{t%s}_{%s\\leftarrow %s}", way_letter(latex->report->derivation->graph, way),
                     lag, tex_name(&latex->style, way->to->label), tex_name(&latex->style, way->from->label));
    const TexEquation equation = {left, "=", report_derivative(latex->report, way),
                                  report_take(latex->report, &note)};
    vec_push(arena, equations, equation);
}

static void print_ways(const Latex *latex) {
    const Graph *graph = latex->report->derivation->graph;
    TexEquations equations = {0};
    for (int w = 0; w < graph->ways.count; w++) add_way(latex, &graph->ways.at[w], &equations);
    for (int s = 0; s < graph->starts.count; s++)
        if (graph->starts.at[s].symbols) add_way(latex, &graph->starts.at[s], &equations);
    if (!equations.count) return;
    heading(latex, "Implicit and explicit terms");
    text_add(latex->out, "$I$ is an implicit edge's derivative, $X$ an explicit one's, $D$ any other's. "
                         "Vectors stand for diagonal matrices.\n");
    print_equations(latex, &equations);
}

static void print_lines(const Latex *latex, const Line *lines, int count) {
    TexEquations equations = {0};
    for (int i = 0; i < count; i++)
        push(latex, &equations, tex_line(&latex->style, lines[i].left), lines[i].right);
    print_equations(latex, &equations);
}

static void print_params(const Latex *latex, const Group *group) {
    const Model *model = latex->report->model;
    const bool many = group->params.count > 1;
    text_add(latex->out, many ? "\n\\noindent For $\\theta$ one of " : "\n\\noindent For ");
    for (int i = 0; i < group->params.count; i++)
        text_printf(latex->out, "%s$%s$", i ? ", " : "",
                    tex_name(&latex->style, model->params.at[group->params.at[i]]->label));
    for (int s = 0, given = 0; many && s < group->operand.count; s++) {
        if (group->operand.at[s][0] != 'p' || given >= group->given.count) continue;
        text_printf(latex->out, ", where $%s$ is ", tex_name(&latex->style, group->operand.at[s]));
        for (int i = 0; i < group->params.count; i++)
            text_printf(latex->out, "%s$%s$", i ? ", " : "",
                        tex_line(&latex->style, group->given.at[given++]));
    }
    text_add(latex->out, many ? ", in this order:\n" : ":\n");
}

static void print_group(Latex *latex, const Group *group) {
    if (!group->lines.count) return;
    print_params(latex, group);
    TexEquations equations = {0};
    latex->style.entries = true;
    for (int i = 0; i < group->lines.count - 1; i++)
        push(latex, &equations, tex_line(&latex->style, group->lines.at[i].left), group->lines.at[i].right);
    const Line *update = &group->lines.at[group->lines.count - 1];
    const char *of =
        group->params.count > 1
            ? "\\theta"
            : tex_name(&latex->style, latex->report->model->params.at[group->params.at[0]]->label);
    const char *left = arena_printf(latex->report->arena, "\\frac{dE}{d%s}", of);
    vec_push(latex->report->arena, &equations, ((TexEquation){left, "\\mathrel{+}=", update->right, ""}));
    print_equations(latex, &equations);
    latex->style.entries = false;
}

/* The methods section's sentences, which have no equations in them, as paragraphs. */
static void sentence(Methods *methods, int level, int hang, const char *text) {
    (void)level, (void)hang;
    Text lines = {0};
    layout_line(&methods->report->page, &lines, 0, 0, text);
    tex_prose(lines.at, methods->out);
    text_add(methods->out, "\n");
    text_free(&lines);
}

static void gap(Methods *methods) { (void)methods; }

static void sentences(const Latex *latex, void (*print)(Methods *)) {
    static const MethodsParts parts = {.sentence = sentence, .gap = gap};
    print(&(Methods){.parts = &parts, .report = latex->report, .out = latex->out});
}

/* What the letters of influences stand for, of those that occur. */
static void print_conventions(const Latex *latex) {
    const Derivation *derivation = latex->report->derivation;
    bool there[STRUCTURE_COUNT] = {false};
    for (int i = 0; i < derivation->influences.count; i++)
        there[derivation->influences.at[i].structure] = true;
    text_add(latex->out,
             "What entry $ji$ of a parameter multiplies stands at column $i$, every other vector at "
             "unit $j$.\n");
    if (there[STRUCTURE_PRESYNAPTIC])
        text_add(latex->out, "The presynaptic trace $\\pi$ is one number for each column $i$.\n");
    if (there[STRUCTURE_UNIT])
        text_add(latex->out,
                 "The eligibility trace $\\varepsilon$ is unit-local: unit $j$ alone feels it.\n");
    if (there[STRUCTURE_MASKED] || there[STRUCTURE_DENSE])
        text_add(latex->out, "The influence $J$ has one number for each unit $k$ and entry $ji$; what stands "
                             "beside it is at unit $k$, matrices act on $k$, and what is no $J$ enters at "
                             "$k = j$.\n");
    if (derivation->program->early)
        text_add(latex->out, "The diagonal of $A$ is $\\mathit{diagonal}_{A}$; entry $ji$ of "
                             "$\\mathit{round}_{A,B}$ is $A_{ji} B_{ij}$, the way there and back.\n");
    if (there[STRUCTURE_ESTIMATED])
        text_add(latex->out,
                 "The influence $\\hat{J}$ is estimated: it is held in factors, and each right side "
                 "is brought into that form again.\n");
}

static void print_recursions(Latex *latex) {
    const Report *report = latex->report;
    const bool backward = report->derivation->carry == CARRY_BACKWARD;
    if (report->slopes.count) heading(latex, "Slopes, kept for later steps");
    print_lines(latex, report->slopes.at, report->slopes.count);
    if (report->signals.count) heading(latex, backward ? "Adjoints" : "Learning signals");
    print_lines(latex, report->signals.at, report->signals.count);
    if (report->handed.count) paragraph(latex, "What a step hands to an earlier one:");
    print_lines(latex, report->handed.at, report->handed.count);
    heading(latex, "Recursions and gradients");
    print_conventions(latex);
    text_add(latex->out, "\n");
    sentences(latex, methods_decays);
    sentences(latex, methods_schedule);
    sentences(latex, methods_filters);
    sentences(latex, methods_slopes);
    sentences(latex, methods_stands);
    for (int g = 0; g < report->groups.count; g++) print_group(latex, &report->groups.at[g]);
}

void print_latex(const Derivation *derivation, Text *out) {
    Arena *arena = arena_new();
    Latex latex = {.report = report_new(arena, derivation), .out = out};
    latex.style = (NotationStyle){.arena = arena, .model = derivation->model};
    print_title(&latex);
    print_network(&latex);
    print_ways(&latex);
    report_recursions(latex.report);
    print_recursions(&latex);
    arena_free(arena);
}

void print_latex_open(Text *out) {
    text_add(out, "\\documentclass{article}\n\\usepackage{amsmath}\n"
                  "\\setlength{\\textwidth}{16cm}\n\\setlength{\\oddsidemargin}{0cm}\n"
                  "\\allowdisplaybreaks\n\\raggedright\n\\begin{document}\n");
}

void print_latex_close(Text *out) { text_add(out, "\\end{document}\n"); }
