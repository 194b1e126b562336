/* One parameter at a time: tangents of all nodes by all of its entries, step after step. */
#include "oracle/masked.h"

#include "model/pattern.h"
#include "oracle/unroll.h"

#include <string.h>

typedef struct Masked {
    Arena *arena;
    Unrolled *unrolled;
    const Model *model;
    const Var *param;
    const Pattern *own;      /* of the parameter */
    const Pattern **pattern; /* by parameter */
    long rows, entries;      /* of the parameter */
    double **tangent;        /* by Expr.id: [units][entries], at this step */
    double ***carried;       /* [root][age]: [units][entries], age 0 is this step's */
    char **felt;             /* by Expr.id: [units][rows], booleans */
    char **kept;             /* by root: the mask; NULL: all is kept */
    bool *later;             /* by root: a later step's loss feels it, so that it is carried */
} Masked;

static long units_of(const Expr *e) { return dim_size(e->dim); }

/* ---- operands ---- */

static int operands_of(const Expr *e) { return e->op == EXPR_FUNCTION ? e->arguments : e->kids; }

static const Expr *operand_of(const Expr *e, int i) {
    return e->op == EXPR_FUNCTION ? e->argument[i] : e->kid[i];
}

static bool mixes(const Expr *e) {
    return e->op == EXPR_MATVEC || e->op == EXPR_SUM || e->op == EXPR_SOFTMAX || e->op == EXPR_LOGSUMEXP ||
           e->op == EXPR_BROADCAST;
}

/* Whether a derivative can pass from the operand's unit to the node's, whatever the numbers are. */
static bool may_pass(const Masked *m, const Expr *e, int i, long unit, long from) {
    if (e->op == EXPR_MATVEC) return pattern_has(m->pattern[e->var->index], e->var, unit, from);
    if (mixes(e)) return true;
    if (e->dim && operand_of(e, i)->dim && unit != from) return false;
    return reader_may_pass((Reader){e, i});
}

static bool is_state(const Expr *e) {
    return e->op == EXPR_USE && e->var->kind != VAR_PARAM && e->var->kind != VAR_INPUT;
}

/* ---- what is carried ---- */

/* Can a derivative pass at all, from some unit to some unit? */
static bool ever_passes(const Masked *m, const Expr *e, int i) {
    for (long k = 0; k < units_of(e); k++)
        for (long l = 0; l < units_of(operand_of(e, i)); l++)
            if (may_pass(m, e, i, k, l)) return true;
    return false;
}

/* A state that later steps read under stop() only, or for what no loss feels, is not carried: there is
 * nothing of it that a mask could cut. */
static void find_carried(Masked *m) {
    bool *matters = arena_alloc(m->arena, (size_t)exprs_count(m->model->exprs) + 1);
    matters[m->model->loss->definition->id] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int n = m->unrolled->nodes.count - 1; n >= 0; n--) {
            const Expr *e = m->unrolled->nodes.at[n];
            if (!matters[e->id]) continue;
            for (int i = 0; i < operands_of(e); i++) {
                bool *below = &matters[operand_of(e, i)->id];
                if (!*below && ever_passes(m, e, i)) changed = *below = true;
            }
            if (!is_state(e)) continue;
            bool *definition = &matters[e->var->definition->id];
            if (!*definition || (e->lag > 0 && !m->later[e->var->index])) changed = *definition = true;
            if (e->lag > 0) m->later[e->var->index] = true;
        }
    }
}

/* ---- reach ---- */

static void feel_operands(Masked *m, const Expr *e, char *felt) {
    for (int i = 0; i < operands_of(e); i++) {
        const Expr *operand = operand_of(e, i);
        for (long k = 0; k < units_of(e); k++)
            for (long l = 0; l < units_of(operand); l++)
                for (long j = 0; may_pass(m, e, i, k, l) && j < m->rows; j++)
                    felt[k * m->rows + j] |= m->felt[operand->id][l * m->rows + j];
    }
}

