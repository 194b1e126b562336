/* The derivation as one function, and what both carries share. */
#include "derive/mixed.h"

#include <ctype.h>
#include <string.h>

Buffer *carry_gradient_of(const Carrying *carrying, const Var *param) {
    const Program *program = carrying->derivation->program;
    const BufferKind kind = carrying->rate ? BUFFER_PARAM : BUFFER_GRADIENT;
    for (int i = 0; i < program->buffers.count; i++)
        if (program->buffers.at[i]->kind == kind && program->buffers.at[i]->var == param)
            return program->buffers.at[i];
    return NULL;
}

const Csr *carry_csr(const Carrying *carrying, const Var *param) {
    return lowering_buffer_of(carrying->low, param)->csr;
}

void carry_entry_dims(const Carrying *carrying, const Var *param, const Dim *dims[2]) {
    const Csr *csr = carry_csr(carrying, param);
    dims[0] = csr ? NULL : param->rows;
    dims[1] = csr ? csr->entries : param->cols;
}

Sweep carry_entry_sweep(const Carrying *carrying, const Var *param, const Dim *unit, const Dim *source,
                        bool rows) {
    const Csr *csr = carry_csr(carrying, param);
    const Dim *ranges[ROLE_COUNT] = {[ROLE_ROW] = csr && !rows ? NULL : param->rows,
                                     [ROLE_COLUMN] = csr ? csr->entries : param->cols,
                                     [ROLE_UNIT] = unit,
                                     [ROLE_SOURCE] = source};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    if (csr && rows) sweep_by_rows(&sweep, csr);
    return sweep;
}

const Expr *carry_signal(Carrying *carrying, const Expr *signal) {
    if (!carrying->rate) return signal;
    const Expr *rate = expr_use(carrying->exprs, carrying->rate, 0, 0);
    return expr_neg(carrying->exprs, expr_mul(carrying->exprs, rate, signal));
}

/* The step size: a number that the caller sets like an input. */
static const Var *make_rate(Carrying *carrying) {
    Var *rate = arena_new_of(carrying->arena, Var);
    rate->kind = VAR_INPUT;
    rate->name = rate->label = "rate";
    rate->layer = -1;
    Buffer *buffer = program_buffer(carrying->derivation->program, BUFFER_INPUT, "rate", 0, NULL);
    buffer->comment = "the step size of gradient descent; the caller sets it";
    buffer->var = rate;
    carrying->derivation->program->rate = buffer;
    lowering_bind(carrying->low, rate, buffer);
    return rate;
}

const char *carry_identifier(const Carrying *carrying, const char *prefix, const Var *root, int state) {
    const char *name = root->definition ? root->label : root->name; /* a label may be more than ASCII */
    if (carrying->product.states == 1) return arena_printf(carrying->arena, "%s_%s", prefix, name);
    return arena_printf(carrying->arena, "%s_%s_%s", prefix, name, carrying->product.automaton->label[state]);
}

const char *carry_label(const Carrying *carrying, const char *prefix, const Var *root, int state) {
    if (carrying->product.states == 1) return arena_printf(carrying->arena, "%s_%s", prefix, root->label);
    return arena_printf(carrying->arena, "%s_%s^%s", prefix, root->label,
                        carrying->product.automaton->label[state]);
}

void carry_clear(Carrying *carrying, Buffer *buffer) {
    Statement *statement = arena_new_of(carrying->arena, Statement);
    statement->kind = STATEMENT_CLEAR;
    statement->store = buffer;
    vec_push(carrying->arena, &carrying->sweeps, statement);
}

const Expr *carry_plus(const Carrying *carrying, const Expr *a, const Expr *b) {
    if (!a || !b) return a ? a : b;
    return expr_add(carrying->exprs, a, b);
}

void carry_outer_term(Sweep *sweep, Schedule *schedule, const Expr *delta, const Expr *start,
                      const char *hint) {
    sweep_term(sweep);
    bool matrix = start->op == EXPR_MATVEC;
    if (!matrix || !expr_is_const(delta, 1))
        sweep_vector(sweep, schedule_place(schedule, delta, hint), ROLE_ROW);
    if (matrix) sweep_vector(sweep, schedule_place(schedule, start->kid[0], "u"), ROLE_COLUMN);
}

static void keep_nonnegative(Carrying *carrying, const Var *param, Routine *routine) {
    if (!param->nonnegative || !carrying->rate) return;
    Statement *statement = arena_new_of(carrying->arena, Statement);
    statement->kind = STATEMENT_CLIP;
    statement->store = carry_gradient_of(carrying, param);
    statement->comment = arena_printf(carrying->arena, "%s is never negative", param->label);
    vec_push(carrying->arena, &routine->statements, statement);
}

