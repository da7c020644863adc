#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "support/diag.h"
#include "support/str.h"

enum { SHOWN_ERRORS = 50, SHOWN_COLUMNS = 100, COLUMNS_BEFORE_CARET = 60 };

/* Before a line of the source: "   13 | "; on terminals of fewer columns than NARROW nothing. */
enum { MARGIN = 8, NARROW = 40, DOTS = 3, FEWEST_COLUMNS = 3 };

/* An error, a warning or a note alone; its notes and hints follow it in the list. */
typedef struct group {
    const diag *head;
    int source; /* sources in the order in which they were first reported; -1 without a position */
    int index;
} group;

static bool is_head(const diag *g)
{
    return g->severity == DIAG_ERROR || g->severity == DIAG_WARNING || g->severity == DIAG_REMARK;
}

static int compare_groups(const void *left, const void *right)
{
    const group *a = left;
    const group *b = right;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->head->at.begin != b->head->at.begin)
        return a->head->at.begin < b->head->at.begin ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int source_order(const group *groups, int count, const source *s)
{
    if (s == NULL)
        return -1;
    int next = 0;
    for (int i = 0; i < count; i++) {
        if (groups[i].head->at.source == s)
            return groups[i].source;
        if (groups[i].source >= next)
            next = groups[i].source + 1;
    }
    return next;
}

static group *sorted_groups(const diag_list *d, int *count)
{
    int heads = 0;
    for (const diag *g = d->first; g != NULL; g = g->next)
        heads += is_head(g);
    group *groups = arena_array(d->arena, (size_t)heads, sizeof *groups);
    int i = 0;
    for (const diag *g = d->first; g != NULL; g = g->next) {
        if (!is_head(g))
            continue;
        groups[i] = (group){g, source_order(groups, i, g->at.source), i};
        i++;
    }
    qsort(groups, (size_t)heads, sizeof *groups, compare_groups);
    *count = heads;
    return groups;
}

/* The same message at the same position, as from a block that is used several times. */
static bool is_repeated(const group *groups, int i)
{
    const diag *g = groups[i].head;
    for (int j = i - 1; j >= 0; j--) {
        const diag *other = groups[j].head;
        if (groups[j].source != groups[i].source || other->at.begin != g->at.begin)
            return false;
        if (other->at.end == g->at.end && other->severity == g->severity && strcmp(other->text, g->text) == 0)
            return true;
    }
    return false;
}

/* The shown line and, byte for byte under it, blanks and carets. */
typedef struct excerpt {
    str text;
    str carets;
    size_t most;   /* columns, besides dots at the ends */
    size_t before; /* columns, at most, before the first caret */
    bool blanks;   /* a tab is one blank, so that its width is known */
} excerpt;

/* The part that fits the terminal. */
static excerpt excerpt_new(const diag_list *d)
{
    excerpt e = {str_new(d->arena), str_new(d->arena), SHOWN_COLUMNS, COLUMNS_BEFORE_CARET, d->columns > 0};
    const int room = d->columns - 2 * DOTS - (d->columns < NARROW ? 0 : MARGIN);
    if (d->columns > 0 && room < SHOWN_COLUMNS) {
        e.most = (size_t)(room > FEWEST_COLUMNS ? room : FEWEST_COLUMNS);
        e.before = e.most / 2;
    }
    str_add(&e.text, "");
    str_add(&e.carets, "");
    return e;
}

static void excerpt_add(excerpt *e, const char *text, size_t length, bool marked)
{
    if (length == 1 && text[0] == '\t') {
        const char shown = e->blanks ? ' ' : '\t';
        str_add_char(&e->text, shown);
        str_add_char(&e->carets, marked ? '^' : shown);
        return;
    }
    size_t before = e->text.length;
    str_add_escaped(&e->text, text, length);
    size_t columns = mnn_utf8_length(e->text.text + before, e->text.length - before);
    for (size_t i = 0; i < columns; i++)
        str_add_char(&e->carets, marked ? '^' : ' ');
}