/* What every node feels when past states feel `before` (by root; NULL: nothing). */
static void feel(Masked *m, char *const *before) {
    const Nodes *nodes = &m->unrolled->nodes;
    for (int n = 0; n < nodes->count; n++) m->felt[nodes->at[n]->id] = NULL;
    for (bool changed = true; changed;) { /* a root may be read before its definition is visited */
        changed = false;
        for (int n = 0; n < nodes->count; n++) {
            const Expr *e = nodes->at[n];
            const size_t bytes = (size_t)(units_of(e) * m->rows);
            char *felt = arena_alloc(m->arena, bytes + 1);
            if (is_state(e) && e->lag > 0 && before) memcpy(felt, before[e->var->index], bytes);
            const char *now = is_state(e) && e->lag == 0 ? m->felt[e->var->definition->id] : NULL;
            if (now) memcpy(felt, now, bytes);
            if (e->var == m->param && e->op != EXPR_MATVEC_T)
                for (long k = 0; k < m->rows; k++) felt[k * m->rows + k] = 1;
            feel_operands(m, e, felt);
            if (!m->felt[e->id] || memcmp(m->felt[e->id], felt, bytes) != 0) changed = true;
            m->felt[e->id] = felt;
        }
    }
}

static bool together(const Var *a, const Var *b) {
    return a->layer == b->layer && dim_size(a->rows) == dim_size(b->rows);
}

static void reach(Masked *m, int order) {
    const int roots = m->model->roots.count;
    for (int n = 0; n < order; n++) {
        feel(m, n == 0 ? NULL : m->kept);
        char **wider = arena_alloc(m->arena, sizeof *wider * (size_t)(roots + 1));
        for (int r = 0; r < roots; r++) {
            const Var *root = m->model->roots.at[r];
            const long bytes = dim_size(root->rows) * m->rows;
            wider[r] = arena_alloc(m->arena, (size_t)bytes + 1);
            for (int q = 0; q < roots; q++) {
                const Var *other = m->model->roots.at[q];
                for (long i = 0; together(root, other) && i < bytes; i++)
                    wider[r][i] |= (char)(m->felt[other->definition->id][i] | (n ? m->kept[q][i] : 0));
            }
        }
        m->kept = wider;
    }
}

static void blocks(Masked *m, int size) {
    for (int r = 0; r < m->model->roots.count; r++) {
        const Var *root = m->model->roots.at[r];
        m->kept[r] = arena_alloc(m->arena, (size_t)(dim_size(root->rows) * m->rows) + 1);
        if (root->layer != m->param->layer || dim_size(root->rows) != m->rows) continue;
        for (long k = 0; k < m->rows; k++)
            for (long j = 0; j < m->rows; j++) m->kept[r][k * m->rows + j] = k / size == j / size;
    }
}

/* ---- tangents ---- */

static void own_use(Masked *m, const Expr *e, int step, double *out) {
    const long width = m->entries / m->rows;
    if (e->op == EXPR_USE)
        for (long k = 0; k < m->rows; k++) out[k * m->entries + k] += 1;
    if (e->op != EXPR_MATVEC) return;
    const double *x = unroll_value(m->unrolled, e->kid[0], step);
    for (long k = 0; k < m->rows; k++)
        for (long i = 0; i < width; i++)
            if (pattern_has(m->own, m->param, k, i)) out[k * m->entries + k * width + i] += x[i];
}

static const double *tangent_of(Masked *m, const Expr *e, int step);

static void add_operands(Masked *m, const Expr *e, int step, double *out) {
    for (int i = 0; i < operands_of(e); i++) {
        const Expr *operand = operand_of(e, i);
        const double *in = tangent_of(m, operand, step);
        for (long k = 0; k < units_of(e); k++)
            for (long l = 0; l < units_of(operand); l++) {
                if (!mixes(e) && e->dim && operand->dim && k != l) continue;
                const double slope = unroll_slope(m->unrolled, (Reader){e, i}, (int)k, (int)l, step);
                for (long c = 0; slope != 0 && c < m->entries; c++)
                    out[k * m->entries + c] += slope * in[l * m->entries + c];
            }
    }
}

