#include "report/page.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "io/png_bytes.h"

void mnn_page_text(FILE *out, const char *text)
{
    char shown[1024];
    for (const char *c = mnn_printable(shown, sizeof shown, text); *c; c++)
        switch (*c) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*c, out);
        }
}

/* --- the page ------------------------------------------------------------------------------------- */

/* Eight colours that differ in lightness as well; lines also differ by their dashes. */
static const char STYLE[] =
    ":root{color-scheme:light "
    "dark;--page:#fff;--text:#1c2430;--soft:#596577;--line:#d4dae3;--card:#f5f7fa;--mark:37,99,235;"
    "--s0:#1d4ed8;--s1:#c2410c;--s2:#15803d;--s3:#7e22ce;--s4:#0e7490;--s5:#be123c;--s6:#854d0e;--s7:#475569}"
    "@media(prefers-color-scheme:dark){:root{--page:#12161d;--text:#e3e8ef;--soft:#9aa7b8;--line:#323b48;--card:#"
    "1b212b;"
    "--mark:96,165,250;--s0:#7cacff;--s1:#ff9d5c;--s2:#5fd38a;--s3:#cf9bff;--s4:#58cfe6;--s5:#ff8ba0;--s6:#e0b44c;--s7:"
    "#b3bfce}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:1180px;margin:0 auto;padding:16px}h1{font-size:1.6rem;margin:.2em 0}h2{font-size:1.2rem;margin:2em "
    "0 .6em;"
    "border-bottom:1px solid var(--line)}p{margin:.4em 0}.soft{color:var(--soft)}"
    ".cards{display:flex;flex-wrap:wrap;gap:16px;margin-bottom:16px}.card{background:var(--card);border:1px solid "
    "var(--line);border-radius:8px;"
    "padding:10px 16px}.card b{display:block;font-size:1.5rem}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:16px}"
    "figure{margin:0;max-width:100%}figcaption{font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}"
    ".chart{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px}"
    ".chart svg{width:100%;height:auto;display:block}.chart text{fill:var(--soft);font-size:12px}"
    ".axis{stroke:var(--line);stroke-width:1}path{fill:none;stroke-width:2}"
    ".images{display:flex;flex-wrap:wrap;gap:10px}.images figure{width:112px}"
    ".images img{image-rendering:pixelated;border:1px solid var(--line);max-width:112px}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}"
    "th,td{padding:3px 9px;border:1px solid var(--line);text-align:right}th{font-weight:600;background:var(--card)}"
    "td.name,th.name{text-align:left}td.heat{background:rgba(var(--mark),var(--v))}"
    ".bar{display:inline-block;height:.7em;background:rgba(var(--mark),.7);vertical-align:baseline}"
    "summary{cursor:pointer;font-size:.85rem;color:var(--soft)}:focus-visible{outline:2px solid rgb(var(--mark))}"
    "pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px;overflow-x:auto}"
    "@media print{main{max-width:none}.chart,figure,tr{break-inside:avoid}details{display:none}}";

static const char *const COLOURS[] = {"--s0", "--s1", "--s2", "--s3", "--s4", "--s5", "--s6", "--s7"};
static const char *const DASHES[] = {"none", "7 4", "2 3", "9 3 2 3"};
enum { COLOUR_COUNT = 8, DASH_COUNT = 4 };

void mnn_page_begin(FILE *out, const char *title, int refresh)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          out);
    if (refresh > 0)
        fprintf(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", refresh);
    fputs("<title>", out);
    mnn_page_text(out, title);
    fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n<h1>", STYLE);
    mnn_page_text(out, title);
    fputs("</h1>\n", out);
}

void mnn_page_end(FILE *out)
{
    fputs("</main>\n</body>\n</html>\n", out);
}

void mnn_page_section(FILE *out, const char *heading)
{
    fputs("<h2>", out);
    mnn_page_text(out, heading);
    fputs("</h2>\n", out);
}

/* --- images --------------------------------------------------------------------------------------- */

/* RFC 4648, section 4 */
static void put_base64(FILE *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const unsigned group = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? (unsigned)bytes[i + 2] : 0);
        fputc(digits[group >> 18], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(left > 1 ? digits[group >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[group & 63] : '=', out);
    }
}

size_t mnn_page_image(FILE *out, const mnn_image *image, const char *caption)
{
    enum { LEAST = 84 };
    uint8_t *bytes;
    size_t size;
    const int larger = image->width > image->height ? image->width : image->height,
              zoom = larger < LEAST ? (LEAST + larger - 1) / larger : 1;
    if (mnn_png_bytes(image, &bytes, &size, NULL) != MNN_OK)
        return 0;
    fprintf(out, "<figure><img width=\"%d\" height=\"%d\" alt=\"", image->width * zoom, image->height * zoom);
    mnn_page_text(out, caption);
    fputs("\" src=\"data:image/png;base64,", out);
    put_base64(out, bytes, size);
    fputs("\"><figcaption>", out);
    mnn_page_text(out, caption);
    fputs("</figcaption></figure>\n", out);
    free(bytes);
    return size;
}

/* --- charts --------------------------------------------------------------------------------------- */

enum { WIDTH = 480, HEIGHT = 260, LEFT = 62, RIGHT = 12, TOP = 10, BOTTOM = 40, TABLE_ROWS = 200 };

typedef struct range {
    double least, most, step; /* between ticks */
} range;

static void include(range *r, double value)
{
    if (!isfinite(value))
        return;
    r->least = value < r->least ? value : r->least;
    r->most = value > r->most ? value : r->most;
}

