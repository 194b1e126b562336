/* Running a learner: sequences and steps, which steps teach, what is left after one, and all of it kept. */
#include "eligo_learner.h"

#include <stdlib.h>
#include <string.h>

/* ---- running a sequence ---- */

static void say_teach(EligoLearner *learner, bool teaches) {
    const Buffer *buffer = learner->program->teach;
    const double value = teaches ? 1 : 0;
    if (buffer) learner_write_lane(learner, buffer, learner_place(learner, buffer), &value);
    learner->draw.decided = 1;
}

/* Where the rule draws none, each step teaches unless it is said not to. */
static void teach_all(EligoLearner *learner) {
    const int selected = learner->lane, lanes = (int)dim_size(learner->program->lanes);
    if (!learner->program->teach || learner->program->sample > 0) return;
    for (learner->lane = 0; learner->lane < lanes; learner->lane++) say_teach(learner, true);
    learner->lane = selected;
}

/* Says to the program whether the step to come teaches, once for each step, and no sooner than somebody asks:
 * the step after a sequence's last one may never come. */
static void draw_step(EligoLearner *learner) {
    if (learner->program->teach && !learner->draw.decided)
        say_teach(learner, draw_next(&learner->draw, learner->program->sample));
}

static bool ensure_tape(EligoLearner *learner, int steps) {
    if (learner->program->block) steps = learner->program->block;
    if (!learner->program->has_tape || (learner->tape && steps <= learner->capacity)) return true;
    size_t records = (size_t)steps + (size_t)learner->program->history + 1;
    char *tape = calloc(records, learner->layout.record_bytes);
    if (!tape) return false;
    free(learner->tape);
    learner->tape = tape;
    learner->capacity = steps;
    return true;
}

bool eligo_learner_start(EligoLearner *learner, int steps) {
    if (!ensure_tape(learner, steps)) return false;
    learner_run_start(learner);
    learner->stale = false; /* a start says what the first step finds */
    draw_begin(&learner->draw, learner->program->sample, steps);
    teach_all(learner);
    return true;
}

void eligo_learner_set_teach(EligoLearner *learner, bool teaches) {
    draw_step(learner); /* the step counts as drawn */
    say_teach(learner, teaches);
}

bool eligo_learner_teaches(EligoLearner *learner) {
    double teaches = 1;
    const Buffer *buffer = learner->program->teach;
    draw_step(learner);
    if (buffer) learner_read_lane(learner, buffer, learner_place(learner, buffer), &teaches);
    return teaches != 0;
}

void eligo_learner_set_draw(EligoLearner *learner, uint64_t draw) {
    const unsigned signs = (unsigned)(draw >> 32);
    learner->draw.number = draw & UINT32_MAX;
    if (learner->program->streams)
        memcpy(learner->memory + learner->layout.draws_offset, &signs, sizeof signs);
}

uint64_t eligo_learner_get_draw(const EligoLearner *learner) {
    unsigned signs = 0;
    if (learner->program->streams)
        memcpy(&signs, learner->memory + learner->layout.draws_offset, sizeof signs);
    return (uint64_t)signs << 32 | (learner->draw.number & UINT32_MAX);
}

uint64_t eligo_learner_draw_after(const EligoLearner *learner, uint64_t draw, uint64_t sequences,
                                  uint64_t steps) {
    const uint64_t choices = learner->program->sample > 0 && steps > 0 ? sequences : 0;
    const uint64_t signs = learner->program->streams ? sequences * steps : 0;
    return ((draw >> 32) + signs) << 32 | ((draw + choices) & UINT32_MAX);
}

/* What the last step took ahead is to be of the parameters as they are now. */
static void refresh(EligoLearner *learner) {
    if (learner->stale && learner->program->refresh.statements.count) learner_run_refresh(learner);
    learner->stale = false;
}

double eligo_learner_step(EligoLearner *learner) {
    draw_step(learner);
    refresh(learner);
    learner_run_step(learner);
    learner->draw.decided = 0;
    teach_all(learner);
    return eligo_learner_loss(learner);
}

double eligo_learner_loss(const EligoLearner *learner) {
    const Buffer *buffer = learner->program->loss;
    double loss = 0;
    if (buffer) learner_read_lane(learner, buffer, learner_place(learner, buffer), &loss);
    return loss;
}

void eligo_learner_finish(EligoLearner *learner) {
    if (learner->program->has_tape) learner_run_backward(learner);
}

/* ---- what a step leaves ---- */

/* Where a root's value after the last step is: in the newest record, or in the newest ring slot. */
static const char *newest(const EligoLearner *learner, const Buffer *buffer) {
    int t;
    memcpy(&t, learner->memory + learner->layout.t_offset, sizeof t);
    if (buffer->taped) {
        size_t record = (size_t)(t - 1 + learner->program->history);
        return learner->tape + record * learner->layout.record_bytes + learner->layout.offset[buffer->index];
    }
    size_t slot = (size_t)((t - 1 + buffer->slots) % buffer->slots);
    return learner_place(learner, buffer) + slot * (size_t)buffer_entries(buffer) * learner->layout.real;
}

void eligo_learner_get_state(const EligoLearner *learner, int state, double *values) {
    const Buffer *buffer = learner->program->roots.at[state];
    learner_read_lane(learner, buffer, newest(learner, buffer), values);
}

void eligo_learner_get_readout(const EligoLearner *learner, double *values) {
    const Buffer *buffer = learner->program->readout;
    if (buffer) learner_read_lane(learner, buffer, learner_place(learner, buffer), values);
}

/* ---- all of it, kept and brought back ---- */

size_t eligo_learner_state_bytes(const EligoLearner *learner) {
    return learner->layout.struct_bytes + sizeof learner->draw;
}

void eligo_learner_save(const EligoLearner *learner, void *state) {
    const size_t bytes = learner->layout.struct_bytes;
    memcpy(state, learner->memory, bytes);
    memcpy((char *)state + bytes, &learner->draw, sizeof learner->draw);
}

void eligo_learner_restore(EligoLearner *learner, const void *state) {
    const size_t bytes = learner->layout.struct_bytes;
    memcpy(learner->memory, state, bytes);
    memcpy(&learner->draw, (const char *)state + bytes, sizeof learner->draw);
    learner->stale = true; /* it may have been when it was saved */
}
