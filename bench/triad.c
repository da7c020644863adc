/* How fast memory is: a[i] = b[i] + s c[i] over arrays that fit the first, second and third cache and none. Prints
 * "16 KB 309, 512 KB 116, ..." in GB/s, three numbers a round counted; the best of several tries, one thread. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Not inlined, so that rounds are not joined. */
__attribute__((noinline)) static void triad(float *restrict a, const float *restrict b, const float *restrict c, int n)
{
    for (int i = 0; i < n; i++)
        a[i] = b[i] + 0.5f * c[i];
}

/* @param kilobytes  of the three arrays together */
static double measure(float *memory, int kilobytes)
{
    const int n = kilobytes * 1024 / 12 / 16 * 16, rounds = 400000 / kilobytes + 1;
    double best = 1e18;
    for (int try = 0; try < TRIES; try++) {
        const double begun = now();
        for (int round = 0; round < rounds; round++)
            triad(memory, memory + n, memory + 2 * n, n);
        const double took = now() - begun;
        best = took < best ? took : best;
    }
    return 12e-9 * n * rounds / best;
}

int main(void)
{
    static const int kilobytes[] = {16, 512, 8192, 262144};
    float *memory = aligned_alloc(64, 262144 * 1024);
    if (!memory)
        return 4;
    for (int i = 0; i < 262144 * 256; i++)
        memory[i] = 1.0f;
    for (int i = 0; i < 4; i++)
        printf("%s%d KB %.0f", i ? ", " : "", kilobytes[i], measure(memory, kilobytes[i]));
    putchar('\n');
    free(memory);
    return 0;
}
