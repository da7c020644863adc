/* Copy an IDX file of bytes to one of floats with the same numbers: float_idx FROM TO */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    FILE *from = argc == 3 ? fopen(argv[1], "rb") : NULL, *to = from ? fopen(argv[2], "wb") : NULL;
    if (!from || !to) {
        fprintf(stderr, "usage: float_idx FROM TO (both must be accessible)\n");
        return 2;
    }
    int byte, rank = 0;
    for (long at = 0; (byte = getc(from)) != EOF; at++) {
        if (at == 3)
            rank = byte;
        if (at < 4 || at < 4 + 4 * (long)rank) {
            putc(at == 2 ? 0x0D : byte, to);
            continue;
        }
        const float value = (float)byte;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        for (int shift = 24; shift >= 0; shift -= 8)
            putc((int)(bits >> shift & 255), to);
    }
    const int failed = ferror(from) || ferror(to);
    fclose(from);
    return fclose(to) != 0 || failed ? 5 : 0;
}
