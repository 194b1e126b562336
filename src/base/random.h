/* One small generator of random numbers for everything that a seed decides: data of tasks, splits, batch
 * orders.
 *
 * xoshiro256** (Blackman & Vigna 2018), its state filled by splitmix64. The whole state is four words, so a
 * checkpoint can store it and a resumed run draws what the uninterrupted one would have drawn. */
#ifndef ELIGO_BASE_RANDOM_H
#define ELIGO_BASE_RANDOM_H

#include <stdint.h>

typedef struct Random {
    uint64_t state[4];
} Random;

void random_seed(Random *random, uint64_t seed);
uint64_t random_next(Random *random);
/* In [0, 1), 53 bits. */
double random_uniform(Random *random);
/* A whole number in [0, bound), each as likely as the others; bound > 0. */
int random_below(Random *random, int bound);
/* Standard normal (Box and Muller). */
double random_normal(Random *random);
/* Every order of `items` as likely as the others (Fisher and Yates). */
void random_shuffle(Random *random, int *items, int count);

#endif
