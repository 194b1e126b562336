#include "train/pool.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct Member {
    Pool *pool;
    int thread;
    pthread_t id;
} Member;

struct Pool {
    pthread_mutex_t lock;
    pthread_cond_t begun, done;
    uint64_t call; /* the present one's number */
    int at_work;
    bool over;
    void (*work)(void *context, int thread);
    void *context;
    int members; /* beside the caller */
    Member member[];
};

/* Waits for another call than the last one; false when there will be none. */
static bool wait_for_call(Pool *pool, uint64_t *last) {
    pthread_mutex_lock(&pool->lock);
    while (pool->call == *last && !pool->over) pthread_cond_wait(&pool->begun, &pool->lock);
    const bool called = pool->call != *last;
    *last = pool->call;
    pthread_mutex_unlock(&pool->lock);
    return called;
}

static void *member_main(void *at) {
    const Member *member = at;
    Pool *pool = member->pool;
    uint64_t last = 0;
    while (wait_for_call(pool, &last)) {
        pool->work(pool->context, member->thread);
        pthread_mutex_lock(&pool->lock);
        if (--pool->at_work == 0) pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->lock);
    }
    return NULL;
}

/* Ctrl-C is the caller's: a thread begins with the signals blocked that were when it was made. */
static bool begin_members(Pool *pool, int wanted) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (bool made = true; made && pool->members < wanted; pool->members += made) {
        Member *member = &pool->member[pool->members];
        *member = (Member){.pool = pool, .thread = pool->members + 1};
        made = pthread_create(&member->id, NULL, member_main, member) == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool->members == wanted;
}

Pool *pool_new(int threads) {
    Pool *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof *pool->member);
    if (!pool) return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->begun, NULL);
    pthread_cond_init(&pool->done, NULL);
    if (begin_members(pool, threads - 1)) return pool;
    pool_free(pool);
    return NULL;
}

void pool_free(Pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->over = true;
    pthread_cond_broadcast(&pool->begun);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->members; i++) pthread_join(pool->member[i].id, NULL);
    pthread_cond_destroy(&pool->begun);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void pool_run(Pool *pool, void (*work)(void *context, int thread), void *context) {
    pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->context = context;
    pool->at_work = pool->members;
    pool->call++;
    pthread_cond_broadcast(&pool->begun);
    pthread_mutex_unlock(&pool->lock);
    work(context, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->at_work > 0) pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