static size_t character_bytes(const char *text, size_t length)
{
    uint32_t code;
    int bytes = mnn_utf8_decode(text, length, &code);
    return bytes > 0 ? (size_t)bytes : 1;
}

/* The columns that a character takes when it is shown. */
static size_t character_columns(arena *a, const char *text, size_t bytes)
{
    if ((unsigned char)text[0] >= ' ' && (unsigned char)text[0] < 0x7f)
        return 1;
    str shown = str_new(a);
    str_add_escaped(&shown, text, bytes);
    return text[0] == '\t' ? 1 : mnn_utf8_length(shown.text, shown.length);
}

/* Step back over characters that take that many columns. */
static size_t step_back(arena *a, const char *line, size_t from, size_t columns)
{
    size_t i = from;
    while (i > 0) {
        size_t before = i - 1;
        while (before > 0 && ((unsigned char)line[before] & 0xC0U) == 0x80U)
            before--;
        const size_t taken = character_columns(a, line + before, i - before);
        if (taken > columns)
            break;
        columns -= taken;
        i = before;
    }
    return i;
}

static bool fits(arena *a, const char *line, size_t length, size_t columns)
{
    size_t taken = 0;
    for (size_t i = 0; i < length && taken <= columns;) {
        const size_t bytes = character_bytes(line + i, length - i);
        taken += character_columns(a, line + i, bytes);
        i += bytes;
    }
    return taken <= columns;
}

/* Build the line around [begin, end), offsets in the line. One caret at least, also after its end. */
static excerpt build_excerpt(const diag_list *d, const char *line, size_t length, size_t begin, size_t end)
{
    excerpt e = excerpt_new(d);
    size_t i = 0;
    if (!fits(d->arena, line, length, e.most)) {
        i = step_back(d->arena, line, begin, e.before);
        if (i > 0)
            excerpt_add(&e, "...", DOTS, false);
    }
    size_t shown = 0;
    while (i < length) {
        size_t bytes = character_bytes(line + i, length - i);
        shown += character_columns(d->arena, line + i, bytes);
        if (shown > e.most && i != begin)
            break;
        excerpt_add(&e, line + i, bytes, i >= begin && (i < end || i == begin));
        i += bytes;
    }
    if (i < length)
        str_add(&e.text, "...");
    else if (begin >= length)
        str_add_char(&e.carets, '^');
    size_t last = e.carets.length;
    while (last > 0 && e.carets.text[last - 1] != '^')
        last--;
    e.carets.text[last] = '\0';
    /* the first caret points, the others underline */
    char *first = strchr(e.carets.text, '^');
    for (char *c = first == NULL ? NULL : first + 1; c != NULL && *c == '^'; c++)
        *c = '~';
    return e;
}

/* The parts of a message, and their colours as select graphic rendition: those of gcc. */
typedef enum part { PART_ERROR, PART_WARNING, PART_NOTE, PART_HINT, PART_INSERT, PART_PLACE, PART_CARET } part;

static void color_begin(const diag_list *d, part p, FILE *out)
{
    static const char *const colors[] = {
        [PART_ERROR] = "01;31", [PART_WARNING] = "01;35", [PART_NOTE] = "01;36", [PART_HINT] = "01;36",
        [PART_INSERT] = "32",   [PART_PLACE] = "01",      [PART_CARET] = "01;32"};
    if (d->color)
        fprintf(out, "\33[%sm", colors[p]);
}

static void color_end(const diag_list *d, FILE *out)
{
    if (d->color)
        fputs("\33[m", out);
}

