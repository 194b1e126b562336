/* make bench: what the project promises about speed and size, measured in one run and printed as one table.
 *
 * Times are processor time, medians of many rounds. What is compared takes turns, so that a busy machine,
 * which leaves less of the caches and of the memory to each, slows both. */
#include "bench.h"
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words) {
    const bool scaling = count == 3 && !strcmp(words[2], "--scaling"),
               plans = count == 3 && !strcmp(words[2], "--plans");
    if ((count != 2 && !scaling && !plans) || !bench_open(words[1]))
        return fputs("usage: bench FILE.json [--scaling | --plans]\n", stderr), EXIT_FAILURE;
    puts("Readouts of 10 classes, float; one sequence at a time where B is not said.");
    if (scaling) {
        bench_scaling();
    } else if (plans) {
        bench_plans();
    } else {
        bench_memory(); /* first: it says why */
        bench_limits();
        bench_reach();
        bench_threads();
        bench_starts();
        bench_emitted();
        bench_steps();
        bench_masks();
        bench_estimates();
    }
    peers_end();
    printf("\n%s\n", words[1]);
    return bench_close() ? EXIT_SUCCESS : EXIT_FAILURE;
}
