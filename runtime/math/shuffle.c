/* Orders of samples. */
#include "math/math.h"
#include "mnn/rng.h"

/* The seed of a permutation. */
typedef struct source {
    uint64_t seed, counter;
    uint32_t stream;
} source;

/** The number at a position of the stream. Positions share blocks of four; a redraw takes the next stream. */
static uint32_t bits_at(const source *s, uint32_t position, uint32_t attempt)
{
    const mnn_random4 r = mnn_random(s->seed, s->stream + attempt, position / 4, s->counter);
    return r.word[position % 4];
}

/** A number below bound, every one equally likely, without a division in the common case.
 *  Source: Lemire, "Fast random integer generation in an interval" (ACM TOMACS 2019). */
static uint32_t below(uint32_t bound, const source *s, uint32_t position)
{
    uint64_t product = (uint64_t)bits_at(s, position, 0) * bound;
    if ((uint32_t)product < bound) {
        const uint32_t threshold = (0u - bound) % bound; /* 2^32 mod bound */
        for (uint32_t attempt = 1; (uint32_t)product < threshold; attempt++)
            product = (uint64_t)bits_at(s, position, attempt) * bound;
    }
    return (uint32_t)(product >> 32);
}

void mnn_permute(uint32_t *index, uint32_t first, uint32_t count, uint64_t seed, uint32_t stream, uint64_t counter)
{
    const source s = {seed, counter, stream};
    for (uint32_t i = 0; i < count; i++)
        index[i] = first + i;
    for (uint32_t i = count; i > 1; i--) {
        const uint32_t j = below(i, &s, i - 1);
        const uint32_t taken = index[j];
        index[j] = index[i - 1];
        index[i - 1] = taken;
    }
}

void mnn_shuffle(uint32_t *index, uint32_t first, uint32_t count, uint64_t seed, uint64_t epoch)
{
    mnn_permute(index, first, count, seed, MNN_STREAM_SHUFFLE, epoch);
}
