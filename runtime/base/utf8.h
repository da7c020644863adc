/* Decoding of untrusted UTF-8 text. */
#ifndef MNN_BASE_UTF8_H
#define MNN_BASE_UTF8_H

#include <stdint.h>

/** Decode the character at s, in a NUL-terminated text.
 *  Ill-formed: stray or missing continuation bytes, overlong forms, surrogates, above U+10FFFF (Unicode 15, table
 *  3-7). Never reads past the NUL.
 *  @param code  the code point; unchanged if ill-formed
 *  @return its length in bytes, 1 to 4; 0 if ill-formed */
static inline int mnn_utf8_decode(const char *s, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint32_t first = (unsigned char)s[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    const int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    uint32_t c = first & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        const uint32_t next = (unsigned char)s[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (next & 0x3F);
    }
    if (c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *code = c;
    return length;
}

#endif
