#define _DEFAULT_SOURCE
#include "cli/draw.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/terminal.h"

/* Whether the user's locale has UTF-8. The first variable that is set decides, as in setlocale(3), which is not
 * called: it would change more than this. */
static bool has_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            const char *charset = strchr(value, '.');
            return charset && (strncasecmp(charset, ".utf-8", 6) == 0 || strncasecmp(charset, ".utf8", 5) == 0);
        }
    }
    return false;
}

mnn_draw_style mnn_draw_style_of(FILE *out)
{
    if (!has_utf8())
        return MNN_DRAW_ASCII;
    return mnn_terminal_colors(out) ? MNN_DRAW_COLOUR : MNN_DRAW_BLOCKS;
}

/* --- images ----------------------------------------------------------------------------------------- */

typedef struct colour {
    int red, green, blue;
} colour;

/* Below the last row all is black. */
static colour colour_at(const mnn_image *p, int x, int y)
{
    if (y >= p->height)
        return (colour){0, 0, 0};
    const uint8_t *pixel = p->pixels + ((size_t)y * (size_t)p->width + (size_t)x) * (size_t)p->channels;
    return p->channels == 1 ? (colour){pixel[0], pixel[0], pixel[0]} : (colour){pixel[0], pixel[1], pixel[2]};
}

static int grey(colour c)
{
    return (299 * c.red + 587 * c.green + 114 * c.blue) / 1000;
}

/* The nearest of the terminal's 256 colours: its 24 greys, or its cube of 6 x 6 x 6. */
static int terminal_colour(colour c)
{
    if (c.red == c.green && c.green == c.blue)
        return c.red < 4 ? 16 : c.red > 246 ? 231 : 232 + (c.red - 3) / 10;
    return 16 + 36 * ((c.red * 5 + 127) / 255) + 6 * ((c.green * 5 + 127) / 255) + (c.blue * 5 + 127) / 255;
}

/* The threshold of white where there is only black and white: more than the middle between darkest and lightest. */
static int middle_of(const mnn_image *pictures, int count)
{
    int darkest = 255, lightest = 0;
    for (int i = 0; i < count; i++)
        for (int y = 0; y < pictures[i].height; y++)
            for (int x = 0; x < pictures[i].width; x++) {
                const int level = grey(colour_at(&pictures[i], x, y));
                darkest = level < darkest ? level : darkest;
                lightest = level > lightest ? level : lightest;
            }
    return darkest < lightest ? (darkest + lightest) / 2 : 127;
}

static void draw_cell(FILE *out, mnn_draw_style style, int middle, colour upper, colour lower)
{
    static const char *const blocks[] = {" ", "▄", "▀", "█"};
    static const char letters[] = " .:-=+*#%@";
    if (style == MNN_DRAW_COLOUR)
        fprintf(out, "\033[38;5;%d;48;5;%dm▀", terminal_colour(upper), terminal_colour(lower));
    else if (style == MNN_DRAW_BLOCKS)
        fputs(blocks[2 * (grey(upper) > middle) + (grey(lower) > middle)], out);
    else
        fputc(letters[(grey(upper) + grey(lower)) / 2 * 10 / 256], out);
}

void mnn_draw(FILE *out, mnn_draw_style style, const mnn_image *pictures, int count)
{
    const int middle = style == MNN_DRAW_BLOCKS ? middle_of(pictures, count) : 0;
    for (int y = 0; y < pictures[0].height; y += 2) {
        for (int i = 0; i < count; i++) {
            const mnn_image *p = &pictures[i];
            fputs(i > 0 ? "  " : "", out);
            for (int x = 0; x < p->width; x++)
                draw_cell(out, style, middle, colour_at(p, x, y), colour_at(p, x, y + 1));
            fputs(style == MNN_DRAW_COLOUR ? "\033[0m" : "", out);
        }
        fputc('\n', out);
    }
}

/* --- bars ------------------------------------------------------------------------------------------- */

void mnn_draw_bar(FILE *out, mnn_draw_style style, double share, int width)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double whole = share > 0 ? (share < 1 ? share : 1) * width : 0; /* 0 also for NaN */
    const int parts = (int)(whole * 8 + 0.5);
    int drawn = style == MNN_DRAW_ASCII ? (int)(whole + 0.5) : parts / 8;
    for (int i = 0; i < drawn; i++)
        fputs(style == MNN_DRAW_ASCII ? "#" : "█", out);
    if (style != MNN_DRAW_ASCII && parts % 8 > 0) {
        fputs(eighths[parts % 8], out);
        drawn++;
    }
    fprintf(out, "%*s", width - drawn, "");
}
