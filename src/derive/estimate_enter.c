/* Kronecker factors: what enters in a step, from the parameter's use and from exact influences, as one
 * product.
 *
 * A use of the parameter enters as M[k, j] u[i], which is a product already. An exact influence that flows in
 * is M[k, l] J[(l, j), i]: random signs over (l, j) make a product of it, right in the mean; reversed, signs
 * over j do so for every content at once. */
#include "derive/estimate_kronecker.h"

/* ---- what is new: contents from the parameter's use, and from exact influences ---- */

static bool is_content(const Kronecker *own, int index) {
    const Flow *flow = &own->forward->flows.at[index];
    if (!kronecker_estimates(own, flow->target) || kronecker_estimates(own, flow->source)) return false;
    if (kronecker_structure(own, flow->source) == STRUCTURE_ZERO) return false;
    for (int p = 0; p < index; p++) {
        const Flow *other = &own->forward->flows.at[p];
        if (kronecker_estimates(own, other->target) && flow_same_content(other, flow)) return false;
    }
    return true;
}

static int count_contents(const Kronecker *own) {
    int count = 0;
    for (int f = 0; f < own->forward->flows.count; f++) count += is_content(own, f);
    return count;
}

/* A factor over the parameter's columns: what the use multiplies, or a presynaptic trace. */
static void column_factor(const Kronecker *own, Sweep *sweep, const Flow *content) {
    if (content->source < 0)
        sweep_vector(sweep, kronecker_place(own, content->start->kid[0], "u"), ROLE_COLUMN);
    else
        forward_influence_factor(own->forward, sweep, &own->forward->carried.at[content->source],
                                 content->lag);
}

/* A factor over (units,) rows and columns: the exact influence itself. */
static void influence_factor(const Kronecker *own, Sweep *sweep, const Flow *content) {
    const Carried *source = &own->forward->carried.at[content->source];
    if (source->structure != STRUCTURE_DENSE) {
        forward_influence_factor(own->forward, sweep, source, content->lag);
        return;
    }
    static const Role roles[3] = {ROLE_UNIT, ROLE_ROW, ROLE_COLUMN};
    const Dim *dims[3] = {source->root->rows};
    carry_entry_dims(own->carrying, own->forward->param, dims + 1);
    sweep_factor(sweep, (Placed){source->buffer, content->lag}, 3, roles, dims);
}

static const char *sign_name(const Kronecker *own, const Flow *content) {
    const char *label = own->forward->param->label;
    return content->source < 0 ? arena_printf(own->carrying->arena, "sign_%s", label)
                               : arena_printf(own->carrying->arena, "sign_%s_of_%s", label,
                                              own->forward->carried.at[content->source].root->label);
}

static const Role unit_row[2] = {ROLE_UNIT, ROLE_ROW};

/* The signs of a content as a matrix over (its units, rows) are brought to each target that it flows to. */
static void enter_signs(Kronecker *own, const Flow *content, Buffer *signs) {
    for (int f = 0; f < own->forward->flows.count; f++) {
        const Flow *flow = &own->forward->flows.at[f];
        bool accumulate = true;
        if (kronecker_estimates(own, flow->target) && flow_same_content(flow, content) &&
            flow_is_first(own->forward, f))
            kronecker_bring(own, own->held[flow->target].noise, flow, (Placed){signs, 0}, &accumulate);
    }
}

