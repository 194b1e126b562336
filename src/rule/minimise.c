/* Hopcroft's minimisation by partition refinement, and the final numbering.
 *
 * requires: a trimmed DFA.  keeps: the language.  gives: the minimal DFA, states in breadth-first order from
 * the start. The automaton may be partial: a missing arc leads to no block, which is right as long as every
 * first block is used as a splitter once (Valmari and Lehtinen 2008). `any* within 5000` is a chain of 5001
 * states, on which Moore's simpler rounds would be quadratic. */
#include "rule/dfa.h"
#include <string.h>

typedef struct Partition {
    int *state;       /* all states, block by block */
    int *place;       /* [states]: its index in `state` */
    int *block;       /* [states]: its block */
    int *begin, *end; /* [blocks]: its range in `state` */
    int *marked;      /* [blocks]: how many of its first states are marked */
    int blocks;
    int *work, waiting; /* blocks that are still to be used as splitters; each is so once */
} Partition;

typedef struct Before { /* the states before each state, by letter: at[start[l * (states + 1) + q]] … */
    int *start, *at;
} Before;

static int *new_ints(Arena *arena, int count) {
    return arena_alloc(arena, sizeof(int) * (size_t)(count + 1));
}

static Before arcs_before(Arena *arena, const Dfa *dfa) {
    const int stride = dfa->states + 1;
    Before b = {new_ints(arena, stride * dfa->letters + 1), new_ints(arena, dfa->states * dfa->letters)};
    for (int q = 0; q < dfa->states; q++)
        for (int l = 0; l < dfa->letters; l++) {
            const int to = dfa->delta[q * dfa->letters + l];
            if (to != DROPPED) b.start[l * stride + to + 2]++;
        }
    for (int i = 1; i <= stride * dfa->letters; i++) b.start[i + 1] += b.start[i];
    for (int q = 0; q < dfa->states; q++)
        for (int l = 0; l < dfa->letters; l++) {
            const int to = dfa->delta[q * dfa->letters + l];
            if (to != DROPPED) b.at[b.start[l * stride + to + 1]++] = q;
        }
    return b;
}

static void wait_as_splitter(Partition *p, int block) { p->work[p->waiting++] = block; }

/* Two blocks, accepting and not, or one where all are alike. */
static Partition partition_new(Arena *arena, const Dfa *dfa) {
    const int n = dfa->states;
    Partition p = {.state = new_ints(arena, n),
                   .place = new_ints(arena, n),
                   .block = new_ints(arena, n),
                   .begin = new_ints(arena, n),
                   .end = new_ints(arena, n),
                   .marked = new_ints(arena, n),
                   .work = new_ints(arena, n)};
    int count = 0;
    for (int kind = 0; kind < 2; kind++) {
        p.begin[p.blocks] = count;
        for (int q = 0; q < n; q++) {
            if (dfa->accepting[q] != (kind == 1)) continue;
            p.state[count] = q;
            p.place[q] = count++;
            p.block[q] = p.blocks;
        }
        p.end[p.blocks] = count;
        if (p.end[p.blocks] == p.begin[p.blocks]) continue;
        wait_as_splitter(&p, p.blocks++);
    }
    return p;
}

/* Moves `q` among the marked states of its block; true when it is the block's first. */
static bool mark(Partition *p, int q) {
    const int block = p->block[q], border = p->begin[block] + p->marked[block];
    if (p->place[q] < border) return false;
    const int other = p->state[border];
    p->state[p->place[q]] = other;
    p->place[other] = p->place[q];
    p->state[border] = q;
    p->place[q] = border;
    return p->marked[block]++ == 0;
}

/* Splits the marked states of `block` off; the smaller part gets the new number. */
static void split(Partition *p, int block) {
    const int size = p->end[block] - p->begin[block], marked = p->marked[block];
    p->marked[block] = 0;
    if (marked == size) return;
    const int fresh = p->blocks++, border = p->begin[block] + marked;
    if (2 * marked <= size) {
        p->begin[fresh] = p->begin[block];
        p->end[fresh] = p->begin[block] = border;
    } else {
        p->begin[fresh] = border;
        p->end[fresh] = p->end[block];
        p->end[block] = border;
    }
    for (int i = p->begin[fresh]; i < p->end[fresh]; i++) p->block[p->state[i]] = fresh;
    wait_as_splitter(p,
                     fresh); /* the other part is waiting already, or has been used as a part of the whole */
}

/* `members`: the splitter's states, copied, because it may itself be split on the way; `touched`: room for
 * blocks. */
static void refine(Partition *p, const Before *before, const Dfa *dfa, const int *members, int count,
                   int *touched) {
    for (int l = 0; l < dfa->letters; l++) {
        int hits = 0;
        for (int i = 0; i < count; i++) {
            const int *start = before->start + l * (dfa->states + 1) + members[i];
            for (int a = start[0]; a < start[1]; a++)
                if (mark(p, before->at[a])) touched[hits++] = p->block[before->at[a]];
        }
        for (int i = 0; i < hits; i++) split(p, touched[i]);
    }
}

/* One state for each block, numbered breadth first from the start. */
static Dfa quotient(Arena *arena, const Dfa *dfa, const Partition *p) {
    int *number = new_ints(arena, p->blocks), *order = new_ints(arena, p->blocks),
        *next = new_ints(arena, dfa->letters);
    for (int b = 0; b < p->blocks; b++) number[b] = DROPPED;
    int count = 0;
    number[p->block[0]] = 0;
    order[count++] = p->block[0];
    DfaRows rows = {.letters = dfa->letters};
    for (int i = 0; i < count; i++) {
        const int q = p->state[p->begin[order[i]]];
        for (int l = 0; l < dfa->letters; l++) {
            const int to = dfa->delta[q * dfa->letters + l];
            next[l] = DROPPED;
            if (to == DROPPED) continue;
            const int block = p->block[to];
            if (number[block] == DROPPED) {
                number[block] = count;
                order[count++] = block;
            }
            next[l] = number[block];
        }
        dfa_add_row(arena, &rows, dfa->accepting[q], next);
    }
    return dfa_of_rows(&rows);
}

Dfa dfa_minimise(Arena *arena, const Dfa *dfa) {
    if (dfa->states == 0) return *dfa;
    const Before before = arcs_before(arena, dfa);
    Partition p = partition_new(arena, dfa);
    int *members = new_ints(arena, dfa->states), *touched = new_ints(arena, dfa->states);
    while (p.waiting) {
        const int block = p.work[--p.waiting], count = p.end[block] - p.begin[block];
        memcpy(members, p.state + p.begin[block], sizeof(int) * (size_t)count);
        refine(&p, &before, dfa, members, count, touched);
    }
    return quotient(arena, dfa, &p);
}
