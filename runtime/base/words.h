/* "did you mean": the nearest of several words. */
#ifndef MNN_BASE_WORDS_H
#define MNN_BASE_WORDS_H

/** Damerau-Levenshtein distance (insert, delete, replace, swap neighbours), letter case ignored. */
int mnn_word_distance(const char *a, const char *b);

/** The candidate nearest to a misspelt name, or NULL when none is near enough
 *  (distance at most 1, 2 from 5 letters on, 3 from 10 letters on; digits must be the same, or missing). */
const char *mnn_nearest(const char *name, const char *const *candidates, int count);

#endif
