/* Which rules apply to a spec, and with which arguments: computed by building and deriving the rule with
 * messages set aside, never looked up. */
#include "eligo_internal.h"

#include "syntax/parse.h"

#include <stdlib.h>
#include <string.h>

/* "tbptt(k=2)": a parameter without a default has no value that is right for all models; two is the smallest
 * that differs from leaving the rule's own mechanism out. */
const char *eligo_use_of(Arena *arena, const AstRule *rule) {
    Text text = {0};
    text_add(&text, rule->name.name);
    bool open = false;
    for (int i = 0; i < rule->parameters.count; i++) {
        if (rule->parameters.at[i].value) continue;
        text_printf(&text, "%s%s=2", open ? ", " : "(", rule->parameters.at[i].name.name);
        open = true;
    }
    if (open) text_add(&text, ")");
    const char *kept = arena_string(arena, text.at);
    text_free(&text);
    return kept;
}

static char *copy_of(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (copy) strcpy(copy, text);
    return copy;
}

char *eligo_rule_use(EligoSpec *spec, const char *rule) {
    if (strchr(rule, '(')) return copy_of(rule);
    Arena *arena = arena_new();
    const FoundRule found = package_rule(spec->package, rule);
    char *use = copy_of(found.rule ? eligo_use_of(arena, found.rule) : rule);
    arena_free(arena);
    return use;
}

/* ---- does it apply? ---- */

/* What a rule names and this model lacks is a note where it might be meant for other models; here it says
 * that the rule is not about this model. */
static const Diagnostic *first_reason(const Diagnostics *messages) {
    for (int i = 0; i < messages->list.count; i++)
        if (messages->list.at[i]->severity == SEVERITY_ERROR) return messages->list.at[i];
    for (int i = 0; i < messages->list.count; i++)
        if (strcmp(messages->list.at[i]->code, "N0502") == 0) return messages->list.at[i];
    return NULL;
}

static const char *nothing_kept(const Derivation *derivation) {
    for (int i = 0; i < derivation->model->params.count; i++)
        if (derivation->facts[i].kept) return NULL;
    return "no parameter would learn: no path from any of them is kept";
}

bool eligo_applies(EligoSpec *spec, const char *rule, char **reason) {
    Arena *arena = arena_new();
    Diagnostics *aside = diagnostics_new(arena), *usual = spec->package->diagnostics;
    spec->package->diagnostics = aside;
    char *use = eligo_rule_use(spec, rule);
    const Rule *built = rule_build(arena, spec->package, spec->graph, use, NULL, aside);
    const Derivation *derivation =
        built && !aside->errors ? derive(arena, spec->model, spec->graph, built, CARRY_EITHER, false, aside)
                                : NULL;
    spec->package->diagnostics = usual;
    const Diagnostic *said = first_reason(aside);
    const char *why = said                           ? said->message
                      : derivation && !aside->errors ? nothing_kept(derivation)
                                                     : "it can't be derived";
    if (reason) *reason = why ? copy_of(why) : NULL;
    free(use);
    arena_free(arena);
    return why == NULL;
}
