/* Selection sampling. */
#include "eligo_draw.h"

void draw_begin(Draw *draw, int sample, int steps) {
    draw->steps = draw->left = steps > 0 ? (uint64_t)steps : 0;
    draw->chosen = (uint64_t)sample < draw->steps ? (uint64_t)sample : draw->steps;
    draw->decided = 0;
    if (sample > 0 && steps > 0) random_seed(&draw->random, draw->number++);
}

bool draw_next(Draw *draw, int sample) {
    if (sample <= 0 || draw->steps == 0) return true;
    if (draw->left == 0) draw_begin(draw, sample, (int)draw->steps);
    const bool teaches = (uint64_t)random_below(&draw->random, (int)draw->left) < draw->chosen;
    draw->left--;
    draw->chosen -= teaches;
    return teaches;
}
