/* Cells are built equation by equation; a parameter or a gate is declared when it is used, and a state that
 * nothing has read by the end goes into the last equation, so that no name is left unused. */
#include "random_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool random_chance(Random *random, int percent) { return random_below(random, 100) < percent; }

/* ---- one cell ---- */

enum { MOST_STATES = 4, MOST_MATRICES = 4 };

typedef struct Cell {
    Random *random;
    RandomSpec *spec;
    const char *name;
    Text body, params;
    int states; /* vector states s0 … */
    bool scalar, plain_output, feedback;
    bool flat; /* as many inputs as units: what comes from the layer below may be used unit by unit */
    bool read[MOST_STATES]; /* by another equation than its own */
    bool read_scalar;
    int now;            /* the state whose equation is being written: earlier ones can be read at lag 0 */
    bool in_gate;       /* a gate reads at lag 1 and makes no further gate */
    int matrices, made; /* recurrent matrices so far; serial number of names */
    bool groups, drawn; /* two populations, a constant by unit: declared when they are used */
} Cell;

static void remember(RandomNames *names, const char *name) {
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->at[i], name) == 0) return;
    if (names->count < RANDOM_NAMES) snprintf(names->at[names->count++], RANDOM_NAME_LENGTH, "%s", name);
}

/* Declares a parameter with a fresh name, written to `name`. */
static void fresh_param(Cell *cell, const char *stem, const char *shape, char name[RANDOM_NAME_LENGTH]) {
    snprintf(name, RANDOM_NAME_LENGTH, "%s%d%s", stem, cell->made++, cell->name);
    bool square = strcmp(shape, "[n,n]") == 0, bare = square && random_chance(cell->random, 15);
    bool thin = strchr(shape, ',') && random_chance(cell->random, 12);
    text_printf(&cell->params, "    param %s%s%s%s;\n", name, shape, bare ? " zero_diagonal" : "",
                thin ? " sparse 0.6" : "");
    remember(&cell->spec->params, name);
}

static const char *factor(Cell *cell) {
    static const char *const factors[] = {"0.9", "0.7", "0.5", "0.3", "1.1"};
    return factors[random_below(cell->random, 5)];
}

/* A number, now and then another one for each unit. */
static void add_factor(Cell *cell, Text *out) {
    const int kind = random_below(cell->random, 100);
    if (kind < 10) {
        cell->groups = true;
        text_printf(out, "(%s * E%s - 0.4 * I%s)", factor(cell), cell->name, cell->name);
    } else if (kind < 15) {
        text_add(out, "(0.2 + 0.3 * unit(n))");
    } else if (kind < 20) {
        cell->drawn = true;
        text_printf(out, "c%s", cell->name);
    } else {
        text_add(out, factor(cell));
    }
}

static const char *squash(Cell *cell) {
    static const char *const functions[] = {"tanh", "tanh", "sigmoid", "relu",     "sin",
                                            "silu", "erf",  "gelu",    "softplus", "smooth"};
    return functions[random_below(cell->random, 10)];
}

static void note_read(Cell *cell, int state) {
    if (state != cell->now || cell->in_gate) cell->read[state] = true;
}

/* s1[t-1], sometimes s1[t-2] or s1[t-3]; sometimes inside a tag. */
static void add_lagged(Cell *cell, Text *out) {
    static const char *const tags[] = {"reset", "slow"};
    const int far = random_below(cell->random, 100), lag = far < 12 ? 2 : far < 17 ? 3 : 1;
    int state = random_below(cell->random, cell->states);
    const char *tag = random_chance(cell->random, 22) ? tags[random_below(cell->random, 2)] : NULL;
    note_read(cell, state);
    if (tag) remember(&cell->spec->tags, tag);
    if (tag)
        text_printf(out, "tag(%s, s%d%s[t-%d])", tag, state, cell->name, lag);
    else
        text_printf(out, "s%d%s[t-%d]", state, cell->name, lag);
}

