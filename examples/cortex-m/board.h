/* What the program takes from the board. */
#ifndef BOARD_H
#define BOARD_H

/** Print a text on the host that runs or debugs the board. */
void print(const char *text);

#endif
