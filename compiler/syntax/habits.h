/* Words and operators of other languages, and how they are written here. */
#ifndef MNNC_SYNTAX_HABITS_H
#define MNNC_SYNTAX_HABITS_H

#include <stddef.h>

/** A hint for a character that no .mnn file holds outside of strings and comments, or NULL.
 *  @param text  one or more characters, UTF-8 */
const char *habit_of_character(const char *text, size_t length);

/** A hint for the first word of a statement of another language ("import"), or NULL. */
const char *habit_of_word(const char *word);

/** A hint for an operator of another language ("//") that begins at an offset or one before it, or NULL.
 *  @param text  the whole source, which at is in */
const char *habit_of_operator(const char *text, const char *at);

#endif
