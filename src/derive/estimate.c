/* Which influences are estimated, and what the kinds of estimates share. */
#include "derive/estimate.h"

bool estimate_of_state(const Carrying *carrying, int state) {
    const Rule *rule = carrying->derivation->rule;
    /* the marks of sides multiply the rule's states (side.c) */
    return rule->estimate.kind != ESTIMATE_EXACT && rule->estimate.estimated[state % rule->automaton.states];
}

static const Rule *rule_of(const Forward *forward) { return forward->carrying->derivation->rule; }

bool estimate_takes(const Forward *forward, int carried) {
    const Estimate *estimate = &rule_of(forward)->estimate;
    if (!estimate_of_state(forward->carrying, forward->carried.at[carried].state)) return false;
    return estimate->kind == ESTIMATE_RANK1 || (forward->param->rows && forward->param->cols);
}

static bool estimates_some(const Forward *forward) {
    for (int c = 0; c < forward->carried.count; c++)
        if (forward->carried.at[c].structure == STRUCTURE_ESTIMATED) return true;
    return false;
}

void estimate_write(Forward *forward) {
    if (!estimates_some(forward)) return;
    switch (rule_of(forward)->estimate.kind) {
    case ESTIMATE_EXACT: break;
    case ESTIMATE_RANK1: rank1_write(forward); break;
    case ESTIMATE_KRONECKER:
    case ESTIMATE_REVERSE_KRONECKER:
    case ESTIMATE_OPTIMAL_KRONECKER: kronecker_write(forward); break;
    case ESTIMATE_FACTORED: factored_write(forward); break;
    }
}

void estimate_finish(Carrying *carrying) {
    if (carrying->rank1) rank1_finish(carrying);
}

/* ---- shared ---- */

int estimate_depth(const Forward *forward, int carried) {
    int depth = 1;
    for (int f = 0; f < forward->flows.count; f++)
        if (forward->flows.at[f].source == carried && forward->flows.at[f].lag > depth)
            depth = forward->flows.at[f].lag;
    for (int s = 0; s < forward->signals.count; s++)
        if (forward->signals.at[s].source == carried && forward->signals.at[s].lag > depth)
            depth = forward->signals.at[s].lag;
    return depth;
}

bool estimate_remains(const Forward *forward, int carried, int d) {
    if (d + 1 < estimate_depth(forward, carried)) return true;
    for (int s = 0; s < forward->signals.count; s++)
        if (forward->signals.at[s].source == carried && forward->signals.at[s].lag == d + 1) return true;
    return false;
}

void estimate_list(const Forward *forward, int carried, Buffer *buffer) {
    const Carried *of = &forward->carried.at[carried];
    const Influence influence = {.param = forward->param,
                                 .root = of->root,
                                 .state = of->state,
                                 .structure = STRUCTURE_ESTIMATED,
                                 .buffer = buffer};
    vec_push(forward->carrying->arena, &forward->carrying->derivation->influences, influence);
}

Buffer *estimate_signs(Carrying *carrying, const char *name, int rank, const Dim *const *dims) {
    Program *program = carrying->derivation->program;
    Buffer *buffer = program_buffer(program, BUFFER_WORK, name, rank, dims);
    buffer->comment = "random signs";
    Statement *statement = arena_new_of(carrying->arena, Statement);
    statement->kind = STATEMENT_DRAW;
    statement->store = buffer;
    statement->stream = program->streams++;
    vec_push(carrying->arena, &carrying->signs, statement);
    return buffer;
}

const Var *estimate_value(Carrying *carrying, BufferKind kind, const char *name, const Dim *rows,
                          Buffer **held) {
    Var *var = arena_new_of(carrying->arena, Var);
    *var = (Var){.kind = VAR_VALUE, .name = name, .label = name, .layer = -1, .rows = rows};
    if (!*held) *held = program_buffer(carrying->derivation->program, kind, name, 1, &rows);
    lowering_bind(carrying->low, var, *held);
    return var;
}

static const Dim *number(Carrying *carrying, long value) {
    Dim *dim = arena_new_of(carrying->arena, Dim);
    *dim = (Dim){NULL, value};
    return dim;
}

Mix *estimate_mix(Carrying *carrying, int terms, bool least_variance, const char *name) {
    Program *program = carrying->derivation->program;
    Mix *mix = arena_new_of(carrying->arena, Mix);
    mix->terms = terms;
    mix->least_variance = least_variance;
    mix->stream = program->streams++;
    const Dim *grams = number(carrying, (terms + 1) * (terms + 1));
    const Dim *mixtures = number(carrying, terms * (terms + 1));
    Buffer **made[4] = {&mix->left_gram, &mix->right_gram, &mix->left_mix, &mix->right_mix};
    static const char *const what[4] = {"left_products", "right_products", "left_mix", "right_mix"};
    static const char *const says[4] = {"scalar products of left factors, the new one last",
                                        "scalar products of right factors, the new one last",
                                        "what the new left factors are made of",
                                        "what the new right factors are made of"};
    for (int i = 0; i < 4; i++) {
        *made[i] = program_buffer(program, BUFFER_WORK, arena_printf(carrying->arena, "%s%s", what[i], name),
                                  1, i < 2 ? &grams : &mixtures);
        (*made[i])->comment = says[i];
    }
    return mix;
}

MixPart estimate_part(Carrying *carrying, int terms) {
    MixPart part = {0};
    part.vector = arena_alloc(carrying->arena, sizeof *part.vector * (size_t)(terms + 1));
    return part;
}

void estimate_push(Carrying *carrying, Statement *statement) {
    vec_push(carrying->arena, &carrying->sweeps, statement);
}

void estimate_push_mix(Carrying *carrying, Mix *mix, const char *comment) {
    Statement *statement = arena_new_of(carrying->arena, Statement);
    statement->kind = STATEMENT_MIX;
    statement->mix = mix;
    statement->comment = comment;
    estimate_push(carrying, statement);
}

void estimate_weight(Sweep *sweep, const Mix *mix, bool right, int k, int i) {
    Factor *factor = sweep_factor(sweep, (Placed){right ? mix->right_mix : mix->left_mix, 0}, 0, NULL, NULL);
    factor->index[0] = -1 - (k * (mix->terms + 1) + i);
}