/** 1, 2 or 5 times a power of ten, such that the range has at most so many steps. */
static void set_ticks(range *r, int most)
{
    if (!(r->most >= r->least))
        *r = (range){0, 1, 0};
    if (r->most == r->least) {
        r->most += fabs(r->most) > 0 ? fabs(r->most) * 0.1 : 1;
        r->least -= fabs(r->least) * 0.1;
    }
    const double rough = (r->most - r->least) / most, power = pow(10, floor(log10(rough))), ratio = rough / power;
    r->step = power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
}

static double place(const range *r, double value, double from, double to)
{
    return from + (to - from) * (value - r->least) / (r->most - r->least);
}

static double across(const range *x, double value)
{
    return place(x, value, LEFT, WIDTH - RIGHT);
}

static double down(const range *y, double value)
{
    return place(y, value, HEIGHT - BOTTOM, TOP);
}

static void draw_axes(FILE *out, const mnn_chart *c, const range *x, const range *y)
{
    for (double v = ceil(y->least / y->step) * y->step; v <= y->most + y->step * 1e-6; v += y->step)
        fprintf(out,
                "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" "
                "text-anchor=\"end\">%.4g</text>\n",
                LEFT, WIDTH - RIGHT, down(y, v), down(y, v), LEFT - 6, down(y, v) + 4,
                fabs(v) < y->step * 1e-6 ? 0 : v);
    for (double v = ceil(x->least / x->step) * x->step; v <= x->most + x->step * 1e-6; v += x->step)
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.4g</text>\n", across(x, v),
                HEIGHT - BOTTOM + 16, fabs(v) < x->step * 1e-6 ? 0 : v);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6);
    mnn_page_text(out, c->x_name);
    fputs("</text>\n", out);
}

static void draw_points(FILE *out, const mnn_series *s, int number, const range *x, const range *y)
{
    fprintf(out, "<g fill=\"var(%s)\">", COLOURS[number % COLOUR_COUNT]);
    for (int i = 0; i < s->count; i++)
        if (isfinite(s->x[i]) && isfinite(s->y[i]))
            fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>", across(x, s->x[i]), down(y, s->y[i]));
    fputs("</g>\n", out);
}

static void draw_line(FILE *out, const mnn_series *s, int number, const range *x, const range *y)
{
    fprintf(out, "<path stroke=\"var(%s)\" stroke-dasharray=\"%s\" d=\"", COLOURS[number % COLOUR_COUNT],
            DASHES[number % DASH_COUNT]);
    bool drawn = false;
    for (int i = 0; i < s->count; i++) {
        const bool is = isfinite(s->x[i]) && isfinite(s->y[i]);
        if (is)
            fprintf(out, "%c%.1f %.1f", drawn ? 'L' : 'M', across(x, s->x[i]), down(y, s->y[i]));
        drawn = is;
    }
    fputs("\"/>\n", out);
    if (s->count <= 30)
        draw_points(out, s, number, x, y);
}

static void draw_legend(FILE *out, const mnn_chart *c)
{
    fputs("<figcaption>", out);
    mnn_page_text(out, c->title);
    for (int i = 0; i < c->count && (c->count > 1 || c->points); i++) {
        fprintf(out,
                "%s<svg width=\"22\" height=\"8\" aria-hidden=\"true\" style=\"display:inline;width:22px\"><path "
                "stroke=\"var(%s)\" "
                "stroke-dasharray=\"%s\" d=\"M0 4L22 4\"/></svg> ",
                i ? " " : ": ", COLOURS[i % COLOUR_COUNT], c->points ? "none" : DASHES[i % DASH_COUNT]);
        mnn_page_text(out, c->series[i].name);
    }
    fputs("</figcaption>\n", out);
}

/* The figures, where all series have the same x. */
static void write_figures(FILE *out, const mnn_chart *c)
{
    const int count = c->series[0].count;
    if (c->points || count > TABLE_ROWS)
        return;
    fputs("<details><summary>figures</summary><div class=\"wide\"><table><thead><tr><th scope=\"col\">", out);
    mnn_page_text(out, c->x_name);
    fputs("</th>", out);
    for (int i = 0; i < c->count; i++) {
        fputs("<th scope=\"col\">", out);
        mnn_page_text(out, c->series[i].name);
        fputs("</th>", out);
    }
    fputs("</tr></thead><tbody>\n", out);
    for (int k = 0; k < count; k++) {
        fprintf(out, "<tr><td>%.6g</td>", c->series[0].x[k]);
        for (int i = 0; i < c->count; i++)
            if (k < c->series[i].count && isfinite(c->series[i].y[k]))
                fprintf(out, "<td>%.5g</td>", c->series[i].y[k]);
            else
                fputs("<td></td>", out);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div></details>\n", out);
}

void mnn_page_chart(FILE *out, const mnn_chart *c)
{
    range x = {INFINITY, -INFINITY, 0}, y = x;
    if (c->unit)
        x = y = (range){0, 1, 0};
    if (c->from_zero)
        include(&y, 0);
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->series[i].count; k++) {
            include(&x, c->series[i].x[k]);
            include(&y, c->series[i].y[k]);
        }
    set_ticks(&x, 8);
    if (c->whole && x.step < 1)
        x.step = 1;
    set_ticks(&y, 6);
    fprintf(out, "<figure class=\"chart\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    mnn_page_text(out, c->title);
    fputs("\">\n", out);
    draw_axes(out, c, &x, &y);
    for (int i = 0; i < c->count; i++)
        if (c->points)
            draw_points(out, &c->series[i], i, &x, &y);
        else
            draw_line(out, &c->series[i], i, &x, &y);
    fputs("</svg>\n", out);
    draw_legend(out, c);
    write_figures(out, c);
    fputs("</figure>\n", out);
}