static void print_line(const diag_list *d, span at, int line_number, FILE *out)
{
    size_t length;
    const char *line = source_line(at.source, at.begin, &length);
    size_t line_begin = (size_t)(line - at.source->text);
    size_t first = at.begin > line_begin ? at.begin - line_begin : 0;
    size_t last = at.end > line_begin ? at.end - line_begin : 0;
    if (first > length)
        first = length;
    excerpt e = build_excerpt(d, line, length, first, last);
    const bool narrow = d->columns > 0 && d->columns < NARROW;
    const size_t blanks = strcspn(e.carets.text, "^");
    if (!narrow)
        fprintf(out, "%5d | ", line_number);
    fprintf(out, "%s\n%s%.*s", e.text.text, narrow ? "" : "      | ", (int)blanks, e.carets.text);
    color_begin(d, PART_CARET, out);
    fputs(e.carets.text + blanks, out);
    color_end(d, out);
    fputc('\n', out);
}

static void print_path(const diag_list *d, const char *path, FILE *out)
{
    str text = str_new(d->arena);
    str_add(&text, "");
    str_add_escaped(&text, path, strlen(path));
    fputs(text.text, out);
}

/* The line to be written, indented as the line that it comes before. */
static void print_insert(const diag_list *d, const diag *g, FILE *out)
{
    size_t length;
    const char *line = source_line(g->at.source, g->at.begin, &length);
    size_t blanks = 0;
    while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
        blanks++;
    fprintf(out, "%5s | %.*s", "+", (int)blanks, line);
    color_begin(d, PART_INSERT, out);
    fputs(g->text, out);
    color_end(d, out);
    fputc('\n', out);
}

/* The kind of a message, and the text after it. */
static void print_text(const diag_list *d, const diag *g, FILE *out)
{
    static const char *const words[] = {"error", "warning", "note", "hint", ""};
    const bool is_warning = g->severity == DIAG_WARNING, as_error = is_warning && d->options.as_errors;
    const diag_severity said = as_error ? DIAG_ERROR : g->severity == DIAG_REMARK ? DIAG_NOTE : g->severity;
    color_begin(d, (part)said, out); /* their order is the same */
    fprintf(out, "%s:", words[said]);
    color_end(d, out);
    fprintf(out, " %s", g->text);
    if (is_warning)
        fprintf(out, " [-W%s%s]", as_error ? "error=" : "", diag_warning_name(g->kind));
    fputc('\n', out);
}

static void print_one(const diag_list *d, const diag *g, FILE *out)
{
    line_column place = {0, 0};
    if (g->severity == DIAG_INSERT) {
        print_insert(d, g, out);
        return;
    }
    if (g->at.source != NULL) {
        place = source_locate(g->at.source, g->at.begin);
        color_begin(d, PART_PLACE, out);
        print_path(d, g->at.source->path, out);
        fprintf(out, ":%d:%d:", place.line, place.column);
        color_end(d, out);
        fputc(' ', out);
    } else if (is_head(g)) {
        color_begin(d, PART_PLACE, out);
        print_path(d, d->path, out);
        fputc(':', out);
        color_end(d, out);
        fputc(' ', out);
    }
    print_text(d, g, out);
    if (g->at.source != NULL)
        print_line(d, g->at, place.line, out);
}

void diag_print(const diag_list *d, FILE *out)
{
    int count;
    group *groups = sorted_groups(d, &count);
    int shown_errors = 0;
    int shown_warnings = 0;
    int repeated = 0;
    for (int i = 0; i < count; i++) {
        const diag *head = groups[i].head;
        bool is_error = head->severity == DIAG_ERROR;
        if (is_repeated(groups, i)) {
            repeated += is_error;
            continue;
        }
        int *shown = is_error ? &shown_errors : &shown_warnings;
        if (*shown >= SHOWN_ERRORS)
            continue;
        (*shown)++;
        print_one(d, head, out);
        for (const diag *g = head->next; g != NULL && !is_head(g); g = g->next)
            print_one(d, g, out);
    }
    int hidden = d->errors - shown_errors - repeated;
    if (hidden > 0)
        fprintf(out, "%d more error%s not shown\n", hidden, hidden == 1 ? "" : "s");
}
