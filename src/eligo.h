/* eligo: from the equations of a recurrent cell and the paths to keep, to C code that learns.
 *
 * This is the library's whole public face; the `eligo` command uses nothing else. The library never exits and
 * never prints. Functions that can fail return NULL or false and leave a text in the Eligo handle
 * (`eligo_messages`). Handles are opaque; each comment says who frees what. One Eligo handle, with
 * what is made from it, may be used by one thread at a time; but a learner, once made, may work on a thread
 * of its own beside others. */
#ifndef ELIGO_H
#define ELIGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ELIGO_VERSION "0.1.0"

/* ---- a session: options and messages ---- */

typedef struct Eligo Eligo;
/* `library` is the folder of library files, NULL for the built-in default ($ELIGO_LIBRARY, else the installed
 * one, else beside the program). Free with eligo_free, after everything made from it. */
Eligo *eligo_new(const char *library);
void eligo_free(Eligo *eligo);
/* Options for specs opened later: a constant ("beta", "l1.beta"), a size ("n", "l1.n"), a network's name. */
void eligo_set(Eligo *eligo, const char *name, double value);
void eligo_size(Eligo *eligo, const char *name, long value);
void eligo_network(Eligo *eligo, const char *name);
/* The steps of a block for derivations with ELIGO_CARRY_MIXED; 0: as the rule says. */
void eligo_block(Eligo *eligo, int steps);
/* How many threads share out the rows of products, in what cc compiles for learners made later, where that is
 * OpenMP's business; 1 or 0: one. Results have the same bits. Products below some 60,000 multiplications are
 * not worth it. */
void eligo_threads(Eligo *eligo, int threads);
/* How many sequences a learner does at once, for derivations made later; 1 or 0: one. See
 * eligo_lane_count. */
void eligo_lanes(Eligo *eligo, int sequences);
/* Whether learners of derivations made later can be told, step by step, that a step's loss doesn't teach
 * (eligo_learner_set_teach), though the rule draws none; those for several sequences always can. */
void eligo_teach(Eligo *eligo, bool says);
/* Everything reported so far (errors, warnings, notes, with source lines and carets), and how many were
 * errors; the text belongs to the handle and is valid until the next call. Then forgotten by
 * eligo_messages_clear. */
