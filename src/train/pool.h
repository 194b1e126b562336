/* Threads that wait for work: made once, woken for each piece of it. */
#ifndef ELIGO_TRAIN_POOL_H
#define ELIGO_TRAIN_POOL_H

typedef struct Pool Pool;

/* So many threads, the caller's among them; NULL when they are not to be had. */
Pool *pool_new(int threads);
/* NULL is allowed. */
void pool_free(Pool *pool);
/* Calls work(context, thread) once on each, thread from 0 (the caller) on, and returns when all have. */
void pool_run(Pool *pool, void (*work)(void *context, int thread), void *context);

#endif