/* N[k, j] += A[k, j] s[j], the content standing on the diagonal; s is a vector, one number or (NULL) 1. */
static void enter_rows(Kronecker *own, const Flow *content, Buffer *signs) {
    const Dim *rows = own->forward->param->rows;
    for (int f = 0; f < own->forward->flows.count; f++) {
        const Flow *flow = &own->forward->flows.at[f];
        if (!kronecker_estimates(own, flow->target) || !flow_same_content(flow, content) ||
            !flow_is_first(own->forward, f))
            continue;
        const Expr *decay = kronecker_decay(own, flow);
        const Chains chains = kronecker_chains(own, flow);
        Buffer *out = own->held[flow->target].noise;
        const Dim *units = kronecker_units(own, flow->target);
        for (int diagonal = 0; diagonal < 2; diagonal++) {
            if (diagonal ? !decay : !chains.count) continue;
            Sweep sweep = kronecker_sweep(own, diagonal ? NULL : units, NULL);
            static const Role row_row[2] = {ROLE_ROW, ROLE_ROW};
            const Dim *dims[2] = {units, rows};
            sweep_update(&sweep, out, 2, diagonal ? row_row : unit_row, dims, true)->equation = out->comment;
            sweep_term(&sweep);
            if (diagonal)
                sweep_vector(&sweep, kronecker_place(own, decay, "gain"), ROLE_ROW);
            else
                sweep_factor(&sweep,
                             (Placed){forward_operator(own->carrying, &chains, units, rows, false), 0}, 2,
                             unit_row, dims);
            if (signs) sweep_vector(&sweep, (Placed){signs, 0}, ROLE_ROW);
            estimate_push(own->carrying, sweep.statement);
        }
    }
}

/* fresh[i] += Σ signs content[…, i] */
static void add_fresh(Kronecker *own, Buffer *fresh, const Flow *content, Buffer *signs) {
    const Structure structure = kronecker_structure(own, content->source);
    const Var *param = own->forward->param;
    const Dim *units = structure == STRUCTURE_DENSE ? kronecker_units(own, content->source) : NULL;
    static const Role column[1] = {ROLE_COLUMN};
    if (structure == STRUCTURE_PRESYNAPTIC) {
        Sweep sweep = sweep_new(own->carrying->arena, (const Dim *[ROLE_COUNT]){[ROLE_COLUMN] = param->cols});
        sweep_update(&sweep, fresh, 1, column, &own->thin, true)->equation = fresh->comment;
        sweep_term(&sweep);
        if (signs) sweep_vector(&sweep, (Placed){signs, 0}, ROLE_ROW);
        column_factor(own, &sweep, content);
        estimate_push(own->carrying, sweep.statement);
        return;
    }
    Sweep sweep = carry_entry_sweep(own->carrying, param, units, NULL, true);
    Update *update = sweep_update(&sweep, fresh, 1, column, &own->thin, true);
    update->through[0] = sweep.column;
    update->equation = fresh->comment;
    sweep_term(&sweep);
    const Dim *dims[2] = {units, param->rows};
    sweep_factor(&sweep, (Placed){signs, 0}, 2, unit_row, dims);
    influence_factor(own, &sweep, content);
    estimate_push(own->carrying, sweep.statement);
}

/* Each content becomes a product, with signs of its own; of several, signs make one. */
void kronecker_enter(Kronecker *own) {
    const bool several = count_contents(own) > 1;
    const Var *param = own->forward->param;
    Buffer *fresh = NULL;
    for (int f = 0; f < own->forward->flows.count; f++) {
        if (!is_content(own, f)) continue;
        const Flow *content = &own->forward->flows.at[f];
        const Structure structure = kronecker_structure(own, content->source);
        const Dim *dims[2] = {structure == STRUCTURE_DENSE ? kronecker_units(own, content->source) : NULL,
                              structure == STRUCTURE_PRESYNAPTIC ? NULL : param->rows};
        const bool plain = structure == STRUCTURE_PRESYNAPTIC && !several;
        Buffer *signs = plain ? NULL : estimate_signs(own->carrying, sign_name(own, content), 2, dims);
        if (structure == STRUCTURE_DENSE)
            enter_signs(own, content, signs);
        else
            enter_rows(own, content, signs);
        if (plain && content->source < 0) {
            own->fresh = kronecker_place(own, content->start->kid[0], "u");
            return;
        }
        if (!fresh) {
            const char *name = arena_printf(own->carrying->arena, "fresh_%s", param->label);
            fresh = program_buffer(own->carrying->derivation->program, BUFFER_WORK, name, 1, &own->thin);
            fresh->var = param;
            fresh->comment = "the right factor of what enters in this step";
            carry_clear(own->carrying, fresh);
        }
        add_fresh(own, fresh, content, signs);
    }
    own->fresh = (Placed){fresh, 0};
}

