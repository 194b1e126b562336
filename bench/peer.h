/* A peer: another program that learns the same network, a script in bench/peers/ that answers requests. It
 * stays alive between them, so that it and the learner can take turns. */
#ifndef ELIGO_BENCH_PEER_H
#define ELIGO_BENCH_PEER_H

#include <stdbool.h>

enum { PEER_ROUNDS = 5 };

typedef struct PeerTask {
    const char *script; /* "torch_lstm" */
    const char *what;   /* "bptt" */
    long n, m;
    int batch, steps;
} PeerTask;

/* Microseconds a step of PEER_ROUNDS sequences. False when the peer isn't installed or can't: then *why says
 * so, by name. */
bool peer_run(const PeerTask *task, double times[PEER_ROUNDS], const char **why);
void peers_end(void);

#endif
