#include "base/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST = 64 };

static int lower(char c)
{
    return tolower((unsigned char)c);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

int mnn_word_distance(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    /* No word of the language is that long; the rows below stay small and fixed. */
    if (n > LONGEST || m > LONGEST) {
        size_t longer = n > m ? n : m;
        return longer < INT32_MAX ? (int)longer : INT32_MAX;
    }
    int rows[3][LONGEST + 1] = {0};
    int *two_back = rows[0];
    int *back = rows[1];
    int *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        back[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int replaced = back[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            row[j] = smaller(replaced, smaller(back[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = smaller(row[j], two_back[j - 2] + 1);
        }
        int *freed = two_back;
        two_back = back;
        back = row;
        row = freed;
    }
    return back[m];
}

/* Another digit is another word ("conv1d", "conv2d"), and none is missing by accident ("relu6"). */
static bool same_digits(const char *a, const char *b)
{
    for (;;) {
        while (*a != '\0' && !isdigit((unsigned char)*a))
            a++;
        while (*b != '\0' && !isdigit((unsigned char)*b))
            b++;
        if (*a != *b)
            return *a == '\0';
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

/* The number of differences that a word of that length may have: with more it is another word. */
static int most_mistakes(size_t length)
{
    return length < 5 ? 1 : length < 10 ? 2 : 3;
}

const char *mnn_nearest(const char *name, const char *const *candidates, int count)
{
    const char *best = NULL;
    int best_distance = 0;
    for (int i = 0; i < count; i++) {
        size_t n = strlen(name);
        size_t m = strlen(candidates[i]);
        size_t longer = n > m ? n : m;
        int distance = mnn_word_distance(name, candidates[i]);
        /* "x" is no misspelling of "y": something must be left in common. */
        if (distance > most_mistakes(longer) || !same_digits(name, candidates[i]) ||
            ((size_t)distance >= longer && longer > 0))
            continue;
        if (best == NULL || distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}
