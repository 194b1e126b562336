/* Which steps of a sequence teach: a draw without replacement, one step at a time.
 *
 * Of `steps` steps, k are chosen, each set of k as likely as any other (selection sampling: Knuth, The Art of
 * Computer Programming 2, 3.4.2, algorithm S); nothing is held that grows with the sequence. A draw follows
 * from its number alone, so that a run goes on as if it had never stopped. Words without gaps between them:
 * what is saved is the same bytes each time. */
#ifndef ELIGO_DRAW_H
#define ELIGO_DRAW_H

#include "base/random.h"

#include <stdbool.h>

typedef struct Draw {
    uint64_t number; /* of the next draw */
    Random random;
    uint64_t steps;        /* of a sequence; 0: not known, all teach */
    uint64_t left, chosen; /* of the present one: steps to come, and how many of them teach */
    uint64_t decided;      /* whether it is known that the next step teaches, or that it doesn't */
} Draw;

/* Begins a sequence of so many steps, of which `sample` teach (0: all). */
void draw_begin(Draw *draw, int sample, int steps);
/* Does the next step teach? After the last step of a sequence another of the same length begins. */
bool draw_next(Draw *draw, int sample);

#endif
