"""What the peers share: one thread, requests on standard input, JSON lines on standard output.

A peer is a table of {what: maker}; maker(n, m, B, T) returns a function that learns from one sequence of T steps (a
batch of B) and waits for the result. `peer.py --serve` answers each line "what n m B T rounds" with one line, so
that the benchmark can take turns with it; without arguments a peer measures its own list.
"""

import json
import os
import resource
import statistics
import sys
import time

# before torch or jax is loaded
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

CLASSES = 10
WARM_UP = 3


def processor_time():
    """Of this process and of the compilers that it has called."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def microseconds_a_step(run, steps, rounds):
    times = []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), processor_time()
        run()
        # on a busy machine the processor's time is what counts; a peer whose threads wait busily is given the wall's
        spent = min(time.perf_counter() - wall, processor_time() - processor)
        times.append(spent / steps * 1e6)
    return times


def line(what, n, m, B, T, times, version):
    return json.dumps({
        "what": what, "n": n, "m": m, "B": B, "T": T, "median_us": statistics.median(times),
        "min_us": min(times), "max_us": max(times), "version": version, "times_us": times,
    })


def main(makers, own_list, version):
    made = {}

    def measure(what, n, m, B, T, rounds):
        key = what, n, m, B, T
        if key not in made:
            made[key] = makers[what](n, m, B, T)
            microseconds_a_step(made[key], T, WARM_UP)
        return line(*key, microseconds_a_step(made[key], T, rounds), version)

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is not an answer
    requests = ([word] + [int(x) for x in rest] for word, *rest in map(str.split, sys.stdin))
    for request in requests if sys.argv[1:] == ["--serve"] else own_list:
        try:
            print(measure(*request), file=answers, flush=True)
        except Exception as error:  # named in the table, and the next request is still answered
            reason = (str(error) or type(error).__name__).splitlines()[0]
            print(json.dumps({"what": request[0], "error": reason}), file=answers, flush=True)
