#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

static void write_ascii(FILE *out, char c)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    static const char escapes[] = "\"\\bfnrt";
    const char *found = strchr(letters, c);
    if (found)
        fprintf(out, "\\%c", escapes[found - letters]);
    else if ((unsigned char)c < 0x20 || c == 0x7F)
        fprintf(out, "\\u%04x", (unsigned)c);
    else
        fputc(c, out);
}

void mnn_json_string(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text) {
        uint32_t code = 0;
        const int length = mnn_utf8_decode(text, MNN_TO_NUL, &code);
        if (length == 0)
            fputs("\xEF\xBF\xBD", out); /* U+FFFD */
        else if (length == 1)
            write_ascii(out, *text);
        else
            fwrite(text, 1, (size_t)length, out);
        text += length == 0 ? 1 : length;
    }
    fputc('"', out);
}

const char *mnn_json_number(char buffer[32], double value, bool present)
{
    if (present && isfinite(value))
        snprintf(buffer, 32, "%.9g", value);
    else
        strcpy(buffer, "null");
    return buffer;
}

static void write_value(FILE *out, char conversion, bool is_64, va_list *args)
{
    char number[32];
    switch (conversion) {
    case 'd':
        fprintf(out, "%" PRId64, is_64 ? va_arg(*args, int64_t) : va_arg(*args, int));
        break;
    case 'u':
        fprintf(out, "%" PRIu64, is_64 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned));
        break;
    case 'g':
        fputs(mnn_json_number(number, va_arg(*args, double), true), out);
        break;
    case 'i':
        fputs(va_arg(*args, int) ? "true" : "false", out);
        break;
    default:
        mnn_json_string(out, va_arg(*args, const char *));
    }
}

void mnn_json(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (const char *c = format; *c; c++) {
        if (*c == '%') {
            const size_t longs = strspn(++c, "l");
            c += longs;
            write_value(out, *c, longs > 0, &args);
        } else {
            fputc(*c == '\'' ? '"' : *c, out);
        }
    }
    va_end(args);
}