/* A state of this step where there is one, now and then tagged; else a lagged one. */
static void add_current(Cell *cell, Text *out) {
    if (cell->now == 0 || cell->in_gate) {
        add_lagged(cell, out);
        return;
    }
    int state = random_below(cell->random, cell->now);
    bool tagged = random_chance(cell->random, 15);
    cell->read[state] = true;
    if (tagged) remember(&cell->spec->tags, "slow");
    text_printf(out, tagged ? "tag(slow, s%d%s)" : "s%d%s", state, cell->name);
}

static void add_term(Cell *cell, Text *out);

/* Writes the equation of a gate, or of another local, and returns its name: a local is a symbol of no path.
 */
static void fresh_local(Cell *cell, const char *function, char name[RANDOM_NAME_LENGTH]) {
    Text value = {0};
    bool outer = cell->in_gate;
    cell->in_gate = true;
    snprintf(name, RANDOM_NAME_LENGTH, "g%d%s", cell->made++, cell->name);
    add_term(cell, &value);
    if (random_chance(cell->random, 50)) {
        text_add(&value, " + ");
        add_term(cell, &value);
    }
    text_printf(&cell->body, "    %s = %s(%s);\n", name, function, value.at);
    cell->in_gate = outer;
    text_free(&value);
}

static void add_matrix(Cell *cell, Text *out) {
    char name[RANDOM_NAME_LENGTH];
    fresh_param(cell, "R", "[n,n]", name);
    cell->matrices++;
    text_printf(out, "%s @ ", name);
}

/* R @ (what): a use, a gated use, a local, or something that has crossed a matrix already. */
static void add_product(Cell *cell, Text *out) {
    char name[RANDOM_NAME_LENGTH];
    int kind = random_below(cell->random, cell->in_gate ? 2 : 5);
    if (kind >= 3) fresh_local(cell, kind == 3 ? "sigmoid" : "tanh", name);
    add_matrix(cell, out);
    if (kind == 4) {
        text_add(out, name);
        return;
    }
    if (kind == 3) text_printf(out, "(%s * ", name);
    if (kind == 2)
        add_current(cell, out);
    else
        add_lagged(cell, out);
    if (kind == 3) text_add(out, ")");
}

static void add_input(Cell *cell, Text *out) {
    char name[RANDOM_NAME_LENGTH];
    if (cell->flat && random_chance(cell->random, 60)) {
        add_factor(cell, out);
        text_add(out, " * x");
        return;
    }
    fresh_param(cell, "W", cell->flat ? "[n,n]" : "[n,m]", name);
    text_printf(out, random_chance(cell->random, 12) ? "%s @ x[t-1]" : "%s @ x", name);
}

static void add_diagonal(Cell *cell, Text *out) {
    char name[RANDOM_NAME_LENGTH];
    fresh_param(cell, "p", "[n]", name);
    text_printf(out, "%s * ", name);
    add_lagged(cell, out);
}

static void add_gated(Cell *cell, Text *out) {
    char name[RANDOM_NAME_LENGTH];
    fresh_local(cell, "sigmoid", name);
    text_printf(out, "%s * ", name);
    add_current(cell, out);
}

