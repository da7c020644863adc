/* See table.h. */
#define _POSIX_C_SOURCE 200809L

#include "data/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/report.h"
#include "io/csv.h"
#include "mnn/check.h"

/* The use of a column: an input's position, or one of these; targets are TARGET, TARGET - 1, ... */
enum { UNUSED = -1, TARGET = -2 };

enum { NAME_SHOWN = 2 * MNN_NAME_SHOWN, FIRST_ROWS = 1024, MOST_CLASSES = MNN_CHECK_CLASSES };

/* A table while it is read. */
typedef struct table {
    const mnn_reading *r;
    mnn_csv csv;
    bool header, fills;
    char decimal;
    float fill;   /* of missing cells */
    size_t width; /* cells per row */
    char **names; /* [width]; NULL: no header */
    int *use;     /* [width] */
    int inputs, targets;
    uint32_t rows, room;
    float *values;   /* [room, inputs] */
    float *wanted;   /* [room, targets], for values */
    uint8_t *labels; /* [room], for classes */
    mnn_error *err;
} table;

static mnn_status fail_memory(const table *t)
{
    return mnn_fail_file(t->err, MNN_ENOMEM, t->csv.stream.path, "not enough memory for the table");
}

/* ": \"power\"" for messages */
static const char *shown(const table *t, size_t column, char text[NAME_SHOWN])
{
    char name[MNN_NAME_SHOWN];
    text[0] = '\0';
    if (t->names)
        snprintf(text, NAME_SHOWN, " \"%s\"", mnn_printable(name, sizeof name, t->names[column]));
    return text;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}

/* --- options ---------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *option(const table *t, const char *name)
{
    return mnn_source_option(t->r->source, name, 0);
}

static char separator_of(const char *text)
{
    if (!text || strcmp(text, "auto") == 0)
        return '\0';
    return strcmp(text, "tab") == 0 ? '\t' : *text;
}

static void read_options(table *t)
{
    const char *header = option(t, "header"), *decimal = option(t, "decimal"), *missing = option(t, "missing");
    t->header = !header || strcmp(header, "false") != 0;
    t->decimal = decimal ? *decimal : '.';
    t->fills = missing != NULL;
    t->fill = missing ? strtof(missing, NULL) : 0;
}

/* --- the header ------------------------------------------------------------------------------------- */

/* A name without blanks around it. */
static char *name_of(const mnn_csv_cell *cell)
{
    const char *text = cell->text;
    size_t length = cell->length;
    for (; length > 0 && is_blank(*text); length--)
        text++;
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    return strndup(text, length);
}

/* A row of numbers alone is no header. */
static mnn_status check_header(const table *t)
{
    float value;
    for (size_t i = 0; i < t->width; i++)
        if (mnn_csv_number(&t->csv.cells[i], t->decimal, &value) != MNN_CSV_NUMBER)
            return MNN_OK;
    return mnn_csv_fail(&t->csv, 0, t->err,
                        "all %zu cells of the first row are numbers (expected the names of the columns)\n"
                        "hint: for a file without names write header=false",
                        t->width);
}

static mnn_status read_first(table *t)
{
    mnn_csv *c = &t->csv;
    mnn_status status = mnn_csv_row(c, t->err);
    if (status)
        return status;
    if (c->count == 0)
        return mnn_fail_file(t->err, MNN_EFORMAT, c->stream.path, "the table is empty (expected a header and rows)");
    t->width = c->count;
    t->use = calloc(t->width, sizeof *t->use);
    if (!t->use)
        return fail_memory(t);
    if (!t->header)
        return MNN_OK;
    status = check_header(t);
    if (status)
        return status;
    t->names = calloc(t->width, sizeof *t->names);
    for (size_t i = 0; t->names && i < t->width; i++)
        if (!(t->names[i] = name_of(&c->cells[i])))
            return fail_memory(t);
    return t->names ? MNN_OK : fail_memory(t);
}

/* --- the use of columns ----------------------------------------------------------------------------- */

/* @return t->width: there is none */
static size_t find_column(const table *t, const char *name, size_t guess)
{
    if (guess < t->width && strcmp(t->names[guess], name) == 0)
        return guess;
    size_t i = 0;
    while (i < t->width && strcmp(t->names[i], name) != 0)
        i++;
    return i;
}

