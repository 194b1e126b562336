#include "eligo_summary.h"

typedef struct Facts {
    Verdict worst;
    Without without; /* what would make every parameter exact */
    bool dropped, known, causal, units, layers, nothing;
} Facts;

static Facts gather(const Derivation *derivation) {
    Facts all = {.known = true, .causal = true};
    for (int p = 0; p < derivation->model->params.count; p++) {
        const ParamFacts *facts = &derivation->facts[p];
        if (!facts->reaches) continue;
        all.nothing = all.nothing || facts->verdict == VERDICT_NOTHING;
        if (facts->verdict == VERDICT_NOTHING) continue;
        if (all.worst < facts->verdict) all.worst = facts->verdict;
        all.causal = all.causal && facts->causal;
        all.units = all.units || (facts->meets & MEETS_UNITS);
        all.layers = all.layers || (facts->meets & MEETS_LAYERS);
        all.known = all.known && facts->reasons.count == 0;
        if (facts->exact) continue;
        all.dropped = true;
        all.known = all.known && facts->condition;
        all.without.classes |= facts->without.classes;
        all.without.layers |= facts->without.layers;
        all.without.tags |= facts->without.tags;
    }
    return all;
}

static const char *gradient_text(Arena *arena, const Model *model, const Facts *all) {
    const char *some = all->nothing ? ", for some none" : "";
    if (!all->dropped || !all->known) return arena_printf(arena, "%s%s", verdict_name[all->worst], some);
    return arena_printf(arena, "%s%s; exact if %s", verdict_name[all->worst], some,
                        derive_without_text(model, all->without, arena));
}

Summary summary_of(const Derivation *derivation, Arena *arena) {
    const Facts all = gather(derivation);
    return (Summary){all.causal ? "yes" : "no",
                     all.units    ? "no"
                     : all.layers ? "in a layer"
                                  : "yes",
                     gradient_text(arena, derivation->model, &all)};
}
