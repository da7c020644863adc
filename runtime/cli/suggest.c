/* "did you mean": the optimal string alignment distance, with rows kept for words of a sensible length. */
#include <string.h>

#include "cli/options.h"

enum { MAX_WORD = 40 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b. */
static int distance(const char *a, const char *b)
{
    const int m = (int)strlen(a), n = (int)strlen(b);
    int rows[3][MAX_WORD + 1]; /* of the table, by i modulo 3 */
    for (int j = 0; j <= n; j++)
        rows[0][j] = j;
    for (int i = 1; i <= m; i++) {
        int *row = rows[i % 3];
        const int *before = rows[(i + 2) % 3], *before_that = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            row[j] = smaller(before[j] + 1, row[j - 1] + 1);
            row[j] = smaller(row[j], before[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], before_that[j - 2] + 1);
        }
    }
    return rows[m % 3][n];
}

const char *mnn_nearest(const char *word, const char *const *names, int count)
{
    const char *best = NULL;
    int best_distance = 0;
    if (strlen(word) > MAX_WORD)
        return NULL;
    for (int i = 0; i < count; i++) {
        const size_t longer = strlen(word) > strlen(names[i]) ? strlen(word) : strlen(names[i]);
        const int d = distance(word, names[i]);
        const int limit = longer < 6 ? 1 : (int)longer / 3;
        if (d <= limit && (!best || d < best_distance)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
