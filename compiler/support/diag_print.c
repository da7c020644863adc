#include <stdlib.h>
#include <string.h>

#include "support/diag.h"
#include "support/str.h"
#include "support/utf8.h"

enum { SHOWN_ERRORS = 50, SHOWN_COLUMNS = 100, COLUMNS_BEFORE_CARET = 60 };

/* An error, a warning or a note alone; its notes and hints follow it in the list. */
typedef struct group {
    const diag *head;
    int source; /* sources in the order in which they were first reported; -1 without a place */
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

/* The same thing said of the same place, as happens when a block is used several times. */
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
} excerpt;

static void excerpt_add(excerpt *e, const char *text, size_t length, bool marked)
{
    if (length == 1 && text[0] == '\t') {
        str_add_char(&e->text, '\t');
        str_add_char(&e->carets, marked ? '^' : '\t');
        return;
    }
    size_t before = e->text.length;
    str_add_escaped(&e->text, text, length);
    size_t columns = utf8_length(e->text.text + before, e->text.length - before);
    for (size_t i = 0; i < columns; i++)
        str_add_char(&e->carets, marked ? '^' : ' ');
}

static size_t character_bytes(const char *text, size_t length)
{
    uint32_t code;
    int bytes = utf8_decode(text, length, &code);
    return bytes > 0 ? (size_t)bytes : 1;
}

/* Step back over a number of characters. */
static size_t step_back(const char *line, size_t from, size_t characters)
{
    size_t i = from;
    while (characters > 0 && i > 0) {
        i--;
        while (i > 0 && ((unsigned char)line[i] & 0xC0U) == 0x80U)
            i--;
        characters--;
    }
    return i;
}

/* Build the line around [begin, end), offsets in the line. One caret at least, also behind its end. */
static excerpt build_excerpt(arena *a, const char *line, size_t length, size_t begin, size_t end)
{
    excerpt e = {str_new(a), str_new(a)};
    str_add(&e.text, "");
    str_add(&e.carets, "");
    size_t i = 0;
    if (length > SHOWN_COLUMNS && begin > COLUMNS_BEFORE_CARET) {
        i = step_back(line, begin, COLUMNS_BEFORE_CARET);
        if (i > 0)
            excerpt_add(&e, "...", 3, false);
    }
    size_t shown = 0;
    while (i < length && shown < SHOWN_COLUMNS) {
        size_t bytes = character_bytes(line + i, length - i);
        excerpt_add(&e, line + i, bytes, i >= begin && (i < end || i == begin));
        i += bytes;
        shown++;
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
    excerpt e = build_excerpt(d->arena, line, length, first, last);
    fprintf(out, "%5d | %s\n", line_number, e.text.text);
    const size_t blanks = strcspn(e.carets.text, "^");
    fprintf(out, "      | %.*s", (int)blanks, e.carets.text);
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

/* What a message is called, and what stands behind its text. */
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
