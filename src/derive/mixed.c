/* Seeds, what they hand back, and the border's sweeps. */
#include "derive/mixed_inside.h"

static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};

/* ---- the unit's own recursion ---- */

/* What seed `seed` hands back, through an edge of this lag, from where `source` is read. */
typedef struct Handed {
    int seed, source, lag;
    const Var *var;
    Buffer *buffer;
} Handed;

/* Parameters whose influences go through the same edges share their seeds' adjoints. */
typedef struct System {
    const Forward *forward; /* the first one's */
    Seeds seeds;
    VEC(Handed) handed;
    const Expr **adjoint; /* [seeds][carried], of this step; NULL is zero */
} System;

static int depth_of(const Forward *forward, int carried) {
    return forward->carried.at[carried].root->max_lag;
}

/* Flows from one carried influence to another, the same in both. */
static bool same_flows(const Forward *a, const Forward *b) {
    int i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a->flows.count && a->flows.at[i].source < 0) i++;
        while (k < b->flows.count && b->flows.at[k].source < 0) k++;
        if (i == a->flows.count || k == b->flows.count) break;
        const Flow *p = &a->flows.at[i], *q = &b->flows.at[k];
        if (p->target != q->target || p->source != q->source || p->lag != q->lag ||
            !chain_equal(&p->chain, &q->chain))
            return false;
    }
    return i == a->flows.count && k == b->flows.count;
}

bool mixed_same_edges(const Forward *a, const Forward *b) {
    if (a->carried.count != b->carried.count) return false;
    for (int c = 0; c < a->carried.count; c++)
        if (a->carried.at[c].root != b->carried.at[c].root ||
            a->carried.at[c].state != b->carried.at[c].state)
            return false;
    return same_flows(a, b);
}

bool mixed_leads(const Forward *forward, int from, int to) {
    bool *leads = arena_alloc(forward->carrying->arena, (size_t)forward->carried.count + 1);
    leads[to] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            if (flow->source < 0 || leads[flow->source] || !leads[flow->target]) continue;
            leads[flow->source] = changed = true;
        }
    }
    return leads[from];
}

bool mixed_is_handed(const Forward *forward, int source, int lag, int end) {
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->source == source && flow->lag == lag && mixed_leads(forward, flow->target, end))
            return true;
    }
    return false;
}

bool mixed_is_first_use(const Forward *forward, int flow) {
    const Flow *use = &forward->flows.at[flow];
    bool first = use->source < 0;
    for (int f = 0; f < flow; f++) first = first && forward->flows.at[f].start != use->start;
    return first;
}

Buffer *mixed_influence(const Seeds *seeds, Buffer *const *influence, int carried, int delay) {
    for (int s = 0; s < seeds->count; s++)
        if (seeds->at[s].carried == carried && seeds->at[s].delay == delay) return influence[s];
    return NULL;
}

static Var *adjoint_var(Carrying *carrying, const char *name, const char *label, const Dim *rows, int lag,
                        Buffer **buffer) {
    Var *var = arena_new_of(carrying->arena, Var);
    *var =
        (Var){.kind = VAR_ADJOINT, .name = name, .label = label, .layer = -1, .rows = rows, .max_lag = lag};
    *buffer = program_buffer(carrying->derivation->program, BUFFER_ADJOINT, name, 1, &var->rows);
    (*buffer)->slots = lag + 1;
    lowering_bind(carrying->low, var, *buffer);
    return var;
}

/* ---- delays: 1 at the block's last step, one later (earlier in time) … ---- */

const Expr *mixed_delay(const Mixed *mixed, int delay) {
    return expr_use(mixed->carrying->exprs, mixed->delays.at[delay], 1, 0);
}

static void make_delay(Mixed *mixed) {
    Carrying *carrying = mixed->carrying;
    const int delay = mixed->delays.count;
    Buffer *buffer;
    const Var *var = adjoint_var(carrying, arena_printf(carrying->arena, "last_%d", delay),
                                 arena_printf(carrying->arena, "last(%d)", delay), NULL, 1, &buffer);
    buffer->comment =
        arena_printf(carrying->arena, "1 at the step %d before the block's last, else 0", delay);
    buffer->initial = delay == 0;
    vec_push(carrying->arena, &mixed->delays, var);
    vec_push(carrying->arena, &carrying->derivation->delays, var);
    vec_push(carrying->arena, &mixed->delay_buffers, buffer);
    schedule_store(carrying->low->backward,
                   delay ? mixed_delay(mixed, delay - 1) : expr_constant(carrying->exprs, 0), buffer);
}

Seeds mixed_seeds(Mixed *mixed, const Forward *forward) {
    Seeds seeds = {0};
    for (int c = 0; c < forward->carried.count; c++)
        for (int d = 0; d < depth_of(forward, c); d++) {
            while (mixed->delays.count <= d) make_delay(mixed);
            vec_push(mixed->carrying->arena, &seeds, ((Seed){c, d}));
        }
    return seeds;
}

