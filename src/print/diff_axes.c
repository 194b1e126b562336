/* The axes of two rules side by side: an axis counts where it changes something on this model. */
#include "print/diff.h"

#include "derive/product.h"
#include "derive/view.h"

#include <math.h>
#include <string.h>

typedef struct Sides {
    Arena *arena;
    const Derivation *of[2];
    Product product[2];
    bool *reached[2];
    Sentences said;
} Sides;

static const char *name_of(const Sides *s, int rule) { return s->of[rule]->rule->name; }

static void say(Sides *s, const char *what, const char *a, const char *b) {
    vec_push(s->arena, &s->said,
             arena_printf(s->arena, "%s %s under %s, %s under %s", what, a, name_of(s, 0), b, name_of(s, 1)));
}

/* ---- replaced edges ---- */

static bool is_used(const Sides *s, int rule, const Way *way) {
    const Product *product = &s->product[rule];
    for (int q = 0; q < product->states; q++) {
        if (way->start ? q > 0 : !s->reached[rule][product_at(product, way->from, q)]) continue;
        if (product_after(product, way, q) != DROPPED) return true;
    }
    return false;
}

/* "with sign in signal", or NULL where the rule leaves the way as it is. */
static const char *replaced_by(const Sides *s, int rule, const Way *way, int nth) {
    const Rule *own = s->of[rule]->rule;
    for (int r = 0; r < own->replaces.count; r++)
        for (int i = 0; i < way->symbols; i++) {
            const Replace *replace = &own->replaces.at[r];
            if (!replace->selected[way->symbol[i]] || !view_changes(way, replace->kind)) continue;
            if (nth-- == 0) return strstr(replace->text, " with ");
            break;
        }
    return NULL;
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static void compare_way(Sides *s, const Way *way) {
    if (!is_used(s, 0, way) && !is_used(s, 1, way)) return;
    for (int nth = 0; nth < 2; nth++) { /* one for each side of a path at most */
        const char *a = replaced_by(s, 0, way, nth), *b = replaced_by(s, 1, way, nth);
        if (same_text(a, b)) continue;
        Text text = {0};
        graph_print_way(s->of[0]->whole, way, &text);
        say(s, arena_printf(s->arena, "the edge %s:", text.at),
            a ? arena_printf(s->arena, "replaced%s", a) : "as it is",
            b ? arena_printf(s->arena, "replaced%s", b) : "as it is");
        text_free(&text);
    }
}

/* ---- signals, estimates ---- */

static void compare_signals(Sides *s) {
    static const char *const words[] = {[SIGNAL_SYMMETRIC] = "the readout's own matrix",
                                        [SIGNAL_RANDOM] = "fixed random matrices",
                                        [SIGNAL_ADAPTIVE] = "matrices that follow the readout's",
                                        [SIGNAL_SIGN] = "the signs of the readout's matrix",
                                        [SIGNAL_LOCAL] = "the readout's own matrix"};
    const char *a = words[s->of[0]->rule->signal], *b = words[s->of[1]->rule->signal];
    if (strcmp(a, b) != 0) say(s, "other signals: errors come back through", a, b);
}

static bool estimates(const Derivation *derivation) {
    for (int i = 0; i < derivation->influences.count; i++)
        if (derivation->influences.at[i].structure == STRUCTURE_ESTIMATED) return true;
    return false;
}

static const char *estimate_text(const Sides *s, int rule) {
    static const char *const words[] = {[ESTIMATE_EXACT] = "exact",
                                        [ESTIMATE_RANK1] = "of rank 1",
                                        [ESTIMATE_KRONECKER] = "a Kronecker product",
                                        [ESTIMATE_REVERSE_KRONECKER] = "a reversed Kronecker product",
                                        [ESTIMATE_OPTIMAL_KRONECKER] = "the best Kronecker products",
                                        [ESTIMATE_FACTORED] = "smoothed factors"};
    const Estimate *own = &s->of[rule]->rule->estimate;
    if (!estimates(s->of[rule])) return words[ESTIMATE_EXACT];
    Text text = {0};
    text_add(&text, words[own->kind]);
    if (own->kind == ESTIMATE_OPTIMAL_KRONECKER) text_printf(&text, " of rank %d", own->rank);
    if (own->kind == ESTIMATE_FACTORED) text_add(&text, " of decay "), text_number(&text, own->smoothing);
    text_add(&text, " in");
    for (int q = 0; q < s->of[rule]->rule->automaton.states; q++)
        if (own->estimated[q]) text_printf(&text, " %s", s->of[rule]->rule->automaton.label[q]);
    const char *kept = arena_string(s->arena, text.at);
    text_free(&text);
    return kept;
}

static void compare_estimates(Sides *s) {
    const char *a = estimate_text(s, 0), *b = estimate_text(s, 1);
    if (strcmp(a, b) != 0) say(s, "other estimates: influences are", a, b);
}

/* ---- schedules ---- */

static const char *steps_text(const Sides *s, int steps, const char *format, const char *none) {
    return steps ? arena_printf(s->arena, "%d %s", steps, format) : none;
}

static const char *update_text(const Sides *s, int rule) {
    const Timing *timing = &s->of[rule]->rule->timing;
    if (timing->update == UPDATE_ONLINE) return "at each step";
    if (timing->update == UPDATE_EVERY) return arena_printf(s->arena, "every %d steps", timing->every);
    return "at the end";
}

static double decay_of(const Sides *s, int rule) {
    const double decay = s->of[rule]->rule->timing.decay;
    return decay > 0 ? decay : 1;
}

static bool crosses_time(const Sides *s) {
    for (int w = 0; w < s->of[0]->whole->ways.count; w++) {
        const Way *way = &s->of[0]->whole->ways.at[w];
        if (way->lag > 0 && (is_used(s, 0, way) || is_used(s, 1, way))) return true;
    }
    return false;
}

static const char *number_text(const Sides *s, double value) {
    Text text = {0};
    text_number(&text, value);
    const char *kept = arena_string(s->arena, text.at);
    text_free(&text);
    return kept;
}

static void compare_schedules(Sides *s) {
    const Timing *a = &s->of[0]->rule->timing, *b = &s->of[1]->rule->timing;
    const bool in_time = crosses_time(s);
    if (in_time && a->chunk != b->chunk)
        say(s, "other schedules: paths are cut into chunks of", steps_text(s, a->chunk, "steps", "none"),
            steps_text(s, b->chunk, "steps", "none"));
    if (a->sample != b->sample)
        say(s, "other schedules: of a sequence teach", steps_text(s, a->sample, "steps", "all steps"),
            steps_text(s, b->sample, "steps", "all steps"));
    if (in_time && fabs(decay_of(s, 0) - decay_of(s, 1)) > 0)
        say(s, "other weights: each step back counts", number_text(s, decay_of(s, 0)),
            number_text(s, decay_of(s, 1)));
    if (strcmp(update_text(s, 0), update_text(s, 1)) != 0)
        say(s, "other schedules: parameters change", update_text(s, 0), update_text(s, 1));
}

Sentences diff_axes(Arena *arena, const Derivation *a, const Derivation *b) {
    Sides s = {.arena = arena, .of = {a, b}};
    for (int rule = 0; rule < 2; rule++) {
        s.product[rule] = product_new(arena, a->whole, &s.of[rule]->rule->automaton);
        s.reached[rule] = product_reached(&s.product[rule], NULL, arena);
    }
    for (int w = 0; w < a->whole->ways.count; w++) compare_way(&s, &a->whole->ways.at[w]);
    for (int w = 0; w < a->whole->starts.count; w++) compare_way(&s, &a->whole->starts.at[w]);
    compare_signals(&s);
    compare_estimates(&s);
    compare_schedules(&s);
    return s.said;
}