/* What mixes units without a matrix, and the operators with corners. */
static void add_rare(Cell *cell, Text *out) {
    static const char *const forms[] = {"0.6 * mean(%s)",
                                        "softmax(%s)",
                                        "0.4 * max(%s, 0.1)",
                                        "0.4 * abs(%s)",
                                        "spike(%s)",
                                        "0.5 * clip(%s, -0.3, 0.2)",
                                        "0.3 * sum(%s)",
                                        "0.4 * (%s)^2",
                                        "0.5 * where(x0 > 0, %s, 0.1)",
                                        "0.2 * exp(-(%s))",
                                        "%s / (1.5 + 0.1 * cos(%s))",
                                        "0.3 * stop(%s)"};
    Text use = {0};
    int form = random_below(cell->random, 12);
    if (random_chance(cell->random, 50))
        add_current(cell, &use);
    else
        add_lagged(cell, &use);
    for (const char *c = forms[form]; *c; c++) {
        if (strncmp(c, "%s", 2) == 0)
            text_add(out, use.at), c++;
        else if (strncmp(c, "x0", 2) == 0)
            text_add(out, use.at), c++;
        else
            text_add_bytes(out, c, 1);
    }
    text_free(&use);
    bool scalar = form == 0 || form == 6;
    if (scalar && cell->in_gate) { /* a local stands under matrices: it must be a vector */
        text_add(out, " * ");
        add_lagged(cell, out);
    }
}

static void add_scalar(Cell *cell, Text *out) {
    cell->read_scalar = true;
    text_printf(out, "%s * k%s[t-1]", factor(cell), cell->name);
    if (cell->in_gate || random_chance(cell->random, 40)) {
        text_add(out, " * ");
        add_lagged(cell, out);
    }
}

static void add_term(Cell *cell, Text *out) {
    int kind = random_below(cell->random, 100);
    bool room = cell->matrices < MOST_MATRICES;
    if (kind < 28 && room)
        add_product(cell, out);
    else if (kind < 34)
        add_input(cell, out);
    else if (kind < 46)
        add_diagonal(cell, out);
    else if (kind < 56 && !cell->in_gate)
        add_gated(cell, out);
    else if (kind < 66)
        add_rare(cell, out);
    else if (kind < 76 && cell->scalar)
        add_scalar(cell, out);
    else {
        add_factor(cell, out);
        text_add(out, " * ");
        if (kind < 88)
            add_lagged(cell, out);
        else
            add_current(cell, out);
    }
}

static void add_bias(Cell *cell, Text *out) {
    char name[RANDOM_NAME_LENGTH];
    fresh_param(cell, "b", random_chance(cell->random, 20) ? "" : "[n]", name);
    text_printf(out, " + %s", name);
}

/* The last equation also takes what nobody has read. */
static void add_unread(Cell *cell, Text *out) {
    for (int i = 0; i < cell->states - 1; i++)
        if (!cell->read[i]) text_printf(out, " + 0.6 * s%d%s", i, cell->name);
    if (cell->scalar && !cell->read_scalar) text_printf(out, " + 0.5 * k%s", cell->name);
    if (cell->feedback && cell->flat)
        text_add(out, " + 0.5 * back");
    else if (cell->feedback) {
        char name[RANDOM_NAME_LENGTH];
        fresh_param(cell, "F", "[n,q]", name);
        text_printf(out, " + %s @ back", name);
    }
}

static void add_state(Cell *cell) {
    Text sum = {0};
    int terms = 1 + random_below(cell->random, 2);
    if (cell->now == 0)
        add_input(cell, &sum);
    else
        add_term(cell, &sum);
    while (terms-- > 0) {
        text_add(&sum, " + ");
        add_term(cell, &sum);
    }
    if (random_chance(cell->random, 40)) add_bias(cell, &sum);
    if (cell->now == cell->states - 1) add_unread(cell, &sum);
    const char *f = squash(cell);
    int i = cell->now, form = random_below(cell->random, 4);
    text_printf(&cell->body, "    s%d%s = ", i, cell->name);
    if (form == 0)
        text_printf(&cell->body, "0.8 * s%d%s[t-1] + 0.4 * %s(%s)", i, cell->name, f, sum.at);
    else if (form == 1)
        text_add(&cell->body, sum.at);
    else
        text_printf(&cell->body, "%s(%s)", f, sum.at);
    text_add(&cell->body, ";\n");
    text_free(&sum);
}

