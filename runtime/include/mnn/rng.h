/* Counter-based random numbers: the n-th element of a stream is a function of (seed, stream, n), so there is no
 * generator state to save, and the elements can be computed in any order.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), Philox4x32-10. */
#ifndef MNN_RNG_H
#define MNN_RNG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The use of a stream; the low bits of a stream number distinguish streams of one kind (MNN_STREAM_INIT + tensor
 *  index, MNN_STREAM_DROPOUT + layer). */
enum {
    MNN_STREAM_SHUFFLE = 0x10000000,
    MNN_STREAM_INIT = 0x20000000,
    MNN_STREAM_DROPOUT = 0x30000000,
    MNN_STREAM_AUGMENT = 0x40000000,
    MNN_STREAM_GRADCHECK = 0x50000000,
    MNN_STREAM_SPLIT = 0x60000000
};

typedef struct mnn_random4 {
    uint32_t word[4];
} mnn_random4;

/** The block of four 32-bit words at a 64-bit counter of a stream. In the terms of the paper: the key is the seed
 *  (low word first), the counter is counter (low word first), stream, substream. */
static inline mnn_random4 mnn_random(uint64_t seed, uint32_t stream, uint32_t substream, uint64_t counter)
{
    uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32), c2 = stream, c3 = substream;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    const mnn_random4 r = {{c0, c1, c2, c3}};
    return r;
}

enum { MNN_RANDOM_WORDS = 64 };

/** The words of 16 consecutive blocks, from counter on: the same as 16 calls of mnn_random(), computed in vectors. */
static inline void mnn_random_words(uint64_t seed, uint32_t stream, uint32_t substream, uint64_t counter,
                                    uint32_t words[MNN_RANDOM_WORDS])
{
    enum { BLOCKS = MNN_RANDOM_WORDS / 4 };
    uint32_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS];
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int b = 0; b < BLOCKS; b++) {
        c0[b] = (uint32_t)(counter + (uint64_t)b);
        c1[b] = (uint32_t)((counter + (uint64_t)b) >> 32);
        c2[b] = stream;
        c3[b] = substream;
    }
    for (int round = 0; round < 10; round++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint64_t p0 = (uint64_t)0xD2511F53u * c0[b];
            const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2[b];
            c0[b] = (uint32_t)(p1 >> 32) ^ c1[b] ^ k0;
            c1[b] = (uint32_t)p1;
            c2[b] = (uint32_t)(p0 >> 32) ^ c3[b] ^ k1;
            c3[b] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int b = 0; b < BLOCKS; b++) {
        words[4 * b] = c0[b];
        words[4 * b + 1] = c1[b];
        words[4 * b + 2] = c2[b];
        words[4 * b + 3] = c3[b];
    }
}

/** A value in [0, 1) from 32 random bits; 24 bits are kept so that it is exact in float. */
static inline float mnn_uniform(uint32_t bits)
{
    return (float)(int32_t)(bits >> 8) * (1.0f / 16777216.0f); /* signed: one instruction in vector code */
}

#ifdef __cplusplus
}
#endif

#endif
