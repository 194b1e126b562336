/* Tasks whose data a seed makes: small classics that ask for memory. */
#ifndef ELIGO_TRAIN_TASKS_H
#define ELIGO_TRAIN_TASKS_H

#include "train/data.h"

enum { TASK_STEPS_LIMIT = 100000 };

bool task_known(const char *name);
/* Whether --delay means something to it. */
bool task_has_delay(const char *name);
/* The data set that options->source, seed, steps, delay and sequences describe; NULL after a report. */
Dataset *task_make(Eligo *eligo, Arena *arena, const DataOptions *options);
/* "copy, adding, …"; the likely meaning of a misspelt name, or NULL; one line a task, for `list tasks`,
 * malloc'ed. */
const char *task_names(void);
const char *task_nearest(const char *name);
char *task_list(void);

#endif