/* A root's tangents: of this step made at once, of earlier ones as they were kept. */
static const double *root_tangent(Masked *m, const Var *root, int age, int step) {
    double **at = &m->carried[root->index][age];
    if (age > 0 || *at) return *at;
    const double *all = tangent_of(m, root->definition, step);
    const long units = dim_size(root->rows), width = m->entries / m->rows;
    const bool shared = root->rows && !root->definition->dim;
    *at = arena_alloc(m->arena, sizeof(double) * (size_t)(units * m->entries));
    for (long k = 0; k < units; k++)
        for (long c = 0; c < m->entries; c++)
            if (!m->later[root->index] || !m->kept || m->kept[root->index][k * m->rows + c / width])
                (*at)[k * m->entries + c] = all[(shared ? 0 : k) * m->entries + c];
    return *at;
}

static const double *tangent_of(Masked *m, const Expr *e, int step) {
    if (m->tangent[e->id]) return m->tangent[e->id];
    double *out = arena_alloc(m->arena, sizeof(double) * (size_t)(units_of(e) * m->entries));
    if (is_state(e)) {
        const double *in = root_tangent(m, e->var, e->lag, step);
        if (in) memcpy(out, in, sizeof(double) * (size_t)(units_of(e) * m->entries));
    } else {
        if (e->var == m->param) own_use(m, e, step, out);
        add_operands(m, e, step, out);
    }
    return m->tangent[e->id] = out;
}

static void run(Masked *m, double *grad) {
    const size_t nodes = (size_t)exprs_count(m->model->exprs) + 1;
    for (int t = 0; t < m->unrolled->sequence->steps; t++) {
        memset(m->tangent, 0, nodes * sizeof *m->tangent);
        for (int r = 0; r < m->model->roots.count; r++) {
            double **ages = m->carried[r];
            for (int age = m->model->roots.at[r]->max_lag; age > 0; age--) ages[age] = ages[age - 1];
            ages[0] = NULL;
        }
        for (int r = 0; r < m->model->roots.count; r++) root_tangent(m, m->model->roots.at[r], 0, t);
        const double *loss = root_tangent(m, m->model->loss, 0, t);
        for (long c = 0; c < m->entries; c++) grad[c] += loss[c];
    }
}

static void one_parameter(const Model *model, OracleMask mask, const Var *param, const double *const *params,
                          const Sequence *sequence, double *grad) {
    Arena *arena = arena_new();
    const size_t nodes = (size_t)exprs_count(model->exprs) + 1, roots = (size_t)model->roots.count + 1;
    Masked m = {.arena = arena, .model = model, .param = param};
    m.unrolled = unroll(arena, model, params, sequence);
    m.pattern = arena_alloc(arena, sizeof *m.pattern * (size_t)(model->params.count + 1));
    for (int p = 0; p < model->params.count; p++) m.pattern[p] = pattern_of(model->params.at[p], arena);
    m.own = m.pattern[param->index];
    m.rows = dim_size(param->rows);
    m.entries = m.rows * dim_size(param->cols);
    m.tangent = arena_alloc(arena, nodes * sizeof *m.tangent);
    m.felt = arena_alloc(arena, nodes * sizeof *m.felt);
    m.carried = arena_alloc(arena, roots * sizeof *m.carried);
    for (int r = 0; r < model->roots.count; r++)
        m.carried[r] = arena_alloc(arena, sizeof(double *) * (size_t)(model->roots.at[r]->max_lag + 1));
    if (mask.kind != ORACLE_WHOLE) m.kept = arena_alloc(arena, roots * sizeof *m.kept);
    m.later = arena_alloc(arena, roots * sizeof *m.later);
    find_carried(&m);
    if (mask.kind == ORACLE_REACH) reach(&m, mask.size);
    if (mask.kind == ORACLE_DIAGONAL) blocks(&m, 1);
    if (mask.kind == ORACLE_BLOCKS) blocks(&m, mask.size);
    memset(grad, 0, sizeof(double) * (size_t)m.entries);
    run(&m, grad);
    arena_free(arena);
}

void oracle_masked_gradient(const Model *model, OracleMask mask, const double *const *params,
                            const Sequence *sequence, double *const *grad) {
    for (int p = 0; p < model->params.count; p++)
        one_parameter(model, mask, model->params.at[p], params, sequence, grad[p]);
}
