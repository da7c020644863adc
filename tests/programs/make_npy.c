/* Write a NumPy file of random values.
 *
 *   make_npy FILE SEED COUNT real DIM...         float32 in [0, 1)
 *   make_npy FILE SEED COUNT below N [DIM...]    integers in [0, N): bytes, or int32 where N is more than 256
 *
 * The shape is (COUNT, DIM...). Values below N begin with N - 1 and then 0, so that all classes are known. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* xorshift64* (Vigna 2016) */
static uint32_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545F4914F6CDD1Du) >> 32);
}

static void put_value(FILE *f, size_t nth, uint32_t below)
{
    const float real = (float)(next_random() >> 8) / 16777216.0f;
    const int32_t integer = nth == 0 && below ? (int32_t)below - 1 : below ? (int32_t)(next_random() % below) : 0;
    if (below == 0)
        fwrite(&real, sizeof real, 1, f);
    else if (below <= 256)
        fputc(integer, f);
    else
        fwrite(&integer, sizeof integer, 1, f);
}

/** The header takes a multiple of 64 bytes and ends with a newline. */
static void put_header(FILE *f, const char *type, const char *shape)
{
    char text[512];
    const int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
    const int size = (10 + length + 1 + 63) / 64 * 64 - 10;
    fwrite("\x93NUMPY\x01\x00", 1, 8, f);
    fputc(size & 255, f);
    fputc(size >> 8, f);
    fprintf(f, "%-*s\n", size - 1, text);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    const int is_real = strcmp(argv[4], "real") == 0;
    const uint32_t below = is_real || argc < 6 ? 0 : (uint32_t)atoi(argv[5]);
    char shape[256];
    size_t length = (size_t)snprintf(shape, sizeof shape, "%s,", argv[3]), count = (size_t)atoi(argv[3]);
    state = 0x9E3779B97F4A7C15u * (uint64_t)(atoi(argv[2]) + 1);
    for (int i = is_real ? 5 : 6; i < argc && length < sizeof shape; i++) {
        length += (size_t)snprintf(shape + length, sizeof shape - length, " %s,", argv[i]);
        count *= (size_t)atoi(argv[i]);
    }
    FILE *f = fopen(argv[1], "wb");
    if (!f)
        return 5;
    put_header(f, below == 0 ? "<f4" : below <= 256 ? "|u1" : "<i4", shape);
    for (size_t i = 0; i < count; i++)
        put_value(f, i, below);
    return fclose(f) == 0 ? 0 : 5;
}
