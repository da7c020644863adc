#include <math.h>
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
