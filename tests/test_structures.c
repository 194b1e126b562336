/* What a derivation says of the structure that it found: each where it holds, and where it nearly holds. */
#include "eligo.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define NET                                                                                                  \
    " network w { input x[2]; param V[2,3]; layer l = c(n = 3, x = x); y = V @ l.h; loss mse(y, target); }"
#define CELL(declared, equations)                                                                            \
    "cell c { size n, m; input x[m]; state " declared " output h; " equations " }\n" NET
#define WRB "param W[n,m], R[n,n], b[n];"

static const struct {
    const char *structure;
    const char *holds, *of_rule; /* a library name, or a spec's text */
    const char *nearly, *by_rule;
    const char *says;
} structures[] = {
    {"a presynaptic trace; nearly: the reset is kept", "lif", "eprop_noreset", "lif", "eprop",
     "π_v presynaptic"},
    {"an instantaneous part; nearly: the output gate's hops are kept", "lstm", "eprop", "lstm", "rtrl",
     "θ = Wo, Ro, bo;  p = x, h[t-1], 1\n        dE/dθ += L_o * p"},
    {"one vector [x; h; 1]; nearly: h goes through a function of its own", "vanilla", "rtrl",
     CELL("h[n];", WRB "h = tanh(W @ x + sin(R @ h[t-1]) + b);"), "rtrl", "θ = W, R, b;  p = x, h[t-1], 1"},
    {"a filter before the readout's matrix; nearly: each output's own filter", "leaky_readout", "eprop",
     "cell c { size n, m; input x[m]; state v[n]; output h; param W[n,m]; v = 0.9 * v[t-1] + W @ x; h = "
     "tanh(v); }"
     " network w { input x[2]; param V[2,3]; const own[2] = uniform(0.5, 0.6); layer l = c(n = 3, x = x);"
     " y = own * y[t-1] + V @ l.h; loss mse(y, target); }",
     "eprop", "The readout's filter commutes with V"},
    {"a follower; nearly: it has a use of its own", "lif", "eprop",
     CELL("v[n], h[n];", "param W[n,m]; v = 0.9 * v[t-1] + W @ x - h[t-1]; h = tanh(v + W @ x);"), "eprop",
     "follows unit by unit"},
    {"a follower for all but one; nearly: for all",
     CELL("v[n], h[n];", WRB "v = 0.9 * v[t-1] + R @ h[t-1] + b - h[t-1]; h = tanh(v + W @ x);"), "eprop",
     "lif", "eprop", "but for W;"},
    {"a decay of one number; nearly: one of each unit's own", "lif", "eprop_noreset", "lif_ei",
     "eprop_noreset", "Constant decays, one number for every unit:"},
    {"constant decays of units' own; nearly: a decay that the input moves", "lif_ei", "eprop_noreset",
     CELL("v[n], h[n];", WRB "v = sigmoid(b) * sum(x) * v[t-1] + W @ x + R @ h[t-1]; h = tanh(v);"), "eprop",
     "Constant decays, each unit's own:"},
    {"a diagonal recurrence; nearly: unit-local, but hops are dropped", "diag", "eprop", "vanilla", "eprop",
     "real-time recurrent"},
    {"a diagonal recurrence; nearly: exact, but shared", "lru", "eprop", "vanilla", "rtrl",
     "real-time recurrent"},
};

static char *derivation_of(const char *what, const char *rule) {
    Eligo *eligo = eligo_new("library");
    const bool text = strchr(what, '{') != NULL;
    EligoSpec *spec = text ? eligo_open_text(eligo, "case.eligo", what, ELIGO_TARGET_UNKNOWN)
                           : eligo_open(eligo, what, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = spec ? eligo_derive(eligo, spec, rule, NULL, ELIGO_CARRY_FORWARD) : NULL;
    cr_assert(derivation, "%s by %s: %s", what, rule, eligo_messages(eligo, false));
    char *made = eligo_print(derivation, ELIGO_TEXT);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
    return made;
}

Test(structures, are_reported_where_they_hold) {
    for (size_t i = 0; i < sizeof structures / sizeof *structures; i++) {
        char *holds = derivation_of(structures[i].holds, structures[i].of_rule);
        char *nearly = derivation_of(structures[i].nearly, structures[i].by_rule);
        cr_expect(strstr(holds, structures[i].says), "%s: \"%s\" isn't in\n%s", structures[i].structure,
                  structures[i].says, holds);
        cr_expect(!strstr(nearly, structures[i].says), "%s: \"%s\" is in\n%s", structures[i].structure,
                  structures[i].says, nearly);
        free(holds), free(nearly);
    }
}