void carry_absent_entries(Carrying *carrying, const Var *param, Routine *routine) {
    keep_nonnegative(carrying, param, routine);
    if (!param->zero_diagonal || carry_csr(carrying, param)) return;
    Statement *statement = arena_new_of(carrying->arena, Statement);
    statement->kind = STATEMENT_DIAGONAL;
    statement->store = carry_gradient_of(carrying, param);
    statement->comment = arena_printf(carrying->arena, "the diagonal of %s is no parameter", param->label);
    vec_push(carrying->arena, &routine->statements, statement);
}

typedef VEC(Follower) Followers;

static Followers followers_of(Arena *arena, const View *view) {
    Followers followers = {0};
    for (int i = 0; i < view->stands.count; i++) {
        const Stand *stand = &view->stands.at[i];
        if (stand->kind == STAND_FOLLOWS)
            vec_push(arena, &followers, ((Follower){stand->var, stand->matrix}));
    }
    return followers;
}

bool derive_uses_filter(const Derivation *derivation, const Filter *filter) {
    for (int i = 0; i < derivation->influences.count; i++)
        if (derivation->influences.at[i].root == filter->root) return true;
    return false;
}

const char *derive_filter_text(const Filter *filter, Arena *arena) {
    const char *own = filter->root->label, *y = filter->readout->label, *v = filter->matrix->label;
    return arena_printf(
        arena,
        "The readout's filter commutes with %s: %s is %s, filtered as %s filters %s @ %s. Its "
        "influence, the filtered eligibility trace, is carried in place of the influence on "
        "%s, and the error of %s comes to it through %sᵀ.",
        v, own, filter->source->label, y, v, filter->source->label, y, y, v);
}

/* "W, b": parameters whose influence on the root is carried all the same; NULL: none. */
static const char *carried_on(const Derivation *derivation, const Var *root) {
    const char *names = NULL;
    for (int p = 0; p < derivation->model->params.count; p++) {
        const Var *param = derivation->model->params.at[p];
        bool carried = false;
        for (int i = 0; i < derivation->influences.count; i++)
            carried = carried || (derivation->influences.at[i].param == param &&
                                  derivation->influences.at[i].root == root);
        if (!carried) continue;
        names = names ? arena_printf(derivation->arena, "%s, %s", names, param->label) : param->label;
    }
    return names;
}

const char *derive_slopes_text(const Derivation *derivation, int first, Arena *arena) {
    const Slopes *slopes = &derivation->slopes;
    const Var *to = slopes->at[first].to;
    const char *by = NULL;
    for (int i = 0; i < slopes->count; i++) {
        const Slope *slope = &slopes->at[i];
        if (slope->to != to) continue;
        if (i < first) return NULL;
        const char *term = arena_printf(arena, "%s times that on %s", slope->var->label, slope->from->label);
        by = by ? arena_printf(arena, "%s, plus %s", by, term) : term;
    }
    const char *except = carried_on(derivation, to);
    return arena_printf(
        arena,
        "%s follows unit by unit: the influence on it is %s. It is not carried%s%s; what reads "
        "it later reads those, by the slope of then.",
        to->label, by, except ? ", but for " : "", except ? except : "");
}

/* Only what some statement reads: a slope may have been thought of in vain. */
static void finish_slopes(Derivation *derivation, const Lowering *low) {
    Slopes *slopes = &derivation->slopes;
    int kept = 0;
    for (int i = 0; i < slopes->count; i++)
        if (lowering_keeps(low, slopes->at[i].var)) slopes->at[kept++] = slopes->at[i];
    slopes->count = kept;
    for (int i = 0; i < kept; i++) {
        const char *text = derive_slopes_text(derivation, i, derivation->arena);
        if (text) vec_push(derivation->arena, &derivation->program->notes, text);
    }
}

static void note_filters(const Derivation *derivation) {
    for (int i = 0; i < derivation->filters.count; i++)
        if (derive_uses_filter(derivation, &derivation->filters.at[i]))
            vec_push(derivation->arena, &derivation->program->notes,
                     derive_filter_text(&derivation->filters.at[i], derivation->arena));
}

/* lstm_eprop_m2: letters, digits and single underscores. */
static const char *program_name(Arena *arena, const char *model, const char *rule) {
    char *name = arena_printf(arena, "%s_%s", model, strncmp(rule, "keep ", 5) == 0 ? "keep" : rule);
    char *to = name;
    for (const char *from = name; *from; from++) {
        bool word = isalnum((unsigned char)*from) && (unsigned char)*from < 128;
        if (word)
            *to++ = *from;
        else if (*from != '=' && to > name && to[-1] != '_')
            *to++ = '_';
    }
    while (to > name && to[-1] == '_') to--;
    *to = 0;
    return name;
}

/* The carry asked for, else the rule's, else backward. Where the rule leaves it to a plan and nobody made
 * one, forward if it has to be. */
