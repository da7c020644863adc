#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* By length; the least code point of each is the first one that needs it. */
static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

int mnn_utf8_decode(const char *text, size_t length, uint32_t *code)
{
    if (length == 0)
        return 0;
    const uint32_t first = (unsigned char)text[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    const int bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || length < (size_t)bytes)
        return 0;
    uint32_t c = first & (0x7Fu >> bytes);
    for (int i = 1; i < bytes; i++) {
        const uint32_t next = (unsigned char)text[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (next & 0x3F);
    }
    if (c < least[bytes] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *code = c;
    return bytes;
}

int mnn_utf8_encode(uint32_t code, char out[MNN_UTF8_BYTES])
{
    int bytes = 1;
    while (bytes < MNN_UTF8_BYTES && code >= least[bytes + 1])
        bytes++;
    for (int i = bytes - 1; i > 0; i--) {
        out[i] = (char)(0x80u | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(lead[bytes] | code);
    return bytes;
}

size_t mnn_utf8_length(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; count++) {
        uint32_t code;
        const int bytes = mnn_utf8_decode(text + i, length - i, &code);
        i += bytes > 0 ? (size_t)bytes : 1;
    }
    return count;
}

/** Code points from first to last. */
typedef struct code_range {
    uint32_t first, last;
} code_range;

static bool in_ranges(const code_range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

bool mnn_is_bidi(uint32_t code)
{
    static const code_range ranges[] = {{0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};
    return in_ranges(ranges, sizeof ranges / sizeof ranges[0], code);
}

bool mnn_is_invisible(uint32_t code)
{
    static const code_range ranges[] = {{0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},  {0x034F, 0x034F},
                                        {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},  {0x180B, 0x180F},
                                        {0x200B, 0x200F},   {0x2028, 0x202F},   {0x2060, 0x206F},  {0x3164, 0x3164},
                                        {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},  {0xFFF0, 0xFFFB},
                                        {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
    return in_ranges(ranges, sizeof ranges / sizeof ranges[0], code);
}

int mnn_escape(char out[MNN_ESCAPED], const char *text, size_t length)
{
    static const char controls[] = "\n\t\r", letters[] = "ntr";
    uint32_t code = 0;
    const int bytes = mnn_utf8_decode(text, length, &code);
    const char *control = bytes == 1 && code != 0 ? strchr(controls, (int)code) : NULL;
    if (bytes == 0)
        snprintf(out, MNN_ESCAPED, "\\x%02x", (unsigned)(unsigned char)text[0]);
    else if (control)
        snprintf(out, MNN_ESCAPED, "\\%c", letters[control - controls]);
    else if (mnn_is_invisible(code))
        snprintf(out, MNN_ESCAPED, code < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)code);
    else
        snprintf(out, MNN_ESCAPED, "%.*s", bytes, text);
    return bytes > 0 ? bytes : 1;
}
