#include "peer.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char python[] = "build/peers/bin/python";

typedef struct Peer {
    const char *script;
    pid_t process;
    FILE *to, *from;
} Peer;
static Peer peers[8];
static int peer_count;

/* In the child: standard input and output become the pipes, complaints are dropped. */
static void become(const char *script, const int to[2], const int from[2]) {
    char path[64];
    snprintf(path, sizeof path, "bench/peers/%s.py", script);
    if (dup2(to[0], STDIN_FILENO) < 0 || dup2(from[1], STDOUT_FILENO) < 0) _exit(EXIT_FAILURE);
    close(to[0]), close(to[1]), close(from[0]), close(from[1]);
    if (!freopen("/dev/null", "w", stderr)) _exit(EXIT_FAILURE);
    execl(python, python, path, "--serve", (char *)NULL);
    _exit(EXIT_FAILURE);
}

static Peer started(const char *script) {
    Peer peer = {.script = script};
    int to[2], from[2];
    signal(SIGPIPE, SIG_IGN);
    fflush(NULL);
    if (access(python, X_OK) || pipe(to) || pipe(from)) return peer;
    peer.process = fork();
    if (peer.process == 0) become(script, to, from);
    close(to[0]), close(from[1]);
    fcntl(to[1], F_SETFD, FD_CLOEXEC),
        fcntl(from[0], F_SETFD, FD_CLOEXEC); /* else the next peer keeps them open */
    peer.to = fdopen(to[1], "w"), peer.from = fdopen(from[0], "r");
    return peer;
}

static Peer *peer_of(const char *script) {
    for (int i = 0; i < peer_count; i++)
        if (!strcmp(peers[i].script, script)) return &peers[i];
    peers[peer_count] = started(script);
    return &peers[peer_count++];
}

static bool times_in(const char *answer, double times[PEER_ROUNDS]) {
    const char *at = strstr(answer, "\"times_us\": [");
    if (!at) return false;
    at = strchr(at, '[');
    for (int i = 0; i < PEER_ROUNDS; i++) {
        char *end;
        times[i] = strtod(at + 1, &end);
        if (end == at + 1) return false;
        at = end;
    }
    return true;
}

bool peer_run(const PeerTask *task, double times[PEER_ROUNDS], const char **why) {
    static char reason[160], answer[4096];
    Peer *peer = peer_of(task->script);
    *why = reason;
    snprintf(reason, sizeof reason, "skipped: %s isn't installed (make bench-peers)", task->script);
    if (!peer->to) return false;
    fprintf(peer->to, "%s %ld %ld %d %d %d\n", task->what, task->n, task->m, task->batch, task->steps,
            PEER_ROUNDS);
    if (fflush(peer->to) || !fgets(answer, sizeof answer, peer->from)) return false;
    if (times_in(answer, times)) return true;
    answer[strcspn(answer, "\n")] = 0;
    snprintf(reason, sizeof reason, "skipped: %s %s failed", task->script, task->what);
    fprintf(stderr, "%s\n", answer);
    return false;
}

void peers_end(void) {
    for (int i = 0; i < peer_count; i++)
        if (peers[i].to) fclose(peers[i].to), fclose(peers[i].from), waitpid(peers[i].process, NULL, 0);
}
