/* The backward derivation: one adjoint for each pair (root, automaton state), from the last step to the
 * first.
 *
 *     λ_r^{q}[t] = Σ_{ways w from r} (Jacobian of w at t + lag)ᵀ λ_to^{δ(q, w)}[t + lag],     λ_loss^{q} = 1
 * if q accepts dE/dθ      = Σ_t Σ_{ways w from θ} (Jacobian of w)ᵀ λ_to^{δ(q0, w)}[t]
 *
 * Ways of lag 0 are composed within the step; what goes to an earlier step is computed at the way's end and
 * handed back through an adjoint variable. Taxonomy paper, section 3, read from the other end. */
#include "derive/mixed.h"

typedef struct Backward {
    Carrying *carrying;
    const Expr **memo; /* [roots][states] */
    bool *known, *reached;
} Backward;

static const Expr *adjoint(Backward *backward, const Var *root, int state);

/* Ways from (root, state) of this lag, with the adjoints at their ends. */
static Tails tails_of(Backward *backward, const Var *root, int state, int lag) {
    Carrying *carrying = backward->carrying;
    Tails tails = {0};
    for (int w = 0; w < carrying->graph->ways.count; w++) {
        const Way *way = &carrying->graph->ways.at[w];
        if (way->from != root || way->lag != lag) continue;
        int after = product_after(&carrying->product, way, state);
        if (after == DROPPED) continue;
        const Expr *end = adjoint(backward, way->to, after);
        if (end) vec_push(carrying->arena, &tails, ((Tail){way, end}));
    }
    return tails;
}

/* λ of (root, state) at the step being processed; NULL where it is zero. */
static const Expr *adjoint(Backward *backward, const Var *root, int state) {
    Carrying *carrying = backward->carrying;
    int at = product_at(&carrying->product, root, state);
    if (backward->known[at]) return backward->memo[at];
    backward->known[at] = true;
    const Expr *sum = NULL;
    if (root == carrying->derivation->model->loss) {
        if (carrying->product.automaton->accepting[state]) sum = carry_loss_adjoint(carrying);
    } else {
        Tails tails = tails_of(backward, root, state, 0);
        sum = adjoint_pull_back(carrying->exprs, carrying->arena, &tails);
        for (int i = 0; i < carrying->derivation->adjoints.count; i++) {
            const Adjoint *carried = &carrying->derivation->adjoints.at[i];
            if (carried->root == root && carried->state == state)
                sum = carry_plus(carrying, sum, expr_use(carrying->exprs, carried->var, carried->lag, 0));
        }
    }
    backward->memo[at] = sum;
    if (sum && root != carrying->derivation->model->loss)
        vec_push(carrying->arena, &carrying->derivation->step_adjoints, ((StepAdjoint){root, state, sum}));
    return sum;
}

/* One variable for each (root, state, lag) through which something flows to an earlier step. */
static void declare_adjoint(Backward *backward, const Var *root, int state, int lag) {
    Carrying *carrying = backward->carrying;
    Derivation *derivation = carrying->derivation;
    for (int i = 0; i < derivation->adjoints.count; i++) {
        const Adjoint *a = &derivation->adjoints.at[i];
        if (a->root == root && a->state == state && a->lag == lag) return;
    }
    const char *name = carry_identifier(carrying, "lambda", root, state);
    const char *label = carry_label(carrying, "λ", root, state);
    if (lag > 1) {
        name = arena_printf(carrying->arena, "%s_lag%d", name, lag);
        label = arena_printf(carrying->arena, "%s(lag %d)", label, lag);
    }
    Var *var = arena_new_of(carrying->arena, Var);
    *var = (Var){.kind = VAR_ADJOINT,
                 .name = name,
                 .label = label,
                 .layer = root->layer,
                 .rows = root->rows,
                 .max_lag = lag};
    Buffer *buffer = program_buffer(derivation->program, BUFFER_ADJOINT, name, 1, &root->rows);
    buffer->slots = lag + 1;
    buffer->comment = arena_printf(carrying->arena, "adjoint of %s, handed %d step%s back", root->label, lag,
                                   lag > 1 ? "s" : "");
    lowering_bind(carrying->low, var, buffer);
    Adjoint made = {.root = root, .state = state, .lag = lag, .var = var, .buffer = buffer};
    vec_push(carrying->arena, &derivation->adjoints, made);
}