/* ---- adjoints of seeds ---- */

static const Expr *seeded(Mixed *mixed, System *system, int seed, int carried);

/* Σ over edges of this lag out of `source`: what their ends' adjoints make of it. */
static const Expr *pulled(Mixed *mixed, System *system, int seed, int source, int lag) {
    Carrying *carrying = mixed->carrying;
    const Forward *forward = system->forward;
    const Expr *sum = NULL;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->source != source || flow->lag != lag) continue;
        const Expr *end = seeded(mixed, system, seed, flow->target);
        if (end) sum = carry_plus(carrying, sum, expr_mul(carrying->exprs, flow->chain.factor[0], end));
    }
    return sum;
}

/* The derivative of the seed's influence by that of `carried` at this step, unit by unit. */
static const Expr *seeded(Mixed *mixed, System *system, int seed, int carried) {
    Carrying *carrying = mixed->carrying;
    const Expr **known = &system->adjoint[seed * system->forward->carried.count + carried];
    if (*known) return expr_is_const(*known, 0) ? NULL : *known;
    const Expr *sum = pulled(mixed, system, seed, carried, 0);
    for (int i = 0; i < system->handed.count; i++) {
        const Handed *handed = &system->handed.at[i];
        if (handed->seed == seed && handed->source == carried)
            sum = carry_plus(carrying, sum, expr_use(carrying->exprs, handed->var, handed->lag, 0));
    }
    const Seed *own = &system->seeds.at[seed];
    if (own->carried == carried) {
        const Dim *units = system->forward->carried.at[carried].root->rows;
        const Expr *one = mixed_delay(mixed, own->delay);
        sum = carry_plus(carrying, sum, units ? expr_broadcast(carrying->exprs, one, units) : one);
    }
    *known = sum ? sum : expr_constant(carrying->exprs, 0);
    return sum;
}

static void declare_handed(Mixed *mixed, System *system, int seed, int source, int lag) {
    Carrying *carrying = mixed->carrying;
    const Carried *from = &system->forward->carried.at[source];
    const Carried *to = &system->forward->carried.at[system->seeds.at[seed].carried];
    const char *end = carry_identifier(carrying, "seed", to->root, to->state);
    const char *name = carry_identifier(carrying, end, from->root, from->state);
    Handed handed = {.seed = seed, .source = source, .lag = lag};
    if (lag > 1) name = arena_printf(carrying->arena, "%s_lag%d", name, lag);
    handed.var = adjoint_var(carrying, name, carry_label(carrying, "μ", from->root, from->state),
                             from->root->rows, lag, &handed.buffer);
    handed.buffer->comment =
        arena_printf(carrying->arena, "derivative of %s at the block's end by %s, handed %d step%s back",
                     to->root->label, from->root->label, lag, lag > 1 ? "s" : "");
    vec_push(carrying->arena, &system->handed, handed);
}

static void tell(Carrying *carrying, const System *system, const Handed *handed, const Expr *value) {
    const Seed *seed = &system->seeds.at[handed->seed];
    const Carried *end = &system->forward->carried.at[seed->carried];
    const Carried *from = &system->forward->carried.at[handed->source];
    const SeedAdjoint told = {.end = end->root,
                              .end_state = end->state,
                              .delay = seed->delay,
                              .root = from->root,
                              .state = from->state,
                              .lag = handed->lag,
                              .var = handed->var,
                              .value = value};
    vec_push(carrying->arena, &carrying->derivation->seeds, told);
}

static System *system_new(Mixed *mixed, const Forward *forward) {
    Carrying *carrying = mixed->carrying;
    System *system = arena_new_of(carrying->arena, System);
    system->forward = forward;
    system->seeds = mixed_seeds(mixed, forward);
    const size_t pairs = (size_t)(system->seeds.count * forward->carried.count + 1);
    system->adjoint = arena_alloc(carrying->arena, pairs * sizeof *system->adjoint);
    for (int s = 0; s < system->seeds.count; s++)
        for (int c = 0; c < forward->carried.count; c++)
            for (int lag = 1; lag <= depth_of(forward, c); lag++)
                if (mixed_is_handed(forward, c, lag, system->seeds.at[s].carried))
                    declare_handed(mixed, system, s, c, lag);
    for (int i = 0; i < system->handed.count; i++) {
        const Handed *handed = &system->handed.at[i];
        const Expr *value = pulled(mixed, system, handed->seed, handed->source, handed->lag);
        if (value) tell(carrying, system, handed, value);
        schedule_store(carrying->low->backward, value ? value : expr_constant(carrying->exprs, 0),
                       handed->buffer);
    }
    return system;
}

