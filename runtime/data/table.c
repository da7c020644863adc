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

/* Between the name of a column and what an option says of it (compiler/sema/columns.c). */
enum { MARK = '\x1f' };

/* What the options say of a column. */
typedef struct described {
    bool fills, is_category;
    float fill;         /* of missing cells */
    const char *other;  /* category of missing and unknown cells; NULL: none */
    const char *learns; /* "mean" or "median": where the fill is yet to be found; NULL: not */
    int categories;     /* known ones: inputs from use on */
} described;

/* A table while it is read. */
typedef struct table {
    const mnn_reading *r;
    mnn_csv csv;
    bool header, fills;
    char decimal;
    float fill;         /* of missing cells */
    size_t width;       /* cells per row */
    char **names;       /* [width]; NULL: no header */
    int *use;           /* [width] */
    described *columns; /* [width] */
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
    t->columns = calloc(t->width, sizeof *t->columns);
    if (!t->use || !t->columns)
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

/* What an option says of a column; NULL: nothing. */
static const char *option_of(const table *t, const char *option, const char *name)
{
    const size_t length = strlen(name);
    const char *value;
    for (int n = 0; (value = mnn_source_option(t->r->source, option, n)) != NULL; n++)
        if (strncmp(value, name, length) == 0 && (value[length] == MARK || value[length] == '\0'))
            return value + length + (value[length] == MARK);
    return NULL;
}

/* Each column that an option names must be there, where the reading has all columns. */
static mnn_status check_described(const table *t)
{
    static const char *const options[] = {"fill", "learn", "category"};
    const char *value;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        for (int n = 0; (value = mnn_source_option(t->r->source, options[i], n)) != NULL; n++) {
            char name[MNN_NAME_SHOWN];
            snprintf(name, sizeof name, "%.*s", (int)strcspn(value, "\x1f"), value);
            if (t->r->labels && (!t->names || find_column(t, name, t->width) == t->width))
                return fail_column(t, ", which columns { ... } describes", name);
        }
    return MNN_OK;
}

static void describe_columns(const table *t)
{
    for (size_t i = 0; i < t->width && t->names; i++) {
        const char *fill = option_of(t, "fill", t->names[i]);
        t->columns[i] = (described){.fills = fill != NULL,
                                    .fill = fill ? strtof(fill, NULL) : 0,
                                    .is_category = option_of(t, "category", t->names[i]) != NULL,
                                    .other = option_of(t, "other", t->names[i]),
                                    .learns = option_of(t, "learn", t->names[i])};
    }
}

/* The category of an input "site=berlin"; NULL: of another column. */
static const char *category_of(const table *t, size_t i, int input)
{
    const size_t length = strlen(t->names[i]);
    const char *name = input < t->r->column_count ? t->r->columns[input] : "";
    return strncmp(name, t->names[i], length) == 0 && name[length] == '=' ? name + length + 1 : NULL;
}

/* Mark the column of an input; of a category, the first input.
 * @return inputs that it has; 0: it is not there */
static int use_input(const table *t, int input)
{
    for (size_t i = 0; i < t->width; i++) {
        if (!t->columns[i].is_category || !category_of(t, i, input))
            continue;
        t->use[i] = input;
        while (category_of(t, i, input + t->columns[i].categories))
            t->columns[i].categories++;
        return t->columns[i].categories;
    }
    const size_t i = find_column(t, t->r->columns[input], (size_t)input);
    if (i < t->width)
        t->use[i] = input;
    return i < t->width;
}

/* The inputs are the columns of the training set, in its order. */
static mnn_status use_known(table *t)
{
    const mnn_reading *r = t->r;
    char text[NAME_SHOWN];
    for (size_t i = 0; i < t->width; i++)
        if (t->use[i] == 0)
            t->use[i] = r->column_count; /* not yet seen */
    for (int k = 0, inputs; k < r->column_count; k += inputs) {
        inputs = use_input(t, k);
        if (inputs == 0)
            return fail_column(t, ", an input of the model", r->columns[k]);
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
    describe_columns(t);
    mnn_status status = mark(t, "ignore", "ignore_index", NULL, r->labels);
    if (!status)
        status = check_described(t);
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
    return "\nhint: a column of text is ignored, or a category: columns { category(\"name\") }";
}

static mnn_status fail_cell(const table *t, size_t column, const mnn_csv_cell *cell, mnn_csv_value kind)
{
    char name[NAME_SHOWN], text[MNN_NAME_SHOWN];
    shown(t, column, name);
    mnn_printable(text, sizeof text, cell->text);
    if (kind == MNN_CSV_MISSING)
        return mnn_csv_fail(
            &t->csv, column, t->err, "the value of%s is missing (got \"%s\", expected a number)%s",
            *name ? name : " the cell", text,
            t->use[column] >= 0
                ? "\nhint: missing=0 replaces missing inputs by 0; columns { number(\"name\", missing=median) }"
                : "");
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
    const bool fills = t->columns[column].fills;
    if (kind == MNN_CSV_MISSING && (fills || t->fills) && t->use[column] >= 0) {
        *out = fills ? t->columns[column].fill : t->fill;
        return MNN_OK;
    }
    return fail_cell(t, column, cell, kind);
}

static bool is_missing(const table *t, const mnn_csv_cell *cell)
{
    float value;
    return mnn_csv_number(cell, t->decimal, &value) == MNN_CSV_MISSING;
}

/* The inputs of a category: 1 for that of the cell. */
static mnn_status read_category(const table *t, size_t i, float *out)
{
    const described *c = &t->columns[i];
    char text[MNN_NAME_SHOWN];
    char *cell = name_of(&t->csv.cells[i]);
    int other = -1, k = 0;
    if (!cell)
        return fail_memory(t);
    for (int n = 0; n < c->categories; n++) {
        out[n] = 0;
        if (c->other && strcmp(category_of(t, i, t->use[i] + n), c->other) == 0)
            other = n;
    }
    if (is_missing(t, &t->csv.cells[i]))
        k = c->categories;
    while (k < c->categories && strcmp(category_of(t, i, t->use[i] + k), cell) != 0)
        k++;
    mnn_printable(text, sizeof text, cell);
    free(cell);
    k = k == c->categories && other >= 0 ? other : k;
    if (k < c->categories) {
        out[k] = 1;
        return MNN_OK;
    }
    return mnn_csv_fail(&t->csv, i, t->err,
                        "the value of \"%s\" is none of the %d categories of the training set (got \"%s\")\n"
                        "hint: category(..., missing=\"other\") has one for missing and unknown cells",
                        t->names[i], c->categories, text);
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
        if (use >= 0 && t->columns[i].is_category)
            status = read_category(t, i, &t->values[(size_t)t->rows * (size_t)t->inputs + (size_t)use]);
        else if (use >= 0)
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
    free(t->columns);
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

enum { MOST_CATEGORIES = 4096 };

/* Distinct texts, sorted by bytes, and the number of cells that have each. */
typedef struct texts {
    char **text;
    uint32_t *cells;
    int count, room;
} texts;

static void free_texts(texts *s)
{
    free_names(s->text, (size_t)s->count);
    free(s->cells);
    *s = (texts){0};
}

static bool grow_texts(texts *s)
{
    if (s->count < s->room)
        return true;
    const size_t room = s->room ? 2 * (size_t)s->room : 16;
    char **text = realloc(s->text, room * sizeof *text);
    s->text = text ? text : s->text;
    uint32_t *cells = text ? realloc(s->cells, room * sizeof *cells) : NULL;
    s->cells = cells ? cells : s->cells;
    s->room = cells ? (int)room : s->room;
    return cells != NULL;
}

/* Count a text, which is released or kept.
 * @return false: out of memory */
static bool count_text(texts *s, char *text)
{
    int low = 0, high = s->count;
    while (low < high) {
        const int middle = (low + high) / 2, order = strcmp(s->text[middle], text);
        if (order == 0) {
            s->cells[middle]++;
            free(text);
            return true;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    if (!grow_texts(s)) {
        free(text);
        return false;
    }
    memmove(s->text + low + 1, s->text + low, (size_t)(s->count - low) * sizeof *s->text);
    memmove(s->cells + low + 1, s->cells + low, (size_t)(s->count - low) * sizeof *s->cells);
    s->text[low] = text;
    s->cells[low] = 1;
    s->count++;
    return true;
}

/* The cells of a column that something is learnt of. */
typedef struct seen {
    texts categories;
    float *values; /* where missing cells get their mean or median */
    size_t count, room;
} seen;

/* A table that is looked at; the table comes first, so that take_look() finds the rest. */
typedef struct look {
    table t;
    texts labels; /* MOST_CLASSES + 1 at most */
    seen *seen;   /* [t.width] */
} look;

static mnn_status take_number(const table *t, size_t i, seen *s)
{
    float value;
    if (is_missing(t, &t->csv.cells[i]))
        return MNN_OK;
    const mnn_status status = read_value(t, i, &value);
    if (status)
        return status;
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : FIRST_ROWS;
        float *more = realloc(s->values, room * sizeof *more);
        if (!more)
            return fail_memory(t);
        s->values = more;
        s->room = room;
    }
    s->values[s->count++] = value;
    return MNN_OK;
}

static mnn_status take_category(const table *t, size_t i, seen *s)
{
    const bool missing = is_missing(t, &t->csv.cells[i]);
    if (missing && t->columns[i].other)
        return MNN_OK;
    if (missing)
        return mnn_csv_fail(&t->csv, i, t->err,
                            "the category of \"%s\" is missing\n"
                            "hint: category(..., missing=\"other\") has one for missing cells",
                            t->names[i]);
    char *text = name_of(&t->csv.cells[i]);
    if (!text || !count_text(&s->categories, text))
        return fail_memory(t);
    if (s->categories.count <= MOST_CATEGORIES)
        return MNN_OK;
    return mnn_csv_fail(&t->csv, i, t->err, "\"%s\" has more than %d categories\nhint: ignore(...) leaves it out",
                        t->names[i], MOST_CATEGORIES);
}

static mnn_status take_label(look *l, size_t i)
{
    const table *t = &l->t;
    if (t->targets != 1 || l->labels.count > MOST_CLASSES)
        return MNN_OK;
    char *label = name_of(&t->csv.cells[i]);
    if (label && !*label)
        free(label);
    else if (!label || !count_text(&l->labels, label))
        return fail_memory(t);
    return MNN_OK;
}

static mnn_status take_look(table *t)
{
    look *l = (look *)(void *)t;
    mnn_status status = check_width(t);
    if (!l->seen && !(l->seen = calloc(t->width, sizeof *l->seen)))
        return fail_memory(t);
    t->rows += t->rows < UINT32_MAX - 1;
    for (size_t i = 0; i < t->width && !status; i++)
        if (t->use[i] == TARGET)
            status = take_label(l, i);
        else if (t->use[i] >= 0 && t->columns[i].is_category)
            status = take_category(t, i, &l->seen[i]);
        else if (t->use[i] >= 0 && t->columns[i].learns)
            status = take_number(t, i, &l->seen[i]);
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

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double fill_of(seen *s, bool median)
{
    double sum = 0;
    if (s->count == 0)
        return 0;
    if (median) {
        qsort(s->values, s->count, sizeof *s->values, by_size);
        return ((double)s->values[(s->count - 1) / 2] + (double)s->values[s->count / 2]) / 2;
    }
    for (size_t i = 0; i < s->count; i++)
        sum += (double)s->values[i];
    return sum / (double)s->count;
}

/* Append three texts as one. */
static bool append_text(char ***list, int *count, const char *a, const char *b, const char *c)
{
    const size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char **more = realloc(*list, ((size_t)*count + 1) * sizeof *more), *text = malloc(size);
    if (more)
        *list = more;
    if (!more || !text) {
        free(text);
        return false;
    }
    snprintf(text, size, "%s%s%s", a, b, c);
    (*list)[(*count)++] = text;
    return true;
}

/* The inputs of a category: those that are not rare, and the other. */
static bool append_categories(const table *t, size_t i, const texts *s, mnn_looked *out)
{
    const char *rare = option_of(t, "rare", t->names[i]), *other = t->columns[i].other;
    const uint32_t least = rare ? (uint32_t)strtoul(rare, NULL, 10) : 1;
    bool ok = true;
    for (int k = 0; k < s->count && ok; k++)
        if (s->cells[k] >= least && (!other || strcmp(s->text[k], other) != 0))
            ok = append_text(&out->names, &out->columns, t->names[i], "=", s->text[k]);
    return ok && (!other || append_text(&out->names, &out->columns, t->names[i], "=", other));
}

static bool append_number(const table *t, size_t i, seen *s, mnn_looked *out)
{
    char option[64];
    const char *learn = t->columns[i].learns;
    if (!append_text(&out->names, &out->columns, t->names[i], "", ""))
        return false;
    snprintf(option, sizeof option, "%c%.9g", MARK, learn ? fill_of(s, strcmp(learn, "median") == 0) : 0.0);
    return !learn || append_text(&out->options, &out->option_count, "fill=", t->names[i], option);
}

static void give_labels(look *l, mnn_looked *out)
{
    texts *labels = &l->labels;
    if (labels->count > MOST_CLASSES)
        return;
    out->class_names = labels->text;
    out->classes = labels->count;
    out->are_numbers = true;
    for (int i = 0; i < labels->count; i++)
        out->are_numbers = out->are_numbers && is_integer(labels->text[i]);
    if (out->are_numbers && labels->count > 0)
        qsort(labels->text, (size_t)labels->count, sizeof *labels->text, by_value);
    labels->text = NULL;
    labels->count = 0;
}

/* The rows read become the result. */
static mnn_status finish_look(look *l, mnn_looked *out)
{
    const table *t = &l->t;
    bool ok = true;
    *out = (mnn_looked){.columns = t->names ? 0 : t->inputs};
    give_labels(l, out);
    for (size_t i = 0; i < t->width && t->names && ok; i++)
        if (t->use[i] >= 0 && t->columns[i].is_category)
            ok = append_categories(t, i, &l->seen[i].categories, out);
        else if (t->use[i] >= 0)
            ok = append_number(t, i, &l->seen[i], out);
    if (ok)
        return MNN_OK;
    mnn_looked_free(out);
    return fail_memory(t);
}

static void free_look(look *l)
{
    free_texts(&l->labels);
    for (size_t i = 0; i < l->t.width && l->seen; i++) {
        free_texts(&l->seen[i].categories);
        free(l->seen[i].values);
    }
    free(l->seen);
    close_table(&l->t);
}

mnn_status mnn_table_look(const mnn_reading *r, mnn_looked *out, mnn_error *err)
{
    look l = {.t = {.r = r, .err = err}};
    mnn_status status = open_table(&l.t);
    if (!status)
        status = read_rows(&l.t, take_look);
    if (!status)
        status = finish_look(&l, out);
    free_look(&l);
    return status;
}

void mnn_looked_free(mnn_looked *looked)
{
    free_names(looked->names, (size_t)looked->columns);
    free_names(looked->class_names, (size_t)looked->classes);
    free_names(looked->options, (size_t)looked->option_count);
    *looked = (mnn_looked){0};
}
