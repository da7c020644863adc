/* Copy an IDX file of bytes or floats to an NPY file: idx_to_npy FROM TO [CLASSES]
 * Bytes become uint8, floats big-endian float32; with CLASSES the labels become int64 of the shape [n, 1] (1) or
 * one-hot labels of that many classes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void write_header(FILE *to, const char *type, const uint32_t *dims, int rank)
{
    char text[256] = "";
    int used = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (int i = 0; i < rank; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%u, ", dims[i]);
    used += snprintf(text + used, sizeof text - (size_t)used, "), }");
    const int size = (used + 10 + 1 + 63) / 64 * 64 - 10;
    fwrite("\x93NUMPY\x01\x00", 1, 8, to);
    fputc(size & 255, to);
    fputc(size >> 8, to);
    fprintf(to, "%-*s\n", size - 1, text);
}

int main(int argc, char **argv)
{
    FILE *from = argc >= 3 ? fopen(argv[1], "rb") : NULL, *to = from ? fopen(argv[2], "wb") : NULL;
    const int classes = argc > 3 ? atoi(argv[3]) : 0;
    unsigned char magic[4], b[4];
    uint32_t dims[8];
    if (!from || !to || fread(magic, 1, 4, from) != 4 || magic[3] > 7) {
        fprintf(stderr, "usage: idx_to_npy FROM TO [CLASSES] (both must be accessible)\n");
        return 2;
    }
    int rank = magic[3];
    for (int i = 0; i < rank && fread(b, 1, 4, from) == 4; i++)
        dims[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    if (classes > 0)
        dims[rank++] = (uint32_t)classes;
    write_header(to, classes == 1 ? "<i8" : magic[2] == 8 ? "|u1" : ">f4", dims, rank);
    for (int byte; (byte = getc(from)) != EOF;)
        if (classes == 0)
            putc(byte, to);
        else
            for (int k = 0; k < (classes > 1 ? classes : 8); k++)
                putc(classes > 1 ? byte == k : k == 0 ? byte : 0, to);
    fclose(from);
    return fclose(to) != 0;
}
