/* Why something of a derivation is there, or isn't. */
#include "eligo_internal.h"

#include "print/explain.h"

static char *text_if(bool good, Text *text) {
    if (!good) text_free(text);
    return text->at;
}

char *eligo_explain_path(Eligo *eligo, const EligoDerivation *derivation, const char *path) {
    Text text = {0};
    return text_if(print_explained_path(derivation->derivation, path, eligo->diagnostics, &text), &text);
}

char *eligo_explain_param(Eligo *eligo, const EligoDerivation *derivation, const char *param) {
    Text text = {0};
    return text_if(print_explained_param(derivation->derivation, param, eligo->diagnostics, &text), &text);
}
