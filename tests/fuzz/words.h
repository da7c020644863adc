/* A command line out of an input: words that end with a NUL or a newline. */
#ifndef TESTS_FUZZ_WORDS_H
#define TESTS_FUZZ_WORDS_H

#include <stdlib.h>
#include <string.h>

#include "input.h"

enum { WORDS_MOST = 400 };

typedef struct words {
    char *text;                 /* a copy of the input, cut into words */
    char *argv[WORDS_MOST + 2]; /* the program's name, the words, NULL */
    int argc;
} words;

static inline void words_cut(words *w, const uint8_t *data, size_t size)
{
    static char name[] = "program";
    w->text = malloc(size + 1);
    if (!w->text)
        abort();
    if (size > 0)
        memcpy(w->text, data, size);
    w->text[size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (w->text[i] == '\n')
            w->text[i] = '\0';
    w->argc = 0;
    w->argv[w->argc++] = name;
    for (size_t at = 0; at < size && w->argc <= WORDS_MOST; at += strlen(w->text + at) + 1)
        w->argv[w->argc++] = w->text + at;
    w->argv[w->argc] = NULL;
}

static inline void words_free(const words *w)
{
    free(w->text);
}

#endif
