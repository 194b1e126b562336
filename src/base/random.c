/* xoshiro256**, in the form its authors published, and the draws made from it. */
#include "base/random.h"
#include <math.h>

static uint64_t splitmix64(uint64_t *x) {
    uint64_t z = (*x += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

void random_seed(Random *random, uint64_t seed) {
    for (int i = 0; i < 4; i++) random->state[i] = splitmix64(&seed);
}

static uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

uint64_t random_next(Random *random) {
    uint64_t *s = random->state;
    const uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double random_uniform(Random *random) { return (double)(random_next(random) >> 11) * 0x1p-53; }

int random_below(Random *random, int bound) {
    const uint64_t range = (uint64_t)bound, limit = UINT64_MAX - UINT64_MAX % range;
    uint64_t draw;
    do draw = random_next(random);
    while (draw >= limit);
    return (int)(draw % range);
}

double random_normal(Random *random) {
    const double radius = sqrt(-2.0 * log(1.0 - random_uniform(random)));
    return radius * cos(6.283185307179586 * random_uniform(random));
}

void random_shuffle(Random *random, int *items, int count) {
    for (int i = count - 1; i > 0; i--) {
        const int j = random_below(random, i + 1), item = items[i];
        items[i] = items[j];
        items[j] = item;
    }
}
