/* Facts about rules and models, computed from the graph: which rules apply, what is exact. */
#include "eligo.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *cell, *rule;
    const char *reason; /* a part of it; NULL: the rule applies */
} Case;

Test(facts, a_rule_applies_or_says_why_not) {
    static const Case cases[] = {
        {"lstm", "bptt", NULL},
        {"lstm", "tbptt", NULL},
        {"lstm", "eprop(2)", NULL},
        {"lstm", "lstm1997", NULL},
        {"vanilla", "lstm1997", "no state `c`"},
        {"alif", "no_reset", NULL},
        {"vanilla", "no_reset", "no tag `reset`"},
        {"lstm", "eprop(0)", "negative"},
        {"lstm", "nonsense", "there is no rule"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Case *c = &cases[i];
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = eligo_open(eligo, c->cell, ELIGO_TARGET_UNKNOWN);
        cr_assert_not_null(spec);
        char *reason = NULL;
        const bool applies = eligo_applies(spec, c->rule, &reason);
        cr_expect_eq(applies, c->reason == NULL, "%s on %s: %s", c->rule, c->cell, reason ? reason : "");
        cr_expect(applies == (reason == NULL));
        if (c->reason && reason)
            cr_expect(strstr(reason, c->reason), "%s on %s: %s", c->rule, c->cell, reason);
        cr_expect_eq(eligo_errors(eligo), 0);
        cr_expect_str_empty(eligo_messages(eligo, false));
        free(reason);
        eligo_spec_free(spec);
        eligo_free(eligo);
    }
}

Test(facts, parameters_without_default_get_two) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, "lstm", ELIGO_TARGET_UNKNOWN);
    static const char *const uses[][2] = {
        {"tbptt", "tbptt(k=2)"}, {"eprop", "eprop"}, {"eprop(3)", "eprop(3)"}, {"nonsense", "nonsense"}};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        char *use = eligo_rule_use(spec, uses[i][0]);
        cr_expect_str_eq(use, uses[i][1]);
        free(use);
    }
    eligo_spec_free(spec);
    eligo_free(eligo);
}
