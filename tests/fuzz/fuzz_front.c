/* The whole front end on any bytes: parse, check, build, derive by two rules, print and emit. The first byte
 * chooses the rule; the rest is the spec. Nothing may crash, hang or leak; errors are what mostly comes back.
 */
#include "eligo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void derive(Eligo *eligo, EligoSpec *spec, const char *rule, EligoCarry carry) {
    EligoDerivation *derivation = eligo_derive(eligo, spec, rule, NULL, carry);
    if (!derivation) return;
    char *header, *body;
    free(eligo_print(derivation, ELIGO_TEXT));
    if (eligo_emit(eligo, derivation, ELIGO_FLOAT, &header, &body, NULL)) free(header), free(body);
    eligo_derivation_free(derivation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const rules[] = {"eprop",    "bptt", "rtrl", "eprop(3)",
                                        "tbptt(2)", "sltt", "own",  "no_reset"};
    if (size == 0) return 0;
    char *text = malloc(size);
    if (!text) return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    Eligo *eligo = eligo_new("library");
    eligo_size(eligo, "n", 3);
    eligo_size(eligo, "m", 2);
    EligoSpec *spec = eligo_open_text(eligo, "fuzz", text, ELIGO_TARGET_UNKNOWN);
    if (spec) {
        derive(eligo, spec, rules[data[0] % 8], data[0] & 8 ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD);
        eligo_spec_free(spec);
    }
    (void)eligo_messages(eligo, true);
    eligo_free(eligo);
    free(text);
    return 0;
}