static mnn_status fail_column(const table *t, const char *what, const char *name)
{
    char wanted[MNN_NAME_SHOWN], there[400] = "";
    size_t used = 0;
    for (size_t i = 0; t->names && i < t->width && used < sizeof there - MNN_NAME_SHOWN - 8; i++) {
        char one[MNN_NAME_SHOWN];
        used += (size_t)snprintf(there + used, sizeof there - used, "%s%s", i ? ", " : "",
                                 mnn_printable(one, sizeof one, t->names[i]));
    }
    return mnn_fail_file(t->err, MNN_EFORMAT, t->csv.stream.path, "line %" PRIu64 ": no column \"%s\"%s (got %s)",
                         t->csv.line, mnn_printable(wanted, sizeof wanted, name), what,
                         t->names ? there : "no names: header=false");
}

/* Mark the columns that an option names, by name or by index.
 * @param targets  NULL: they are not used; else counts them
 * @param needed   whether each must be there */
static mnn_status mark(table *t, const char *by_name, const char *by_index, int *targets, bool needed)
{
    const char *value;
    for (int n = 0; (value = mnn_source_option(t->r->source, by_name, n)) != NULL; n++) {
        const size_t i = t->names ? find_column(t, value, t->width) : t->width;
        if (i == t->width && needed)
            return fail_column(t, targets ? " for the target" : " to ignore", value);
        if (i < t->width)
            t->use[i] = targets ? TARGET - (*targets)++ : UNUSED;
    }
    for (int n = 0; (value = mnn_source_option(t->r->source, by_index, n)) != NULL; n++) {
        const long long index = strtoll(value, NULL, 10), i = index < 0 ? index + (long long)t->width : index;
        if (i >= 0 && i < (long long)t->width)
            t->use[i] = targets ? TARGET - (*targets)++ : UNUSED;
        else if (needed)
            return mnn_fail_file(t->err, MNN_EFORMAT, t->csv.stream.path,
                                 "line %" PRIu64 ": no column of index %s (got %zu columns)", t->csv.line, value,
                                 t->width);
    }
    return MNN_OK;
}

