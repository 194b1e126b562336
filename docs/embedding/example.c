/* A leaky recurrent network, written here as text, learns a sine wave online by e-prop: no file, no other
 * process. cc -std=c11 example.c $(pkg-config --cflags --libs eligo) -lm */
#include <eligo.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char spec_text[] = "cell leaky {"
                                "    size n, m;  input x[m];  state h[n];  output h;"
                                "    param W[n,m], R[n,n], b[n];"
                                "    const leak = 0.8;"
                                "    h = leak * h[t-1] + (1 - leak) * tanh(W @ x + R @ h[t-1] + b);"
                                "}"
                                "network sine {"
                                "    input x[1];"
                                "    param V[1,32], d[1];"
                                "    layer l1 = leaky(n = 32, x = x);"
                                "    y = V @ l1.h + d;"
                                "    loss 0.5 * sum((y - target)^2);"
                                "}";

static int give_up(Eligo *eligo) {
    fputs(eligo_messages(eligo, false), stderr);
    eligo_free(eligo);
    return EXIT_FAILURE;
}

/* One sequence of 40 steps: from a cosine, predict the sine. A forward rule's gradient is ready at every
 * step, so the weights move at every step. Returns the sequence's loss. */
static double learn(EligoLearner *learner, float rate) {
    float *params = eligo_learner_params(learner), *gradients = eligo_learner_gradients(learner);
    double loss = 0;
    if (!eligo_learner_start(learner, 40)) return NAN;
    for (int t = 0; t < 40; t++) {
        double input = cos(0.3 * t), target = sin(0.3 * t);
        eligo_learner_set_input(learner, 0, &input);
        eligo_learner_set_target(learner, &target);
        loss += eligo_learner_step(learner);
        for (size_t i = 0; i < eligo_learner_entries(learner); i++) params[i] -= rate * gradients[i];
        eligo_learner_clear_gradients(learner);
    }
    return loss;
}

int main(void) {
    Eligo *eligo = eligo_new(NULL);
    EligoSpec *spec = eligo_open_text(eligo, "sine", spec_text, ELIGO_TARGET_VALUES);
    if (!spec) return give_up(eligo);
    EligoDerivation *derivation = eligo_derive(eligo, spec, "eprop", NULL, ELIGO_CARRY_FORWARD);
    if (!derivation) return give_up(eligo);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_TCC, ELIGO_FLOAT);
    if (!learner) return give_up(eligo);

    eligo_learner_init(learner, 1);
    double first = learn(learner, 0.02f), last = first;
    for (int round = 1; round < 200; round++) last = learn(learner, 0.02f);
    printf("%zu bytes of state, engine %s\nloss %.4f -> %.4f\n", eligo_learner_struct_bytes(learner),
           eligo_learner_engine(learner), first, last);

    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
    return EXIT_SUCCESS;
}
