/* Tensors as bytes of a safetensors file, and their digests. */
#include "io/tensor_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/utf8.h"

enum { PIECE = 4096 }; /* floats turned into bytes at a time */

bool mnn_tensor_bytes(const mnn_st_tensor *tensor, uint64_t *bytes)
{
    uint64_t product = sizeof(float);
    for (int i = 0; i < tensor->rank; i++) {
        if (tensor->dims[i] < 0 || __builtin_mul_overflow(product, (uint64_t)tensor->dims[i], &product))
            return false;
    }
    *bytes = product;
    return product <= SIZE_MAX / 2;
}

size_t mnn_tensor_elements(const mnn_st_tensor *tensor)
{
    uint64_t bytes = 0;
    return mnn_tensor_bytes(tensor, &bytes) ? (size_t)(bytes / sizeof(float)) : 0;
}

void mnn_floats_to_bytes(unsigned char *out, const float *in, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, in + i, sizeof bits);
        out[4 * i + 0] = (unsigned char)(bits & 0xFF);
        out[4 * i + 1] = (unsigned char)(bits >> 8 & 0xFF);
        out[4 * i + 2] = (unsigned char)(bits >> 16 & 0xFF);
        out[4 * i + 3] = (unsigned char)(bits >> 24);
    }
}

static uint32_t bits_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

void mnn_floats_from_bytes(float *out, const unsigned char *in, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = bits_at(in + 4 * i);
        memcpy(out + i, &bits, sizeof bits);
    }
}

bool mnn_bytes_finite(const unsigned char *bytes)
{
    /* Looking at the exponent works also where the compiler assumes that there is no NaN. */
    return (bits_at(bytes) & 0x7F800000u) != 0x7F800000u;
}

/* --- digests -------------------------------------------------------------------------------------- */

void mnn_digest_floats(const float *values, size_t count, char text[MNN_SHA256_TEXT])
{
    SHA2_CTX context;
    SHA256Init(&context);
    for (size_t done = 0; done < count;) {
        unsigned char bytes[4 * PIECE];
        const size_t n = count - done < PIECE ? count - done : PIECE;
        mnn_floats_to_bytes(bytes, values + done, n);
        SHA256Update(&context, bytes, 4 * n);
        done += n;
    }
    SHA256End(&context, text);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const mnn_st_entry *)a)->key, ((const mnn_st_entry *)b)->key);
}

/* The text and its NUL. */
static void update_text(SHA2_CTX *context, const char *text)
{
    while (*text) {
        uint32_t code = 0;
        const int length = mnn_utf8_decode(text, MNN_TO_NUL, &code);
        if (length == 0)
            SHA256Update(context, (const uint8_t *)"\xEF\xBF\xBD", 3);
        else
            SHA256Update(context, (const uint8_t *)text, (size_t)length);
        text += length == 0 ? 1 : length;
    }
    SHA256Update(context, (const uint8_t *)"", 1);
}

void mnn_digest_entries(mnn_st_entry *entries, size_t count, char text[MNN_SHA256_TEXT])
{
    if (count > 1)
        qsort(entries, count, sizeof *entries, by_key);
    SHA2_CTX context;
    SHA256Init(&context);
    for (size_t i = 0; i < count; i++) {
        update_text(&context, entries[i].key);
        update_text(&context, entries[i].value);
    }
    SHA256End(&context, text);
}