static System *system_of(Mixed *mixed, const Forward *forward) {
    for (int i = 0; i < mixed->systems.count; i++)
        if (mixed_same_edges(mixed->systems.at[i]->forward, forward)) return mixed->systems.at[i];
    System *made = system_new(mixed, forward);
    vec_push(mixed->carrying->arena, &mixed->systems, made);
    return made;
}

/* ---- one parameter ---- */

typedef struct Own { /* of one parameter */
    Mixed *mixed;
    const Var *param;
    const Forward *forward;
    System *system;
    Buffer **influence; /* by seed: the influence there, at the last border */
    Buffer **next;      /* by seed: where its new value goes; itself where it is the only one */
} Own;

static Buffer *influence_buffer(const Own *own, int seed, bool next) {
    Carrying *carrying = own->mixed->carrying;
    const Seed *at = &own->system->seeds.at[seed];
    const Carried *carried = &own->forward->carried.at[at->carried];
    const Dim *dims[2];
    carry_entry_dims(carrying, own->param, dims);
    const char *prefix = arena_printf(carrying->arena, "%s_%s", next ? "next" : "trace", own->param->label);
    const char *name = carry_identifier(carrying, prefix, carried->root, carried->state);
    if (at->delay) name = arena_printf(carrying->arena, "%s_%d_before", name, at->delay);
    Buffer *buffer =
        program_buffer(carrying->derivation->program, next ? BUFFER_WORK : BUFFER_INFLUENCE, name, 2, dims);
    const char *symbol =
        carry_label(carrying, structure_symbol[STRUCTURE_UNIT], carried->root, carried->state);
    buffer->label = arena_printf(carrying->arena, "%s[%s]", symbol, own->param->label);
    buffer->comment = arena_printf(carrying->arena, "influence of %s on %s, %s", own->param->label,
                                   carried->root->label, next ? "at the next border" : "at the last border");
    return buffer;
}

static void make_influences(Own *own) {
    Carrying *carrying = own->mixed->carrying;
    const int seeds = own->system->seeds.count;
    own->influence = arena_alloc(carrying->arena, sizeof(Buffer *) * (size_t)(seeds + 1));
    own->next = arena_alloc(carrying->arena, sizeof(Buffer *) * (size_t)(seeds + 1));
    for (int s = 0; s < seeds; s++) {
        const Carried *carried = &own->forward->carried.at[own->system->seeds.at[s].carried];
        own->influence[s] = influence_buffer(own, s, false);
        own->next[s] = seeds > 1 ? influence_buffer(own, s, true) : own->influence[s];
        const Influence made = {.param = own->param,
                                .root = carried->root,
                                .state = carried->state,
                                .structure = STRUCTURE_UNIT,
                                .decay =
                                    forward_constant_decay(own->forward, own->system->seeds.at[s].carried),
                                .buffer = own->influence[s]};
        vec_push(carrying->arena, &carrying->derivation->influences, made);
    }
}

static Buffer *influence_at(const Own *own, int carried, int delay) {
    return mixed_influence(&own->system->seeds, own->influence, carried, delay);
}

static void add_term(const Own *own, Sweep *sweep, Placed vector, Buffer *influence) {
    const Dim *dims[2];
    carry_entry_dims(own->mixed->carrying, own->param, dims);
    sweep_term(sweep);
    sweep_vector(sweep, vector, ROLE_ROW);
    sweep_factor(sweep, (Placed){influence, 1}, 2, row_column, dims); /* as the last border left it */
}

/* What was handed back through an edge of this lag from the block's first steps meets the influences before
 * it: at the border the last turn is the first step's, so that step u was u turns ago. */
static void add_handed(const Own *own, Sweep *sweep, Buffer *handed, int carried, int lag) {
    for (int u = 0; u < lag; u++) {
        Buffer *influence = influence_at(own, carried, lag - 1 - u);
        if (influence) add_term(own, sweep, (Placed){handed, u}, influence);
    }
}

static void update_gradient(const Own *own, Sweep *sweep) {
    Carrying *carrying = own->mixed->carrying;
    const Derivation *derivation = carrying->derivation;
    const Dim *dims[2];
    carry_entry_dims(carrying, own->param, dims);
    Update *update = sweep_update(sweep, carry_gradient_of(carrying, own->param), 2, row_column, dims, true);
    update->equation = arena_printf(carrying->arena, "dE/d%s, through the border", own->param->label);
    for (int i = 0; i < derivation->adjoints.count; i++) {
        const Adjoint *adjoint = &derivation->adjoints.at[i];
        const int carried = forward_carried(own->forward, adjoint->root, adjoint->state);
        if (carried >= 0) add_handed(own, sweep, adjoint->buffer, carried, adjoint->lag);
    }
    if (!sweep->statement->updates.at[0].terms.count) sweep->statement->updates.count = 0;
}