const char *eligo_messages(Eligo *eligo, bool colour);
int eligo_errors(const Eligo *eligo);
void eligo_messages_clear(Eligo *eligo);
/* Adds a message of one's own (data errors of the command line): code "E0612", printf format. */
void eligo_report(Eligo *eligo, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- a spec ---- */

typedef struct EligoSpec EligoSpec;
typedef enum { ELIGO_TARGET_UNKNOWN, ELIGO_TARGET_VALUES, ELIGO_TARGET_CLASS } EligoTarget;
/* `spec`: a path or a library name. `target` says which loss a cell used alone gets. NULL after errors. Owned
 * by the caller: eligo_spec_free. */
EligoSpec *eligo_open(Eligo *eligo, const char *spec, EligoTarget target);
EligoSpec *eligo_open_text(Eligo *eligo, const char *name, const char *text, EligoTarget target);
void eligo_spec_free(EligoSpec *spec);
/* Checks all that is in a file, with symbolic sizes; true when there is no error. */
bool eligo_check(Eligo *eligo, const char *spec);
/* Lets given arrays say the sizes: `shape_of` returns the number of axes of the array for a parameter, of one
 * step of an input or of the target (its rows), 0 for none. Call before eligo_open. */
typedef int (*EligoShapeOf)(void *context, const char *name, long shape[2]);
bool eligo_infer_sizes(Eligo *eligo, const char *spec, EligoShapeOf shape_of, void *context);

typedef struct EligoArray { /* what a spec's variable looks like */
    const char *name;       /* "l1.Wi" */
    long rows, cols;        /* 1 where it has fewer axes */
    int axes;               /* 0 scalar, 1 vector, 2 matrix */
} EligoArray;
int eligo_params(const EligoSpec *spec);
EligoArray eligo_param(const EligoSpec *spec, int i);
/* The first nonzero among rows*cols values at an entry that the spec bars (`sparse`, `zero_diagonal`): its
 * index; -1 when there is none. */
long eligo_param_misplaced(const EligoSpec *spec, int param, const double *values);
int eligo_inputs(const EligoSpec *spec); /* without target and mask */
EligoArray eligo_input(const EligoSpec *spec, int i);
int eligo_states(const EligoSpec *spec); /* states and outputs of all layers */
EligoArray eligo_state(const EligoSpec *spec, int i);
EligoArray eligo_readout(const EligoSpec *spec); /* name NULL when there is none */
EligoArray eligo_target(const EligoSpec *spec);  /* name NULL when there is none */
EligoArray eligo_when(const EligoSpec *spec);    /* the loss's mask; name NULL when there is none */
bool eligo_target_is_class(const EligoSpec *spec);

/* ---- a derivation ---- */

typedef enum { ELIGO_FLOAT, ELIGO_DOUBLE } EligoReal;
typedef enum {
    ELIGO_SPELLING_PLAIN,
    ELIGO_SPELLING_ASCII, /* no byte above 0x7F: eps_c, Rf' @ delta, u00e9 for a letter that has no name */
    ELIGO_SPELLING_GREEK  /* the model's names of Greek letters as letters: alpha is α, tau_m is τ_m */
} EligoSpelling;
typedef struct EligoDerivation EligoDerivation;
typedef enum {
    ELIGO_CARRY_RULE,
    ELIGO_CARRY_FORWARD,
    ELIGO_CARRY_BACKWARD,
    ELIGO_CARRY_MIXED,
    ELIGO_CARRY_AUTO
} EligoCarry;
/* ELIGO_CARRY_MIXED goes in blocks of steps, adjoints backward inside of one, influences from one to the
 * next: the same gradient, known at each block's end, with memory that doesn't grow with the sequence. As
 * many as eligo_block says, else as the rule does. ELIGO_CARRY_AUTO takes that of these which is the fastest
 * for what eligo_work says, by a model, the same on every machine; so does ELIGO_CARRY_RULE for a rule with
 * `carry auto`, while one that says nothing is carried backward (forward where it must be). `rule`: "eprop",
 * "eprop(2)", "tbptt(k=3)"; or NULL with `keep` = a path expression. Free before its spec. NULL after errors.
 */
EligoDerivation *eligo_derive(Eligo *eligo, EligoSpec *spec, const char *rule, const char *keep,
                              EligoCarry carry);
/* The same, carried forward, for learning without gradients: each step changes the parameters by -rate times
 * the step's gradient, in the sweep that carries the traces. Such a learner has no gradients to read or
 * clear; give it its rate. */
EligoDerivation *eligo_derive_online(Eligo *eligo, EligoSpec *spec, const char *rule, const char *keep);
void eligo_derivation_free(EligoDerivation *derivation);
typedef enum { ELIGO_UPDATE_UNSAID, ELIGO_UPDATE_END, ELIGO_UPDATE_ONLINE, ELIGO_UPDATE_EVERY } EligoUpdate;
/* What derivations are weighed for: before deriving with ELIGO_CARRY_AUTO. Zeros: 100 steps, a sequence an
 * update, the rule's update or else at the end, any memory, float. */
typedef struct EligoWork {
    int steps; /* of a sequence */
    int batch; /* sequences an update, one after the other */
    EligoUpdate update;
    int every;     /* ELIGO_UPDATE_EVERY: steps */
    bool stream;   /* sequences go on into each other */
    double memory; /* bytes that struct and tape may take; E0521 where nothing fits */
    EligoReal real;
} EligoWork;
void eligo_work(Eligo *eligo, const EligoWork *work);
/* A realisation of a gradient as it was weighed; eligo_candidates says how many there are. Texts are the
 * derivation's. */
typedef struct EligoCandidate {
    EligoCarry carry;
    int block;           /* ELIGO_CARRY_MIXED: steps; 0: of any number */
    double seconds;      /* a step, by the model; 0: not derived */
    double bytes;        /* of struct and tape */
    const char *refused; /* why it can't be taken; NULL: it can */
    bool chosen;         /* what ELIGO_CARRY_AUTO takes */
} EligoCandidate;
int eligo_candidates(EligoDerivation *derivation);
EligoCandidate eligo_candidate(EligoDerivation *derivation, int i);
/* What ELIGO_CARRY_AUTO takes of a rule; ELIGO_CARRY_RULE where there is nothing to take, or no such rule,
 * which eligo_derive reports. */
EligoCarry eligo_planned_carry(Eligo *eligo, EligoSpec *spec, const char *rule, const char *keep);
/* The same as a table, with the sentence why, and what takes a step's time; also for a derivation whose carry
 * was asked for. In columns and letters as eligo_print_text has them. malloc'ed. */
char *eligo_explain_plan(EligoDerivation *derivation, int width, EligoSpelling spelling);
typedef struct EligoSchedule {
    EligoCarry carry; /* how the rule itself asks to be carried; ELIGO_CARRY_RULE: it doesn't */
    EligoUpdate update;
    int every;         /* ELIGO_UPDATE_EVERY: steps */
    int sample, chunk; /* 0: all steps teach; one chunk */
} EligoSchedule;
/* What a rule says about time, before it is derived. False, and nothing said, when there is no such rule:
 * eligo_derive reports why. */
bool eligo_rule_schedule(EligoSpec *spec, const char *rule, const char *keep, EligoSchedule *schedule);
typedef enum {
    ELIGO_TEXT,
    ELIGO_JSON,
    ELIGO_DOT,          /* the graph over two steps, the rule's automaton and their product, for Graphviz */
    ELIGO_LATEX,        /* a fragment; its document loads amsmath */
    ELIGO_LATEX_ARTICLE /* a whole document */
} EligoFormat;
/* The derivation in words or as a picture; malloc'ed, free with free(). */
char *eligo_print(const EligoDerivation *derivation, EligoFormat format);
/* The derivation as one page of HTML that needs no other file: equations beside the lines of the emitted body
 * (float) that work them out. `svg`: the graph (ELIGO_DOT) as Graphviz draws it, or NULL for a page without a
 * picture. malloc'ed. */
char *eligo_page(const EligoDerivation *derivation, const char *svg);
/* ELIGO_TEXT in so many columns, 40 or more; 0: as eligo_print has it, 100, where tables may take 120. Only a
 * word that is wider passes them. Two names of the spec stay two in every spelling. malloc'ed. */
char *eligo_print_text(const EligoDerivation *derivation, int width, EligoSpelling spelling);
/* Any other text with its longer lines broken: after so many columns, before an operator or at a blank; as it
 * is where `width` is 0. malloc'ed. */
char *eligo_wrap(const char *text, int width);
/* What one rule keeps that the other drops, of two derivations of one spec: a shortest path for each
 * direction, or a proof that there is none, then what else tells them apart (entries, replaced edges,
 * signals, estimates, schedules). *equal (may be NULL): nothing does; how they are carried doesn't count.
 * malloc'ed. */
char *eligo_diff(const EligoDerivation *a, const EligoDerivation *b, bool *equal);
/* Why it is as it is; malloc'ed. A path is written "c[t-2] -> c[t-1] -> h[t]", "-R->" where a parameter that
 * is crossed is meant: each edge with its equation, and what the rule does with it in which automaton state.
 * A parameter: a shortest path through each kept edge, what is dropped where, and its recursion. NULL after
 * an error: there is no such path, or no such parameter. */
char *eligo_explain_path(Eligo *eligo, const EligoDerivation *derivation, const char *path);
char *eligo_explain_param(Eligo *eligo, const EligoDerivation *derivation, const char *param);
/* What a line (from 1 on) of an emitted header, body or driver is there for: which statement, by which
 * equation, what it writes, for which parameter; or, of the rest, what it is. `file` is its text, of either
 * real type, learning online or not; NULL after an error: it isn't what this derivation is emitted as, or has
 * no such line. malloc'ed. */
char *eligo_explain_line(Eligo *eligo, const EligoDerivation *derivation, const char *file, int line);
/* Standalone C: header and body, malloc'ed both; `main_text` (NULL allowed) receives the .npy driver. */
bool eligo_emit(Eligo *eligo, const EligoDerivation *derivation, EligoReal real, char **header, char **body,
                char **main_text);
const char *
eligo_derivation_name(const EligoDerivation *derivation); /* the emitted prefix and file name: "lstm_eprop" */
int eligo_block_steps(const EligoDerivation *derivation); /* of a derivation in blocks, else 0 */
/* Sequences that its learners do at once, step by step together, each with states and influences of its own:
 * as eligo_lanes says, or 1 where that can't be done (masked influences, estimates, steps drawn to teach).
 * Gradients are the sum over all of them; arrays have the sequences as their last range. */
int eligo_lane_count(const EligoDerivation *derivation);
/* Why it is 1 although more were asked for; else NULL. */
const char *eligo_lanes_refused(const EligoDerivation *derivation);
/* Whether any of its products is large enough for eligo_threads. */
bool eligo_threads_help(const EligoDerivation *derivation);
int eligo_fixed_count(const EligoDerivation *derivation);         /* matrices that the rule draws */
EligoArray eligo_fixed(const EligoDerivation *derivation, int i); /* "B_V" */
bool eligo_is_forward(
    const EligoDerivation *derivation); /* influences forward (may learn online) or adjoints backward */
size_t eligo_struct_bytes(const EligoDerivation *derivation, EligoReal real); /* as the cost sheet says */
size_t eligo_record_bytes(const EligoDerivation *derivation,
                          EligoReal real); /* of one tape record; 0 for forward */

/* ---- a learner: a derivation running in process ---- */

typedef struct EligoLearner EligoLearner;
typedef enum { ELIGO_ENGINE_BEST, ELIGO_ENGINE_INTERPRET, ELIGO_ENGINE_TCC, ELIGO_ENGINE_CC } EligoEngine;
/* Compiles and allocates. ELIGO_ENGINE_CC waits for the system's compiler, half a second and more.
 * ELIGO_ENGINE_BEST starts at once with tcc's code. When the learner is 20 ms old, cc begins to compile in a
 * process of its own, and the first call of start, step or finish after that is ready goes on with its code
 * (all of them, when it was compiled before); both compute the same bits, so that nothing depends on when.
 * Without a compiler it stays with tcc, with a note. NULL after errors (no cc: E07xx says what to install).
 * The interpreter runs in double only. */
EligoLearner *eligo_learner_new(Eligo *eligo, const EligoDerivation *derivation, EligoEngine engine,
                                EligoReal real);
/* Another learner that runs the same code in memory of its own, for another thread: new (eligo_learner_init
 * gives both the same values), of the same engine and real type. NULL when memory is not to be had. */
EligoLearner *eligo_learner_twin(const EligoLearner *learner);
/* A twin does not look for cc's code by itself: this gives it what the learner runs by now, while neither of
 * them is at work. */
void eligo_learner_follow(EligoLearner *twin, const EligoLearner *learner);
/* A compiler that still works for it is ended. */
void eligo_learner_free(EligoLearner *learner);
/* Which code runs now: "interpret", "tcc", "cc". */
const char *eligo_learner_engine(const EligoLearner *learner);
/* Waits for cc, where it still compiles, and goes on with its code: before a measurement, or where no step
 * may be later than others (loading the code takes about a millisecond). */
void eligo_learner_settle(EligoLearner *learner);
/* Which code ran when: "tcc for 1,204 steps, then cc (compiled in 0.41 s)". The text is the learner's, until
 * the next call. */
const char *eligo_learner_tiers(EligoLearner *learner);
/* Why ELIGO_ENGINE_BEST stays with tcc although there is a compiler: what went wrong with it; else NULL. The
 * text is the learner's. */
const char *eligo_learner_refused(const EligoLearner *learner);
/* Whether its code was compiled by an earlier run and kept in the user's cache folder ($ELIGO_CACHE, else
 * $XDG_CACHE_HOME/eligo, else ~/.cache/eligo; at most $ELIGO_CACHE_BYTES, 64 MiB, the oldest go first; an
 * empty $ELIGO_CACHE: nothing is kept). What cc compiles is kept there; tcc compiles at once. */
bool eligo_learner_was_cached(const EligoLearner *learner);
size_t eligo_learner_struct_bytes(const EligoLearner *learner); /* what sizeof says in the compiled code */
/* Parameters and gradients as doubles, whatever the real type: `values` has rows*cols entries, row-major. */
void eligo_learner_set_param(EligoLearner *learner, int param, const double *values);
void eligo_learner_get_param(const EligoLearner *learner, int param, double *values);
void eligo_learner_get_gradient(const EligoLearner *learner, int param,
                                double *values); /* zeros when online */
/* The matrices that a rule draws (random feedback, those that follow a parameter), drawn when the learner is
 * made (seed 1) and by eligo_learner_init like parameters, or set. */
void eligo_learner_set_fixed(EligoLearner *learner, int fixed, const double *values);
void eligo_learner_get_fixed(const EligoLearner *learner, int fixed, double *values);
/* The step size of a learner made by eligo_derive_online; 0 at first. Others ignore it. */
void eligo_learner_set_rate(EligoLearner *learner, double rate);
void eligo_learner_clear_gradients(EligoLearner *learner);
/* Sets what is below 0 in `nonnegative` parameters to 0: after an optimiser's update. Learning online does so
 * by itself. */
void eligo_learner_clip(EligoLearner *learner);
/* All parameters (gradients) as one array of `eligo_learner_entries` reals, in place: what an optimiser walks
 * over. A sparse parameter has its entries there, row by row, and nothing else. A learner made by
 * eligo_derive_online looks at them when it is stepped next; before you change them again in the same
 * sequence, ask for their place again. */
size_t eligo_learner_entries(const EligoLearner *learner);
void *eligo_learner_params(EligoLearner *learner);
void *eligo_learner_gradients(EligoLearner *learner);
/* The usual initial values by seed: what the spec's `init` says; matrices without one uniform in
 * ±sqrt(1/columns), vectors 0. */
void eligo_learner_init(EligoLearner *learner, uint64_t seed);
/* One sequence: start, then for each step set inputs and step. `steps` is how many steps a backward learner's
 * tape must hold; false when memory is not to be had. */
bool eligo_learner_start(EligoLearner *learner, int steps);
/* Which of the sequences done at once the functions below set and get; 0 at first. */
void eligo_learner_select(EligoLearner *learner, int lane);
void eligo_learner_set_input(EligoLearner *learner, int input, const double *values);
void eligo_learner_set_target(EligoLearner *learner,
                              const double *values); /* rows of eligo_target; a class as one-hot */
void eligo_learner_set_class(EligoLearner *learner, long class_index); /* -1: no target at this step */
void eligo_learner_set_when(EligoLearner *learner, double value);
/* What a learner draws at random: under a rule with `sample k`, which k of the `steps` given to
 * eligo_learner_start teach (all, when these are k or fewer, or 0; after as many steps the next as many are
 * drawn anew); under a rule that estimates, signs at each step. All of it follows from one number: 0 for a
 * new learner, something that follows from the seed after eligo_learner_init. Its lower 32 bits are one more
 * after each sequence's choice, its upper ones after each step's signs; no start resets it. Setting it brings
 * the same draws back.
 */
void eligo_learner_set_draw(EligoLearner *learner, uint64_t draw);
uint64_t eligo_learner_get_draw(const EligoLearner *learner);
/* What eligo_learner_get_draw says after so many sequences of so many steps each, begun at `draw`: to run one
 * of them without those before it. */
uint64_t eligo_learner_draw_after(const EligoLearner *learner, uint64_t draw, uint64_t sequences,
                                  uint64_t steps);
/* Whether the next step teaches: as drawn, or as set for this one step. Always true under other rules, but
 * after eligo_teach and where several sequences are done at once: there it can be set for each. */
bool eligo_learner_teaches(EligoLearner *learner);
void eligo_learner_set_teach(EligoLearner *learner, bool teaches);
/* Steps; returns this step's loss, of the selected sequence. A forward learner has then added this step's
 * gradient; a backward one does so for the whole sequence in eligo_learner_finish (which a forward one
 * ignores). */
double eligo_learner_step(EligoLearner *learner);
void eligo_learner_finish(EligoLearner *learner);
double eligo_learner_loss(const EligoLearner *learner); /* of the last step; 0 where there is none */
void eligo_learner_get_state(const EligoLearner *learner, int state,
                             double *values); /* after the last step */
void eligo_learner_get_readout(const EligoLearner *learner, double *values);

/* Everything that a learner's next step depends on but the tape: parameters, gradients, states, influences,
 * draws; `state` has eligo_learner_state_bytes. Brought back into a learner of the same derivation and real
 * type, it goes on in the same bits: to look at other sequences in between, or to go on another day. */
size_t eligo_learner_state_bytes(const EligoLearner *learner);
void eligo_learner_save(const EligoLearner *learner, void *state);
void eligo_learner_restore(EligoLearner *learner, const void *state);

/* ---- oracles ---- */

/* Runs the oracles on the user's spec at small sizes (n = 3, m = 2, T = 4) for the rules given (NULL, 0: all
 * of the library that apply); a malloc'ed table of the largest relative error of each in *table; true when
 * all agree. */
bool eligo_verify(Eligo *eligo, const char *spec, const char *const *rules, int rule_count, const char *keep,
                  char **table);

/* ---- rules and specs ---- */

/* Does the rule ("eprop", "snap(n=2)") mean anything for this spec? False with a sentence in *reason
 * (malloc'ed; NULL where it applies; `reason` may be NULL) when the rule names a tag, state or parameter that
 * the spec lacks, keeps no path, or asks for what this model can't have. Nothing is added to the handle's
 * messages. */
bool eligo_applies(EligoSpec *spec, const char *rule, char **reason);
/* The rule with an argument for each parameter that has no default: "tbptt(k=2)" for "tbptt"; malloc'ed. A
 * use with arguments, or an unknown name, comes back as it is. */
char *eligo_rule_use(EligoSpec *spec, const char *rule);

/* A malloc'ed table, a line for each rule of the spec and of the library: whether it applies, else why not;
 * whether it is causal and local as it asks to be carried, the learner's bytes, what its gradient is worth
 * and under which condition it would be exact. Parameters without a default are 2. */
char *eligo_list_rules(EligoSpec *spec);

/* A malloc'ed text: what rules cost on the spec at its sizes, beside each other, each in both carries where
 * it has both: bytes carried and taped, multiply-adds and memory traffic of a step, as numbers and as
 * formulas in the sizes; `by_param`: each parameter's own part; `measure`: sizeof of the compiled learner,
 * operations that the interpreter counts, and a step's time on this machine, beside what the sheet says.
 * `width` as for eligo_print_text. NULL after errors. */
char *eligo_cost(Eligo *eligo, EligoSpec *spec, const char *const *rules, int count, bool by_param,
                 bool measure, int width);

/* ---- lists ---- */

/* "cells", "rules", "networks", "operators": a malloc'ed text, one line each; NULL for an unknown word. */
char *eligo_list(Eligo *eligo, const char *what);
/* "cells", "rules": the library's as a table in Markdown, from its files; malloc'ed, NULL for other words. */
char *eligo_list_markdown(Eligo *eligo, const char *what);

#ifdef __cplusplus
}
#endif

#endif