/* The inputs are the columns of the training set, in its order. */
static mnn_status use_known(table *t)
{
    const mnn_reading *r = t->r;
    char text[NAME_SHOWN];
    for (size_t i = 0; i < t->width; i++)
        if (t->use[i] == 0)
            t->use[i] = r->column_count; /* not yet seen */
    for (int k = 0; k < r->column_count; k++) {
        const size_t i = find_column(t, r->columns[k], (size_t)k);
        if (i == t->width)
            return fail_column(t, ", an input of the model", r->columns[k]);
        t->use[i] = k;
    }
    t->inputs = r->column_count;
    for (size_t i = 0; i < t->width; i++) {
        if (t->use[i] == r->column_count && r->labels)
            return mnn_csv_fail(&t->csv, i, t->err, "%s is not a column of the training set", shown(t, i, text) + 1);
        t->use[i] = t->use[i] == r->column_count ? UNUSED : t->use[i];
    }
    return MNN_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static mnn_status check_names(const table *t)
{
    char text[MNN_NAME_SHOWN];
    size_t count = 0;
    char **sorted = malloc(t->width * sizeof *sorted);
    if (!sorted)
        return fail_memory(t);
    mnn_status status = MNN_OK;
    for (size_t i = 0; i < t->width && !status; i++) {
        if (t->use[i] == UNUSED)
            continue;
        if (!*t->names[i])
            status = mnn_csv_fail(&t->csv, i, t->err,
                                  "the column has no name (pandas writes row numbers so)\n"
                                  "hint: ignore=%zu leaves the column out",
                                  i);
        sorted[count++] = t->names[i];
    }
    if (!status)
        qsort(sorted, count, sizeof *sorted, by_text);
    for (size_t i = 1; i < count && !status; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = mnn_fail_file(t->err, MNN_EFORMAT, t->csv.stream.path,
                                   "line %" PRIu64 ": two columns have the name \"%s\"", t->csv.line,
                                   mnn_printable(text, sizeof text, sorted[i]));
    free(sorted);
    return status;
}

static mnn_status choose_columns(table *t)
{
    const mnn_reading *r = t->r;
    mnn_status status = mark(t, "ignore", "ignore_index", NULL, r->labels);
    /* a file to predict need not have the target; by index it has it when it has too many columns */
    const bool has_target = r->labels || !r->column_count || t->names || (int)t->width > r->column_count;
    if (!status && has_target)
        status = mark(t, "target", "target_index", &t->targets, r->labels);
    if (!status && t->names)
        status = check_names(t);
    if (!status && t->names && r->columns)
        return use_known(t);
    for (size_t i = 0; i < t->width; i++)
        if (t->use[i] == 0)
            t->use[i] = t->inputs++;
    if (!status && t->inputs == 0)
        status =
            mnn_fail_file(t->err, MNN_EFORMAT, t->csv.stream.path, "no column is an input (got %zu columns)", t->width);
    if (!status && r->labels && r->classes && t->targets > 1)
        status = mnn_fail_file(t->err, MNN_EFORMAT, t->csv.stream.path, "classes are one column (got %d targets)",
                               t->targets);
    return status;
}

/* --- cells ------------------------------------------------------------------------------------------ */

static bool looks_like_date(const char *text)
{
    int digits = 0, marks = 0;
    for (; *text; text++) {
        digits += isdigit((unsigned char)*text) != 0;
        marks += *text == '-' || *text == '/' || *text == '.' || *text == ':';
    }
    return digits >= 4 && marks >= 2;
}

static const char *hint_of(const table *t, const mnn_csv_cell *cell)
{
    float value;
    if (t->decimal == '.' && strchr(cell->text, ',') && mnn_csv_number(cell, ',', &value) == MNN_CSV_NUMBER)
        return "\nhint: for a decimal comma write decimal=\",\"";
    if (looks_like_date(cell->text))
        return "\nhint: this looks like a date; ignore=... leaves the column out";
    return "\nhint: columns of text are no inputs; ignore=... leaves one out";
}

static mnn_status fail_cell(const table *t, size_t column, const mnn_csv_cell *cell, mnn_csv_value kind)
{
    char name[NAME_SHOWN], text[MNN_NAME_SHOWN];
    shown(t, column, name);
    mnn_printable(text, sizeof text, cell->text);
    if (kind == MNN_CSV_MISSING)
        return mnn_csv_fail(&t->csv, column, t->err, "the value of%s is missing (got \"%s\", expected a number)%s",
                            *name ? name : " the cell", text,
                            t->use[column] >= 0 ? "\nhint: missing=0 replaces missing inputs by 0" : "");
    if (kind == MNN_CSV_HUGE)
        return mnn_csv_fail(&t->csv, column, t->err, "the value of%s is not a finite 32-bit float (got \"%s\")",
                            *name ? name : " the cell", text);
    return mnn_csv_fail(&t->csv, column, t->err, "the value of%s is not a number (got \"%s\")%s",
                        *name ? name : " the cell", text, hint_of(t, cell));
}

static mnn_status read_value(const table *t, size_t column, float *out)
{
    const mnn_csv_cell *cell = &t->csv.cells[column];
    const mnn_csv_value kind = mnn_csv_number(cell, t->decimal, out);
    if (kind == MNN_CSV_NUMBER)
        return MNN_OK;
    if (kind == MNN_CSV_MISSING && t->fills && t->use[column] >= 0) {
        *out = t->fill;
        return MNN_OK;
    }
    return fail_cell(t, column, cell, kind);
}

/* A label by its name, or as a class number. */
static mnn_status read_class(const table *t, size_t column, uint8_t *out)
{
    const mnn_reading *r = t->r;
    const mnn_csv_cell *cell = &t->csv.cells[column];
    char text[MNN_NAME_SHOWN], name[NAME_SHOWN];
    float value = -1;
    if (r->class_names) {
        char *label = name_of(cell);
        int k = 0;
        if (!label)
            return fail_memory(t);
        while (k < r->class_count && strcmp(r->class_names[k], label) != 0)
            k++;
        free(label);
        *out = (uint8_t)k;
        if (k < r->class_count)
            return MNN_OK;
    } else if (mnn_csv_number(cell, t->decimal, &value) == MNN_CSV_NUMBER && value >= 0 && value < 256 &&
               value == (float)(int)value) {
        *out = (uint8_t)value;
        return MNN_OK;
    }
    shown(t, column, name);
    mnn_printable(text, sizeof text, cell->text);
    if (r->class_names)
        return mnn_csv_fail(&t->csv, column, t->err, "the label%s is not one of the %d classes (got \"%s\")", name,
                            r->class_count, text);
    return mnn_csv_fail(&t->csv, column, t->err,
                        "the label%s is not a class number (got \"%s\")\n"
                        "hint: classes=[...] names the classes; mnnc finds them where the file is when it runs",
                        name, text);
}

/* --- rows ------------------------------------------------------------------------------------------- */

static mnn_status grow(table *t)
{
    const uint32_t room = t->room ? t->room * 2 : FIRST_ROWS;
    float *values = realloc(t->values, (size_t)room * (size_t)t->inputs * sizeof *values);
    if (values)
        t->values = values;
    uint8_t *labels = t->r->labels && t->r->classes ? realloc(t->labels, room) : NULL;
    if (labels)
        t->labels = labels;
    const bool numbers = t->r->labels && !t->r->classes;
    float *wanted = numbers ? realloc(t->wanted, (size_t)room * (size_t)t->targets * sizeof *wanted) : NULL;
    if (wanted)
        t->wanted = wanted;
    const bool has_labels = !t->r->labels || (t->r->classes ? labels != NULL : wanted != NULL);
    if (!values || !has_labels || room < t->room)
        return fail_memory(t);
    t->room = room;
    return MNN_OK;
}

static mnn_status check_width(const table *t)
{
    const mnn_csv *c = &t->csv;
    if (c->count == t->width)
        return MNN_OK;
    return mnn_csv_fail(c, c->count < t->width ? c->count : t->width, t->err,
                        "the row has %zu cell%s (expected %zu, as in the first row)%s", c->count,
                        c->count == 1 ? "" : "s", t->width,
                        c->count > t->width && c->separator == ',' && t->decimal == '.'
                            ? "\nhint: a cell that holds a comma must be in quotes"
                            : "");
}

static mnn_status take_row(table *t)
{
    mnn_status status = check_width(t);
    if (!status && t->rows == t->room)
        status = grow(t);
    for (size_t i = 0; i < t->width && !status; i++) {
        const int use = t->use[i];
        if (use >= 0)
            status = read_value(t, i, &t->values[(size_t)t->rows * (size_t)t->inputs + (size_t)use]);
        else if (use <= TARGET && t->r->labels && t->r->classes)
            status = read_class(t, i, &t->labels[t->rows]);
        else if (use <= TARGET && t->r->labels)
            status = read_value(t, i, &t->wanted[(size_t)t->rows * (size_t)t->targets + (size_t)(TARGET - use)]);
    }
    t->rows += !status;
    return status;
}

static mnn_status open_table(table *t)
{
    read_options(t);
    mnn_status status = mnn_csv_open(&t->csv, t->r->files->samples, separator_of(option(t, "separator")), t->err);
    if (status)
        return status;
    status = read_first(t);
    return status ? status : choose_columns(t);
}

static void close_table(table *t)
{
    if (t->csv.buffer)
        mnn_csv_close(&t->csv);
    free_names(t->names, t->width);
    free(t->use);
    free(t->values);
    free(t->wanted);
    free(t->labels);
}

/* All rows, the first one, too, when it is no header.
 * @param take  for each */
static mnn_status read_rows(table *t, mnn_status (*take)(table *t))
{
    mnn_status status = t->header ? mnn_csv_row(&t->csv, t->err) : MNN_OK;
    while (!status && t->csv.count > 0 && t->rows < t->r->first) {
        status = take(t);
        if (!status)
            status = mnn_csv_row(&t->csv, t->err);
    }
    if (!status && t->rows == 0)
        status = mnn_fail_file(t->err, MNN_EFORMAT, t->csv.stream.path, "the table has no rows after its header");
    return status;
}

static void give(mnn_array *out, float **values, uint8_t **data, uint32_t rows, int columns)
{
    const size_t count = (size_t)rows * (size_t)columns;
    *out = (mnn_array){
        .rank = 2, .dims = {rows, (uint32_t)columns}, .total = rows, .count = count, .data = *data, .values = *values};
    out->checksum = (uint32_t)(*data ? crc32_z(0, *data, count)
                                     : crc32_z(0, (const unsigned char *)*values, count * sizeof **values));
    *values = NULL;
    *data = NULL;
}

mnn_status mnn_table_read(const mnn_reading *r, mnn_array *samples, mnn_array *labels, mnn_error *err)
{
    table t = {.r = r, .err = err};
    uint8_t *no_bytes = NULL;
    mnn_status status = open_table(&t);
    if (!status)
        status = read_rows(&t, take_row);
    if (!status) {
        give(samples, &t.values, &no_bytes, t.rows, t.inputs);
        if (r->labels)
            give(labels, &t.wanted, &t.labels, t.rows, r->classes ? 1 : t.targets);
    }
    close_table(&t);
    return status;
}

bool mnn_table_is(const mnn_head *head)
{
    const char *contents = mnn_contents_of(head, MNN_EXPECT_IDX);
    return contents && strcmp(contents, "a CSV table") == 0;
}

/* --- before a model is known ------------------------------------------------------------------------ */

/* A table that is looked at; the table comes first, so that take_label() finds the rest. */
typedef struct look {
    table t;
    char **labels; /* [MOST_CLASSES + 1], sorted by bytes */
    int count;
} look;

static mnn_status take_label(table *t)
{
    look *l = (look *)(void *)t;
    const mnn_status status = check_width(t);
    t->rows += t->rows < UINT32_MAX - 1;
    for (size_t i = 0; i < t->width && !status && t->targets == 1 && l->count <= MOST_CLASSES; i++) {
        if (t->use[i] != TARGET)
            continue;
        char *label = name_of(&t->csv.cells[i]);
        if (!label)
            return fail_memory(t);
        int at = 0, order = 1;
        while (at < l->count && (order = strcmp(l->labels[at], label)) < 0)
            at++;
        if (!*label || (at < l->count && order == 0)) {
            free(label);
            continue;
        }
        memmove(l->labels + at + 1, l->labels + at, (size_t)(l->count - at) * sizeof *l->labels);
        l->labels[at] = label;
        l->count++;
    }
    return status;
}

static int by_value(const void *a, const void *b)
{
    const double x = strtod(*(char *const *)a, NULL), y = strtod(*(char *const *)b, NULL);
    return (x > y) - (x < y);
}

static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    const size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 10 && text[digits] == '\0';
}

/* The rows read become the result. */
static mnn_status finish_look(look *l, mnn_looked *out)
{
    table *t = &l->t;
    *out = (mnn_looked){.columns = t->inputs};
    if (l->count <= MOST_CLASSES) {
        out->class_names = l->labels;
        out->classes = l->count;
        out->are_numbers = true;
        for (int i = 0; i < l->count; i++)
            out->are_numbers = out->are_numbers && is_integer(l->labels[i]);
        if (out->are_numbers)
            qsort(l->labels, (size_t)l->count, sizeof *l->labels, by_value);
        l->labels = NULL;
    }
    out->names = t->names ? calloc((size_t)t->inputs, sizeof *out->names) : NULL;
    for (size_t i = 0; i < t->width && out->names; i++)
        if (t->use[i] >= 0) {
            out->names[t->use[i]] = t->names[i];
            t->names[i] = NULL;
        }
    if (!t->names || out->names)
        return MNN_OK;
    mnn_looked_free(out);
    return fail_memory(t);
}

mnn_status mnn_table_look(const mnn_reading *r, mnn_looked *out, mnn_error *err)
{
    look l = {.t = {.r = r, .err = err}};
    l.labels = calloc(MOST_CLASSES + 2, sizeof *l.labels);
    mnn_status status = l.labels ? open_table(&l.t) : mnn_fail(err, MNN_ENOMEM, "out of memory for labels");
    if (!status)
        status = read_rows(&l.t, take_label);
    if (!status)
        status = finish_look(&l, out);
    free_names(l.labels, (size_t)l.count);
    close_table(&l.t);
    return status;
}

void mnn_looked_free(mnn_looked *looked)
{
    free_names(looked->names, (size_t)looked->columns);
    free_names(looked->class_names, (size_t)looked->classes);
    *looked = (mnn_looked){0};
}
