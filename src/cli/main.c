/* The program: finds the command, runs it, and makes sure that what it printed was really written. */
#include "cli/command.h"
#include "base/diagnostic.h"
#include <stdio.h>
#include <string.h>

static const Command commands[] = {
    {"check", "SPEC...", "Checks specs: every mistake with its place and what would be right.",
     command_check},
    {"derive", "SPEC --rule RULE", "Prints the learning rule for a cell, as a methods section would.",
     command_derive},
    {"diff", "RULE1 RULE2 --on SPEC",
     "Says which paths one rule keeps that another drops, or proves them equal on a cell.", command_diff},
    {"explain", "SPEC --rule RULE --param NAME | --path PATH | --line N --file FILE",
     "Says why a path or a parameter's paths are kept or dropped, or a line emitted.", command_explain},
    {"emit", "SPEC --rule RULE -o DIR", "Writes the learner as standalone C.", command_emit},
    {"grad", "SPEC --rule RULE --params DIR --inputs X --targets Y --out DIR",
     "Computes the gradient of one sequence: .npy files in, .npy files out.", command_grad},
    {"cost", "SPEC --rule A,B,C", "Prints what rules cost on a spec, beside each other; measures it.",
     command_cost},
    {"verify", "SPEC [--rule RULE]...",
     "Runs the oracles on a spec: enumeration, both carries, finite differences.", command_verify},
    {"compare", "SPEC --rules A,B,C [--by RULE|each] [--data DATA]",
     "Trains with one rule and measures what the others would have done.", command_compare},
    {"train", "SPEC --rule RULE [--data DATA]", "Trains on a data set or a generated task.", command_train},
    {"list", "cells|rules|networks|tasks|operators", "Lists what there is.", command_list},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    printf("eligo %s: from the equations of a recurrent cell and the paths to keep, to C code that learns\n\n"
           "usage: eligo COMMAND ...\n\n",
           ELIGO_VERSION);
    for (int i = 0; i < COMMANDS; i++) printf("  %-8s %s\n", commands[i].name, commands[i].summary);
    printf("\nA SPEC is a file or a name of the library; `eligo COMMAND --help` says the rest.\n\n"
           "  eligo list cells\n"
           "  eligo derive CELL --rule RULE\n"
           "  eligo train digits --rule RULE --seeds 3\n"
           "  eligo emit CELL --rule \"RULE(2)\" --size n=64 --main -o DIR\n\n"
           "Exit status: 0 good, 1 an error in a spec, in data or in training, 2 wrong usage, 130 "
           "interrupted; diff: 0 equal, 1 different, 2 trouble.\n");
}

static const Command *find(const char *name) {
    const char *names[COMMANDS];
    for (int i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(name, names[i]) == 0) return &commands[i];
    }
    const char *near = closest_name(name, names, COMMANDS);
    if (near)
        usage_error("E0650", "unknown command `%s`; did you mean `%s`?", name, near);
    else
        usage_error("E0650", "unknown command `%s`; `eligo --help` lists the commands", name);
    return NULL;
}

static int run(int argc, char **argv) {
    const char *first = argc > 1 ? argv[1] : "";
    if (argc < 2)
        return usage_error("E0650", "what is to be done? `eligo --help` lists the commands"), STATUS_USAGE;
    if (strcmp(first, "--version") == 0) return printf("eligo %s\n", ELIGO_VERSION), STATUS_GOOD;
    const bool help = strcmp(first, "help") == 0;
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || (help && argc == 2))
        return print_help(), STATUS_GOOD;
    const Command *command = find(help ? argv[2] : first);
    if (!command) return STATUS_USAGE;
    char ask[] = "--help";
    char *asked[] = {ask};
    return help ? command->run(command, 1, asked) : command->run(command, argc - 2, argv + 2);
}

int main(int argc, char **argv) {
    const int status = run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    usage_error("E0750", "can't write to standard output");
    return status ? status : STATUS_ERROR;
}
