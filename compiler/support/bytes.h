/* Little-endian bytes of files. */
#ifndef MNNC_SUPPORT_BYTES_H
#define MNNC_SUPPORT_BYTES_H

#include <stdint.h>
#include <string.h>

static inline void bytes_put_number(unsigned char *to, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(number >> (8 * i));
}

static inline void bytes_put_float(unsigned char *to, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put_number(to, bits, 4);
}

#endif
