/* One command from a description to a running program: mnnc train FILE.mnn. */
#ifndef MNNC_DRIVER_COMMAND_H
#define MNNC_DRIVER_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

typedef struct command_line {
    int argc;
    char **argv;
} command_line;

/** Whether the first word of a command line is a command: "build", or one of a generated program (base/commands.def).
 */
bool command_is(const char *word);

/** Compile the description, call the C compiler unless the cache has the program, and write it ("build") or run it in
 * place of mnnc.
 *  @return an exit code; does not return if a program is run */
int command_run(command_line *line);

/** The part of mnnc's help about commands. */
void command_help(FILE *out);

#endif
