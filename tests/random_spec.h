/* Random well-formed specs and random path expressions, as text, from a seed.
 *
 * What a derivation can get wrong hides in combinations: a gate under a matrix, a tag beside an untagged use
 * of the same state, a delay, feedback from above. The generator makes small specs of those pieces. It writes
 * the language itself, so that a failing pair can be read, kept as a file and given to the command line. */
#ifndef ELIGO_TESTS_RANDOM_SPEC_H
#define ELIGO_TESTS_RANDOM_SPEC_H

#include "base/random.h"
#include "base/text.h"
#include <stdint.h>

bool random_chance(Random *random, int percent); /* true so many times in a hundred */

enum { RANDOM_NAMES = 64, RANDOM_NAME_LENGTH = 16 };

typedef struct RandomNames {
    char at[RANDOM_NAMES][RANDOM_NAME_LENGTH];
    int count;
} RandomNames;

/* A spec and the names that a rule for it may say. */
typedef struct RandomSpec {
    Text text;
    RandomNames tags, states, params;
    int layers; /* l1, l2 */
    bool twice; /* both are the same cell */
} RandomSpec;

/* Same seed, same text. Free with random_spec_free. */
RandomSpec random_spec(uint64_t seed);
void random_spec_free(RandomSpec *spec);
/* A path expression over the spec's names. */
void random_path(Random *random, const RandomSpec *spec, Text *out);
/* Clauses after it: replaced edges, on both sides of a path or on one, and a signal. */
void random_clauses(Random *random, const RandomSpec *spec, Text *out);

#endif