static void declare_adjoints(Backward *backward) {
    const Carrying *carrying = backward->carrying;
    for (int w = 0; w < carrying->graph->ways.count; w++) {
        const Way *way = &carrying->graph->ways.at[w];
        for (int q = 0; way->lag > 0 && q < carrying->product.states; q++)
            if (backward->reached[product_at(&carrying->product, way->from, q)] &&
                product_after(&carrying->product, way, q) != DROPPED)
                declare_adjoint(backward, way->from, q, way->lag);
    }
}

static void hand_back(Backward *backward) {
    Carrying *carrying = backward->carrying;
    for (int i = 0; i < carrying->derivation->adjoints.count; i++) {
        Adjoint *carried = &carrying->derivation->adjoints.at[i];
        Tails tails = tails_of(backward, carried->root, carried->state, carried->lag);
        const Expr *value = adjoint_pull_back(carrying->exprs, carrying->arena, &tails);
        if (!value) value = expr_constant(carrying->exprs, 0);
        carried->value = value;
        schedule_store(carrying->low->backward, value, carried->buffer);
    }
}

/* The parameter's gradient: for each of its uses, the adjoint there times what it multiplies. */
static void accumulate_gradient(Backward *backward, const Var *param) {
    Carrying *carrying = backward->carrying;
    const Graph *graph = carrying->graph;
    for (int s = 0; s < graph->starts.count; s++) {
        const Expr *start = graph->starts.at[s].start;
        bool seen = false;
        for (int p = 0; p < s; p++) seen = seen || graph->starts.at[p].start == start;
        if (graph->starts.at[s].from != param || seen) continue;
        Tails tails = {0};
        for (int w = s; w < graph->starts.count; w++) {
            const Way *way = &graph->starts.at[w];
            int after = way->start == start ? product_after(&carrying->product, way, 0) : DROPPED;
            const Expr *end = after == DROPPED ? NULL : adjoint(backward, way->to, after);
            if (end) vec_push(carrying->arena, &tails, ((Tail){way, end}));
        }
        const Expr *delta = adjoint_pull_back(carrying->exprs, carrying->arena, &tails);
        if (!delta || expr_is_const(delta, 0)) continue;
        vec_push(carrying->arena, &carrying->derivation->deltas, ((Delta){param, start, delta}));
        border_outer(carrying, carry_gradient_of(carrying, param), param, delta, start,
                     arena_printf(carrying->arena, "delta_%s", param->label),
                     arena_printf(carrying->arena, "dE/d%s, over all steps", param->label));
    }
}

void derive_backward(Carrying *carrying) {
    const Model *model = carrying->derivation->model;
    size_t pairs = (size_t)(carrying->product.roots * carrying->product.states + 1);
    Backward backward = {.carrying = carrying,
                         .memo = arena_alloc(carrying->arena, sizeof(const Expr *) * pairs),
                         .known = arena_alloc(carrying->arena, sizeof(bool) * pairs),
                         .reached = product_reached(&carrying->product, NULL, carrying->arena)};
    declare_adjoints(&backward);
    for (int i = 0; i < model->params.count; i++) accumulate_gradient(&backward, model->params.at[i]);
    hand_back(&backward);
    Program *program = carrying->derivation->program;
    if (program->block) mixed_influences(carrying);
    schedule_collect(carrying->low->backward);
    schedule_collect(carrying->low->step);
    schedule_write(carrying->low->step);
    schedule_write(carrying->low->backward);
    for (int i = 0; i < carrying->operator_sweeps.count; i++)
        vec_push(carrying->arena, &program->backward.statements, carrying->operator_sweeps.at[i]);
    carry_begin_chunk(carrying, &program->backward);
    program->border.name = "border";
    for (int i = 0; i < carrying->sweeps.count; i++)
        vec_push(carrying->arena, &program->border.statements, carrying->sweeps.at[i]);
    for (int i = 0; i < model->params.count; i++)
        carry_absent_entries(carrying, model->params.at[i], &program->border);
}