/* ---- the same reversed: signs over rows, the contents over columns ---- */

/* Σ_j signs[j] content[(l,) j, i] as a matrix over (units, columns). */
static Buffer *signed_content(Kronecker *own, const Flow *content) {
    const Var *param = own->forward->param;
    const bool dense = kronecker_structure(own, content->source) == STRUCTURE_DENSE;
    const Dim *dims[2] = {kronecker_units(own, content->source), param->cols};
    const char *name = arena_printf(own->carrying->arena, "signed_%s", param->label);
    Buffer *made = program_buffer(own->carrying->derivation->program, BUFFER_WORK, name, 2, dims);
    made->var = param;
    carry_clear(own->carrying, made);
    Sweep sweep = carry_entry_sweep(own->carrying, param, dense ? dims[0] : NULL, NULL, true);
    const Role roles[2] = {dense ? ROLE_UNIT : ROLE_ROW, ROLE_COLUMN};
    Update *update = sweep_update(&sweep, made, 2, roles, dims, true);
    update->through[made->rank - 1] = sweep.column; /* the units may be one number */
    sweep_term(&sweep);
    sweep_vector(&sweep, (Placed){own->signs, 0}, ROLE_ROW);
    influence_factor(own, &sweep, content);
    estimate_push(own->carrying, sweep.statement);
    return made;
}

/* N[k, i] += (A signs)[k] u[i] for a content that is the same in each row. */
static void enter_columns(Kronecker *own, const Flow *content, const Var *signs) {
    Exprs *exprs = own->carrying->exprs;
    const Dim *rows = own->forward->param->rows;
    for (int f = 0; f < own->forward->flows.count; f++) {
        const Flow *first = &own->forward->flows.at[f];
        if (!kronecker_estimates(own, first->target) || !flow_same_content(first, content) ||
            !flow_is_first(own->forward, f))
            continue;
        const Dim *units = kronecker_units(own, first->target);
        const Expr *sum = NULL;
        for (int g = f; g < own->forward->flows.count; g++) {
            const Flow *flow = &own->forward->flows.at[g];
            if (flow->target != first->target || !flow_same_content(flow, content)) continue;
            const Expr *term = chain_times(exprs, &flow->chain, expr_use(exprs, signs, 0, 0), rows, units);
            sum = carry_plus(own->carrying, sum, term);
        }
        Sweep sweep = kronecker_sweep(own, units, NULL);
        kronecker_update(own, &sweep, own->held[first->target].noise, units, true)->equation =
            own->held[first->target].noise->comment;
        sweep_term(&sweep);
        sweep_vector(&sweep, kronecker_place(own, sum, "drawn"), ROLE_UNIT);
        column_factor(own, &sweep, content);
        estimate_push(own->carrying, sweep.statement);
    }
}

void kronecker_enter_reversed(Kronecker *own) {
    const char *name = arena_printf(own->carrying->arena, "sign_%s", own->forward->param->label);
    own->signs = estimate_signs(own->carrying, name, 1, &own->thin);
    const Var *signs = estimate_value(own->carrying, BUFFER_WORK, name, own->thin, &own->signs);
    for (int f = 0; f < own->forward->flows.count; f++) {
        if (!is_content(own, f)) continue;
        const Flow *content = &own->forward->flows.at[f];
        if (kronecker_structure(own, content->source) == STRUCTURE_PRESYNAPTIC)
            enter_columns(own, content, signs);
        else
            enter_signs(own, content, signed_content(own, content));
    }
    own->fresh = (Placed){own->signs, 0};
}
