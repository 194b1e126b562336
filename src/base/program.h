/* Other programs, those that draw: is one there, and has it taken what we wrote for it?
 *
 * Names and options are ours, never a user's: they go through a shell. */
#ifndef ELIGO_BASE_PROGRAM_H
#define ELIGO_BASE_PROGRAM_H

#include <stdbool.h>

bool program_exists(const char *name);
/* Runs a command with `text` as its standard input; its output goes where ours does. False when it could not
 * be run, did not read all of it, or ended with another status than 0. */
bool program_feed(const char *command, const char *text);

#endif