static void add_scalar_state(Cell *cell) {
    static const char *const forms[] = {"mean(%s)", "0.5 * sum(tanh(%s))"};
    Text use = {0};
    add_lagged(cell, &use);
    text_printf(&cell->body, "    k%s = 0.7 * k%s[t-1] + ", cell->name, cell->name);
    const char *form = forms[random_below(cell->random, 2)], *hole = strstr(form, "%s");
    text_add_bytes(&cell->body, form, (size_t)(hole - form));
    text_printf(&cell->body, "%s%s;\n", use.at, hole + 2);
    text_free(&use);
}

static void declare_constants(const Cell *cell, Text *out) {
    if (cell->groups) text_printf(out, "    population E%s[n] = 0.6, I%s = 0.4;\n", cell->name, cell->name);
    if (cell->drawn) text_printf(out, "    const c%s[n] = uniform(-0.8, 0.9);\n", cell->name);
}

static void declare_states(const Cell *cell, Text *out) {
    char name[RANDOM_NAME_LENGTH];
    for (int i = 0; i < cell->states; i++) {
        bool started = random_chance(cell->random, 12);
        text_printf(out, "    state s%d%s[n]%s;\n", i, cell->name, started ? " init 0.3" : "");
        snprintf(name, sizeof name, "s%d%s", i, cell->name);
        remember(&cell->spec->states, name);
    }
    if (!cell->scalar) return;
    text_printf(out, "    state k%s;\n", cell->name);
    snprintf(name, sizeof name, "k%s", cell->name);
    remember(&cell->spec->states, name);
}

static void add_cell(Cell *cell) {
    Text *out = &cell->spec->text;
    if (cell->scalar) {
        cell->in_gate = true;
        add_scalar_state(cell);
        cell->in_gate = false;
    }
    for (cell->now = 0; cell->now < cell->states; cell->now++) add_state(cell);
    int last = cell->states - 1;
    if (cell->plain_output)
        text_printf(&cell->body, "    o%s = %s * tanh(s%d%s);\n", cell->name, factor(cell), last, cell->name);
    const char *width = cell->flat ? "n" : "m", *back = cell->flat ? "n" : "q";
    text_printf(out, "cell %s {\n    size n%s%s;\n", cell->name, cell->flat ? "" : ", m",
                cell->feedback && !cell->flat ? ", q" : "");
    text_printf(out, "    input x[%s];\n", width);
    if (cell->feedback) text_printf(out, "    input back[%s];\n", back);
    declare_constants(cell, out);
    declare_states(cell, out);
    if (cell->plain_output)
        text_printf(out, "    output o%s;\n", cell->name);
    else
        text_printf(out, "    output s%d%s;\n", last, cell->name);
    text_printf(out, "%s%s}\n\n", cell->params.at ? cell->params.at : "", cell->body.at);
    text_free(&cell->params);
    text_free(&cell->body);
}

/* ---- the network ---- */

static Cell new_cell(Random *random, RandomSpec *spec, const char *name, bool feedback) {
    return (Cell){.random = random,
                  .spec = spec,
                  .name = name,
                  .states = 1 + random_below(random, 3),
                  .scalar = random_chance(random, 18),
                  .plain_output = random_chance(random, 20),
                  .feedback = feedback};
}

static void output_name(const Cell *cell, char name[RANDOM_NAME_LENGTH]) {
    if (cell->plain_output)
        snprintf(name, RANDOM_NAME_LENGTH, "o%s", cell->name);
    else
        snprintf(name, RANDOM_NAME_LENGTH, "s%d%s", cell->states - 1, cell->name);
}

/* The weight of the readout's past: one number for all outputs, learned or not, or each output's own. */
static const char *add_leak(Random *random, RandomSpec *spec) {
    const int kind = random_below(random, 100);
    if (kind < 60) return "0.6";
    if (kind < 75) {
        text_add(&spec->text, "    param leak;\n");
        remember(&spec->params, "leak");
        return "tanh(leak)";
    }
    text_add(&spec->text, "    const own[2] = uniform(-0.7, 0.8);\n");
    return "own";
}

