/* The passes in a row, and the automaton that the rest of the compiler sees: letters spelt out as symbols
 * again. */
#include "rule/dfa.h"

/* A composed-away edge leaves every state as it is. */
static Automaton spell_out(Arena *arena, const Graph *graph, const Alphabet *alphabet, const Dfa *dfa) {
    Automaton a = {.states = dfa->states, .symbols = graph->symbols.count};
    const size_t states = (size_t)a.states, symbols = (size_t)a.symbols;
    a.accepting = arena_alloc(arena, sizeof(bool) * (states + 1));
    a.delta = arena_alloc(arena, sizeof(int) * (states * symbols + 1));
    a.label = arena_alloc(arena, sizeof(char *) * (states + 1));
    for (int q = 0; q < a.states; q++) {
        a.accepting[q] = dfa->accepting[q];
        a.label[q] = arena_printf(arena, "q%d", q);
        for (int s = 0; s < a.symbols; s++) {
            const int letter = alphabet->letter[s];
            a.delta[q * a.symbols + s] = letter == LETTER_NONE ? q : dfa->delta[q * dfa->letters + letter];
        }
    }
    return a;
}

bool automaton_build(Arena *arena, const PathScope *scope, const PathNode *root, Automaton *automaton) {
    const Alphabet alphabet = alphabet_build(scope, root);
    Nfa nfa = {.arena = scope->arena};
    Fragment whole;
    Dfa dfa;
    if (!nfa_build(&nfa, root, &alphabet, &whole)) return false;
    if (!dfa_determinise(&nfa, whole, alphabet.letters, &dfa)) return false;
    dfa = dfa_trim(scope->arena, &dfa);
    dfa = dfa_minimise(scope->arena, &dfa);
    *automaton = spell_out(arena, scope->graph, &alphabet, &dfa);
    return true;
}

int automaton_run(const Automaton *automaton, int state, const int *word, int length) {
    for (int i = 0; i < length && state != DROPPED; i++)
        state = automaton->delta[state * automaton->symbols + word[i]];
    return state;
}
