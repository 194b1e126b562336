/* What the commands that train share: options about data and learning, and what becomes of them. */
#ifndef ELIGO_CLI_TRAINING_H
#define ELIGO_CLI_TRAINING_H

#include "cli/command.h"
#include "train/train.h"

typedef struct Training { /* what the options write, before it becomes TrainOptions */
    Shared shared;
    TrainOptions train;
    const char *scale, *threads;
    long steps, delay, sequences, epochs, batch, lanes, seed, seeds;
    double rate, momentum;
    int optimiser, loss_at, label;
} Training;

/* What the options are unless said. */
extern const Training training_usual;

#define DATA_OPTIONS(t)                                                                                       \
    {OPTION_SECTION, 0, NULL, NULL, "Data", NULL, 0, 0},                                                      \
        {OPTION_TEXT,                                                                                         \
         0,                                                                                                   \
         "data",                                                                                              \
         "DATA",                                                                                              \
         "FILE.csv, .csv.gz, .npy, digits (default), or a task",                                              \
         &(t)->train.data.source,                                                                             \
         0,                                                                                                   \
         0},                                                                                                  \
        {OPTION_TEXT,                                                                                         \
         0,                                                                                                   \
         "targets",                                                                                           \
         "FILE.npy",                                                                                          \
         "what goes with an .npy file; else its last column",                                                 \
         &(t)->train.data.targets,                                                                            \
         0,                                                                                                   \
         0},                                                                                                  \
        {OPTION_WHOLE, 0, "steps", "N", "cut a row's columns into N steps (digits: 8; else one a column)",    \
         &(t)->steps,  1, 1e6},                                                                               \
        {OPTION_CHOICE, 0, "label", "class|value", "what a table's last column is (class)",                   \
         &(t)->label,   0, 0},                                                                                \
        {OPTION_FLAG, 0, "header", NULL, "the table's first line names its columns", &(t)->train.data.header, \
         0,           0},                                                                                     \
        {OPTION_TEXT, 0, "scale", "S", "none, minmax (of the training part), or a divisor",                   \
         &(t)->scale, 0, 0},                                                                                  \
        {OPTION_NUMBER, 0, "test", "SHARE", "held out by a seeded shuffle (0.2)", &(t)->train.test, 0, 0.99}, \
        {OPTION_WHOLE, 0, "sequences", "N", "of a task (1000)", &(t)->sequences, 1, 1e7},                     \
        {OPTION_WHOLE, 0, "delay", "N", "of a task", &(t)->delay, 1, 1e5}, {                                  \
        OPTION_FLAG, 0, "curriculum", NULL, "the delay grows from 1 as it is learned, to --delay if given",   \
            &(t)->train.curriculum, 0, 0                                                                      \
    }
#define PASSES_OPTIONS(t)                                                                                    \
    {OPTION_SECTION, 0, NULL, NULL, "Learning", NULL, 0, 0},                                                 \
        {OPTION_WHOLE, 0, "epochs", "N", "passes over the training part (30)", &(t)->epochs, 1, 1e6}, {      \
        OPTION_WHOLE, 0, "batch", "N", "sequences an update (32)", &(t)->batch, 1, 1e6                       \
    }
#define OPTIMISER_OPTIONS(t)                                                                                 \
    {OPTION_CHOICE, 0, "loss-at", "last|each", "where a sequence's one target is held up (last step)",       \
     &(t)->loss_at, 0, 0},                                                                                   \
        {OPTION_CHOICE, 0, "optimiser", "sgd|adam", "(adam)", &(t)->optimiser, 0, 0},                        \
        {OPTION_NUMBER, 0, "rate", "R", "learning rate (adam 0.003, sgd 0.05)", &(t)->rate, 1e-12, 1e30},    \
        {OPTION_NUMBER, 0, "momentum", "M", "of sgd (0.9)", &(t)->momentum, 0, 0.999999},                    \
        {OPTION_NUMBER,                                                                                      \
         0,                                                                                                  \
         "clip",                                                                                             \
         "NORM",                                                                                             \
         "largest norm of the whole gradient (none)",                                                        \
         &(t)->train.optimiser.clip,                                                                         \
         1e-12,                                                                                              \
         1e30},                                                                                              \
        {OPTION_NUMBER,                                                                                      \
         0,                                                                                                  \
         "weight-decay",                                                                                     \
         "W",                                                                                                \
         "sgd: W/2 |p|^2 beside the loss; adam: decoupled (0)",                                              \
         &(t)->train.optimiser.weight_decay,                                                                 \
         0,                                                                                                  \
         1e30},                                                                                              \
        {OPTION_WHOLE, 0, "seed", "S", "decides split, order, initial values (1)", &(t)->seed, 0, 1e15}, {   \
        OPTION_WHOLE, 0, "seeds", "N", "runs of consecutive seeds, and their mean (1)", &(t)->seeds, 1, 1000 \
    }
#define THREADS_OPTION(t)                                                                                    \
    {OPTION_WHOLE, 0, "lanes", "N", "sequences of a batch done at once (as it pays)", &(t)->lanes, 1, 4096}, \
    {                                                                                                        \
        OPTION_TEXT, 0, "threads", "N|auto", "share out a batch's sequences, to the same bits (1)",          \
            &(t)->threads, 0, 0                                                                              \
    }
#define SIZES_NOTE                                                                                           \
    {                                                                                                        \
        OPTION_SECTION, 0, NULL, NULL, "The spec (a cell's input and output sizes follow from the data)",    \
            NULL, 0, 0                                                                                       \
    }

/* Fills training->train from the other fields; false after a report. */
bool training_gather(Training *training, const char *spec);
/* Lets the first Ctrl-C end the batch and then the run; the second has its usual force. */
void training_catch_interrupts(Training *training);

#endif