static Carry settled(const Rule *rule, Carry carry) {
    if (carry != CARRY_EITHER) return carry;
    if (rule->carry != CARRY_EITHER && rule->carry != CARRY_AUTO) return rule->carry;
    return rule_check_carry(rule, CARRY_BACKWARD, NULL) ? CARRY_BACKWARD : CARRY_FORWARD;
}

Derivation *derive(Arena *arena, Model *model, const Graph *graph, const Rule *rule, Carry carry,
                   Learning learning, Diagnostics *diagnostics) {
    const bool online = learning != LEARN_LATER;
    if (!model->loss) {
        Diagnostic *d = diagnose(diagnostics, (Span){0}, "E0520",
                                 "`%s` has no loss: there is no gradient to derive", model->name);
        diagnostic_help(diagnostics, d, "add `loss mse(y, target);` to the network");
        return NULL;
    }
    Derivation *derivation = arena_new_of(arena, Derivation);
    derivation->arena = arena;
    derivation->model = model;
    derivation->graph = graph;
    derivation->rule = rule;
    derivation->carry = settled(rule, carry);
    const bool blocks = derivation->carry == CARRY_MIXED;
    if (blocks && rule->block < 1) {
        diagnose(diagnostics, rule->carry == CARRY_MIXED ? rule->carry_span : (Span){0}, "E0519",
                 "a gradient carried in blocks wants to know their steps: "
                 "`carry mixed(16)` in the rule, or `--block 16`");
        return NULL;
    }
    View view;
    if (!rule_check_carry(rule, derivation->carry, diagnostics) ||
        !view_make(arena, model, graph, rule, &view, diagnostics))
        return NULL;
    if (blocks) derivation->carry = CARRY_BACKWARD;
    derivation->whole = graph;
    derivation->graph = view.shown;
    derivation->rule = rule = view.rule;
    derivation->automaton = view.automaton;
    derivation->stands = view.stands;
    Program *program = arena_new_of(arena, Program);
    derivation->program = program;
    program->arena = arena;
    program->model = model;
    program->name = program_name(arena, model->name, rule->name);
    if (online) program->name = arena_printf(arena, "%s_online", program->name);
    const char *axes = rule->axes_text && *rule->axes_text ? rule->axes_text : NULL;
    const char *text =
        arena_printf(arena, "keep %s%s%s", rule->keep_text, axes ? "; " : "", axes ? axes : "");
    const bool is_inline = strcmp(rule->name, text) == 0; /* its text is its name */
    program->rule = is_inline ? text : arena_printf(arena, "%s: %s", rule->name, text);

    const bool backward = derivation->carry == CARRY_BACKWARD;
    if (backward) program->steps = border_steps(arena, blocks ? rule->block : 0);
    if (blocks) {
        program->block = rule->block;
        program->name = arena_printf(arena, "%s_blocks_%d", program->name, rule->block);
        program->history = 1; /* so that the last step's record is there after a border */
    }
    Carrying *carrying = arena_new_of(arena, Carrying); /* recursions look at it afterwards */
    *carrying =
        (Carrying){.arena = arena, .derivation = derivation, .graph = view.graph, .exprs = model->exprs};
    carrying->patterns.arena = arena;
    carrying->product = product_new(arena, view.graph, view.automaton);
    carrying->paths = product_new(arena, view.shown, &rule->automaton);
    const Graph *commuted = carrying->graph;
    if (commute_may(rule, online)) commuted = commute_readouts(arena, commuted, &derivation->filters);
    carrying->commuted = product_new(arena, commuted, view.automaton);
    if (blocks && eliminate_may(rule)) { /* adjoints meet influences at the border: one graph for all */
        carrying->product = *eliminate_all(arena, &carrying->product, &derivation->slopes);
        carrying->graph = carrying->product.graph;
    }
    const Followers followers = followers_of(arena, &view);
    carrying->low = lowering_new(arena, program, model, followers.at, followers.count, backward, online);
    carrying->coefficients = backward ? carrying->low->backward : carrying->low->step;
    carry_bind_stands(carrying, &view);
    if (online) carrying->rate = make_rate(carrying);
    carrying->teach = carry_teach(carrying);
    if (backward)
        derive_backward(carrying);
    else
        derive_forward(carrying);
    carry_write_stands(carrying, &view);
    if (carrying->too_large) {
        diagnose(
            diagnostics, rule->mask.span, "E0542",
            "what the mask leaves of the influences of `%s` is too much to list: millions of products a step",
            carrying->too_large->label);
        return NULL;
    }
    if (learning == LEARN_ONLINE) program_take_ahead(program);
    derive_facts(carrying, diagnostics);
    note_filters(derivation);
    finish_slopes(derivation, carrying->low);
    const char *wrong = program_verify(program, arena);
    if (wrong) {
        diagnose(diagnostics, (Span){0}, "E0590",
                 "the derived program is not well-formed (a bug in eligo): %s", wrong);
        return NULL;
    }
    return derivation;
}
