/* What a spec stands for when it only imports cells and adds rules: the readme's way to a new rule. */
#include "eligo.h"

#include <criterion/criterion.h>
#include <string.h>

static EligoSpec *opened(Eligo *eligo, const char *text) {
    return eligo_open_text(eligo, "library/cells/mine.eligo", text, ELIGO_TARGET_VALUES);
}

Test(spec, of_imports_and_rules_means_the_imported_cell) {
    Eligo *eligo = eligo_new(NULL);
    EligoSpec *spec = opened(eligo, "import \"alif.eligo\";\nrule mine { keep implicit*; carry forward; }\n");
    cr_assert(spec, "%s", eligo_messages(eligo, false));
    cr_assert_str_eq(eligo_param(spec, 0).name, "W");
    EligoDerivation *derivation = eligo_derive(eligo, spec, "mine", NULL, ELIGO_CARRY_RULE);
    cr_assert(derivation, "%s", eligo_messages(eligo, false));
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(spec, of_two_imported_cells_asks_which) {
    Eligo *eligo = eligo_new(NULL);
    const char *text = "import \"gru.eligo\";\nimport \"leaky.eligo\";\nrule mine { keep implicit*; }\n";
    cr_assert_null(opened(eligo, text));
    cr_assert(strstr(eligo_messages(eligo, false), "E0424"), "%s", eligo_messages(eligo, false));
    eligo_messages_clear(eligo);
    eligo_network(eligo, "leaky");
    EligoSpec *spec = opened(eligo, text);
    cr_assert(spec, "%s", eligo_messages(eligo, false));
    cr_assert_str_eq(eligo_state(spec, 0).name, "h");
    eligo_spec_free(spec);
    eligo_free(eligo);
}
