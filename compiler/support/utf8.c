#include "support/utf8.h"

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0U) == 0x80U;
}

int utf8_decode(const char *text, size_t length, uint32_t *code)
{
    if (length == 0)
        return 0;
    unsigned char lead = (unsigned char)text[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    int bytes = lead >= 0xC2 && lead <= 0xDF   ? 2
                : lead >= 0xE0 && lead <= 0xEF ? 3
                : lead >= 0xF0 && lead <= 0xF4 ? 4
                                               : 0;
    if (bytes == 0 || length < (size_t)bytes)
        return 0;
    uint32_t value = lead & (0x7FU >> bytes);
    for (int i = 1; i < bytes; i++) {
        if (!is_continuation(text[i]))
            return 0;
        value = value << 6 | ((unsigned char)text[i] & 0x3FU);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[bytes] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code = value;
    return bytes;
}

int utf8_encode(uint32_t code, char out[UTF8_MAX_BYTES])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    int bytes = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (int i = bytes - 1; i > 0; i--) {
        out[i] = (char)(0x80U | (code & 0x3FU));
        code >>= 6;
    }
    out[0] = (char)(lead[bytes] | code);
    return bytes;
}

size_t utf8_length(const char *text, size_t length)
{
    size_t count = 0;
    size_t i = 0;
    while (i < length) {
        uint32_t code;
        int bytes = utf8_decode(text + i, length - i, &code);
        i += bytes > 0 ? (size_t)bytes : 1;
        count++;
    }
    return count;
}