static void add_readout(Random *random, RandomSpec *spec, const char *top, int units, const char *low,
                        int low_units, bool stateful) {
    static const char *const losses[] = {"0.5 * sum((y - target)^2)", "mse(y, target)",
                                         "softmax_cross_entropy(y, target)"};
    Text *out = &spec->text;
    bool late = random_chance(random, 8);
    text_printf(out, "    param V[2,%d], d[2];\n", units);
    const char *leak = stateful ? add_leak(random, spec) : NULL;
    text_printf(out, "    y = %s%sV @ l%d.%s%s + d;\n", leak ? leak : "", leak ? " * y[t-1] + " : "",
                spec->layers, top, late && top[0] == 's' ? "[t-1]" : "");
    text_printf(out, "    loss %s;\n", losses[random_below(random, 3)]);
    if (random_chance(random, 20)) { /* a readout of the first layer, and the price of a state */
        text_printf(out, "    param U[2,%d];\n    y1 = U @ l1.%s;\n    loss 0.3 * mse(y1, target);\n",
                    low_units, low);
        text_printf(out, "    loss 0.2 * mean((l1.%s - 0.1)^2);\n", low);
        remember(&spec->params, "U");
    }
    text_add(out, "}\n");
    remember(&spec->params, "V");
    if (stateful) remember(&spec->states, "y");
}

static void add_network(Random *random, RandomSpec *spec, const Cell *first, const Cell *second,
                        int feedback) {
    char low[RANDOM_NAME_LENGTH], high[RANDOM_NAME_LENGTH];
    int n = first->flat ? 2 : 2 + random_below(random, 2);
    int above = first->flat || (second && second->flat) ? n : 2 + random_below(random, 2);
    bool stateful = feedback == 2 || random_chance(random, 25);
    output_name(first, low);
    output_name(second ? second : first, high);
    Text *out = &spec->text;
    text_printf(out, "network random {\n    input x[2];\n");
    if (stateful) text_add(out, "    state y[2];\n");
    text_printf(out, "    layer l1 = %s(n = %d, x = x", first->name, n);
    if (feedback == 1) text_printf(out, ", back = l2.s0%s[t-1]", second->name);
    if (feedback == 2) text_printf(out, ", back = y[t-1]");
    text_add(out, ");\n");
    if (spec->layers == 2)
        text_printf(out, "    layer l2 = %s(n = %d, x = l1.%s%s);\n", second->name, above, low,
                    random_chance(random, 15) ? "[t-1]" : "");
    add_readout(random, spec, high, spec->layers == 2 ? above : n, low, n, stateful);
}

RandomSpec random_spec(uint64_t seed) {
    RandomSpec spec = {.layers = 1};
    Random random;
    random_seed(&random, seed);
    if (random_chance(&random, 35)) spec.layers = 2;
    int feedback = random_chance(&random, 20) ? spec.layers == 2 ? 1 + random_below(&random, 2) : 2 : 0;
    text_add(&spec.text, "function spike(u) = step(u)\n    derivative 0.3 * max(0, 1 - abs(u));\n"
                         "function smooth(u) = u * sigmoid(0.5 * u);\n\n");
    Cell first = new_cell(&random, &spec, "a", feedback != 0), second = new_cell(&random, &spec, "b", false);
    bool twice = spec.layers == 2 && feedback == 0 && random_chance(&random, 30);
    first.flat = feedback && random_chance(&random, 30);
    second.flat = random_chance(&random, 30);
    spec.twice = twice;
    add_cell(&first);
    if (spec.layers == 2 && !twice) add_cell(&second);
    add_network(&random, &spec, &first, spec.layers == 1 ? NULL : twice ? &first : &second, feedback);
    return spec;
}

void random_spec_free(RandomSpec *spec) { text_free(&spec->text); }