/* A block shorter than the delay only moves the influence on. */
static void add_moved(const Own *own, Sweep *sweep, const Seed *seed) {
    for (int i = 1; i <= seed->delay; i++)
        add_term(own, sweep, (Placed){own->mixed->delay_buffers.at[i], 0},
                 influence_at(own, seed->carried, seed->delay - i));
}

/* False where nothing of the influence at the last border gets here. */
static bool update_influence(const Own *own, Sweep *sweep, int seed) {
    Carrying *carrying = own->mixed->carrying;
    const System *system = own->system;
    const Dim *dims[2];
    carry_entry_dims(carrying, own->param, dims);
    const int index = sweep->statement->updates.count;
    sweep_update(sweep, own->next[seed], 2, row_column, dims, false)->equation =
        arena_printf(carrying->arena, "%s over the block", own->influence[seed]->label);
    for (int i = 0; i < system->handed.count; i++) {
        const Handed *handed = &system->handed.at[i];
        if (handed->seed == seed) add_handed(own, sweep, handed->buffer, handed->source, handed->lag);
    }
    add_moved(own, sweep, &system->seeds.at[seed]);
    if (sweep->statement->updates.at[index].terms.count) return true;
    sweep->statement->updates.count = index;
    return false;
}

/* The gradient's part, and what is left of the influences, in one sweep. */
static void cross_border(const Own *own) {
    Carrying *carrying = own->mixed->carrying;
    const int seeds = own->system->seeds.count;
    bool *left = arena_alloc(carrying->arena, (size_t)seeds + 1);
    Sweep sweep = carry_entry_sweep(carrying, own->param, NULL, NULL, true);
    update_gradient(own, &sweep);
    for (int s = 0; s < seeds; s++) left[s] = update_influence(own, &sweep, s);
    if (sweep.statement->updates.count) vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
    for (int s = 0; s < seeds; s++)
        if (!left[s]) carry_clear(carrying, own->next[s]);
}

static void copy_influences(const Own *own) {
    Carrying *carrying = own->mixed->carrying;
    const Dim *dims[2];
    carry_entry_dims(carrying, own->param, dims);
    Sweep sweep = carry_entry_sweep(carrying, own->param, NULL, NULL, true);
    for (int s = 0; s < own->system->seeds.count; s++) {
        sweep_update(&sweep, own->influence[s], 2, row_column, dims, false);
        sweep_term(&sweep);
        sweep_factor(&sweep, (Placed){own->next[s], 0}, 2, row_column, dims);
    }
    vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
}

/* What the block's own uses of the parameter add to the influence. */
static void add_uses(const Own *own, int seed) {
    Carrying *carrying = own->mixed->carrying;
    const Forward *forward = own->forward;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (!mixed_is_first_use(forward, f)) continue;
        const Expr *sum = NULL;
        for (int k = f; k < forward->flows.count; k++) {
            const Flow *other = &forward->flows.at[k];
            if (other->source >= 0 || other->start != flow->start) continue;
            const Expr *end = seeded(own->mixed, own->system, seed, other->target);
            if (end) sum = carry_plus(carrying, sum, expr_mul(carrying->exprs, other->chain.factor[0], end));
        }
        if (!sum) continue;
        const char *hint = arena_printf(carrying->arena, "gain_%s", own->param->label);
        border_outer(carrying, own->influence[seed], own->param, sum, flow->start, hint,
                     arena_printf(carrying->arena, "%s, the block's own part", own->influence[seed]->label));
    }
}

static void write_param(Mixed *mixed, const Forward *forward) {
    Own own = {.mixed = mixed, .param = forward->param, .forward = forward};
    own.system = system_of(mixed, forward);
    const int seeds = own.system->seeds.count;
    if (!seeds) return;
    make_influences(&own);
    cross_border(&own);
    if (seeds > 1) copy_influences(&own);
    for (int s = 0; s < seeds; s++) add_uses(&own, s);
}

/* ---- all of them ---- */

/* Whether some influence goes from unit to unit. */
static bool is_shared(const Forward *forward) {
    for (int c = 0; c < forward->carried.count; c++)
        if (forward->carried.at[c].structure > STRUCTURE_UNIT) return true;
    return false;
}

void mixed_influences(Carrying *carrying) {
    const Model *model = carrying->derivation->model;
    Mixed mixed = {.carrying = carrying};
    for (int p = 0; p < model->params.count; p++) {
        Forward *forward = arena_new_of(carrying->arena, Forward);
        *forward = (Forward){.carrying = carrying,
                             .param = model->params.at[p],
                             .graph = carrying->graph,
                             .product = &carrying->product};
        forward_analyse(forward);
        if (is_shared(forward))
            mixed_write_dense(&mixed, forward);
        else
            write_param(&mixed, forward);
    }
}
