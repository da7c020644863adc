#include "base/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "mnn/status.h"

enum { COLUMNS = 80, HELP_COLUMN = 23, MOST_OPTIONS = 128 };

mnn_status mnn_option_fail(const mnn_option_reader *r, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return mnn_fail(r->err, MNN_EUSAGE, "%s\nhint: try %s", text, r->hint);
}

/* --- lookup --------------------------------------------------------------------------------------- */

static bool is_letter(const char *name)
{
    return name[1] != '-';
}

/* How much of a word is the option's name. */
static size_t name_length(const char *word)
{
    return is_letter(word) ? 2 : strcspn(word, "=");
}

/* Names that begin with a word; those of the scope, or all.
 * @return how many, each counted once; *first is the row of the first */
static int count_names(const mnn_option_reader *r, const char *word, size_t length, unsigned scope, bool whole,
                       const mnn_option **first)
{
    int count = 0;
    for (const mnn_option *row = r->rows; row < r->rows + r->count; row++) {
        if (!(row->scope & scope) || strncmp(row->name, word, length) != 0 || (whole && row->name[length] != '\0') ||
            (count > 0 && strcmp(row->name, (*first)->name) == 0))
            continue;
        if (count++ == 0)
            *first = row;
    }
    return count;
}

const mnn_option *mnn_option_find(const mnn_option_reader *r, const char *word)
{
    const mnn_option *found = NULL;
    word = strcmp(word, "-h") == 0 ? "--help" : word;
    const size_t length = name_length(word);
    if (count_names(r, word, length, r->scope, true, &found) || count_names(r, word, length, ~0u, true, &found))
        return found;
    if (length < 3)
        return NULL;
    int count = count_names(r, word, length, r->scope, false, &found);
    if (count == 0)
        count = count_names(r, word, length, ~0u, false, &found);
    return count == 1 ? found : NULL;
}

static mnn_status unknown(const mnn_option_reader *r, const char *word)
{
    const char *names[MOST_OPTIONS];
    char name[64], shown[80];
    int count = 0;
    const mnn_option *first = NULL;
    const size_t length = is_letter(word) ? strlen(word) : name_length(word);
    snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), word);
    mnn_printable(shown, sizeof shown, name);
    for (int i = 0; i < r->count && count < MOST_OPTIONS; i++)
        if (r->rows[i].scope & r->scope)
            names[count++] = r->rows[i].name;
    if (length > 2 && count_names(r, name, length, r->scope, false, &first) > 1)
        return mnn_option_fail(r, "\"%s\" is the beginning of several options, \"%s\" is the first", shown,
                               first->name);
    const char *near = mnn_nearest(name, names, count);
    return near ? mnn_option_fail(r, "unknown option \"%s\", did you mean \"%s\"?", shown, near)
                : mnn_option_fail(r, "unknown option \"%s\"", shown);
}

/* --- values --------------------------------------------------------------------------------------- */

bool mnn_option_has_value(const mnn_option *row)
{
    return row->argument || row->values;
}

/* The next of the words "a|b|c", or NULL. */
static const char *next_value(const char *values)
{
    const char *bar = strchr(values, '|');
    return bar ? bar + 1 : NULL;
}

static bool is_among(const char *values, const char *word)
{
    for (const char *v = values; v; v = next_value(v))
        if (strlen(word) == strcspn(v, "|") && strncmp(v, word, strlen(word)) == 0)
            return true;
    return false;
}

/* The row of an option that takes the value; NULL: none does. */
static const mnn_option *row_of_value(const mnn_option_reader *r, const mnn_option *first, const char *value)
{
    for (const mnn_option *row = first; row < r->rows + r->count; row++)
        if (strcmp(row->name, first->name) == 0 && (row->scope & first->scope) &&
            (!row->values || is_among(row->values, value)))
            return row;
    return NULL;
}

static mnn_status unknown_value(const mnn_option_reader *r, const mnn_option *first, const char *value)
{
    char shown[80], list[200] = "";
    size_t length = 0;
    for (const mnn_option *row = first; row < r->rows + r->count; row++)
        if (strcmp(row->name, first->name) == 0 && (row->scope & first->scope))
            for (const char *v = row->values; v && length < sizeof list; v = next_value(v))
                length += (size_t)snprintf(list + length, sizeof list - length, "%s%.*s", length ? ", " : "",
                                           (int)strcspn(v, "|"), v);
    return mnn_option_fail(r, "unknown value \"%s\" of option \"%s\" (expected %s)",
                           mnn_printable(shown, sizeof shown, value), first->name, list);
}

static mnn_status take_text(const mnn_option_reader *r, const mnn_option *row, const char *value, const char **field)
{
    if (r->once && *field)
        return mnn_option_fail(r, "option \"%s\" is given twice", row->name);
    *field = value;
    return MNN_OK;
}

/* Decimal digits and nothing else. */
static mnn_status take_integer(const mnn_option_reader *r, const mnn_option *row, const char *value, mnn_number *field)
{
    char shown[64];
    errno = 0;
    const bool is_number = *value && value[strspn(value, "0123456789")] == '\0';
    *field = (mnn_number){true, is_number ? strtoull(value, NULL, 10) : 0};
    if (is_number && errno == 0 && field->value >= row->least && field->value <= row->most)
        return MNN_OK;
    return mnn_option_fail(r, "%s needs an integer (got \"%s\", expected %" PRIu64 " to %" PRIu64 ")", row->name,
                           mnn_printable(shown, sizeof shown, value), row->least, row->most);
}

/* A number above 0, followed by at most one of the letters, which are powers of 1024 in order. */
static bool read_positive(const char *text, const char *letters, double *number)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *number = strtod(text, &end);
    const char *unit = *end != '\0' ? strchr(letters, *end) : NULL;
    for (const char *c = letters; unit && c <= unit; c++)
        *number *= 1024;
    return end[unit != NULL] == '\0' && *number > 0 && *number < 1e18;
}

static mnn_status take_number(const mnn_option_reader *r, const mnn_option *row, const char *value, void *field)
{
    char shown[64];
    double number = 0;
    const bool is_size = row->kind == MNN_OPTION_SIZE;
    if (!read_positive(value, is_size ? "KMG" : "", &number) || (is_size && number < 1))
        return mnn_option_fail(r, "%s needs %s (got \"%s\")", row->name,
                               is_size ? "a size in bytes, or with K, M or G" : "a number above 0",
                               mnn_printable(shown, sizeof shown, value));
    if (is_size)
        *(int64_t *)field = (int64_t)number;
    else
        *(double *)field = number;
    return MNN_OK;
}

static mnn_status store(mnn_option_reader *r, const mnn_option *row, const char *value)
{
    void *field = (char *)r->target + row->field;
    switch (row->kind) {
    case MNN_OPTION_TEXT:
        return take_text(r, row, value, field);
    case MNN_OPTION_INTEGER:
        return take_integer(r, row, value, field);
    case MNN_OPTION_REAL:
    case MNN_OPTION_SIZE:
        return take_number(r, row, value, field);
    case MNN_OPTION_OWN:
        return row->take(r, row, value);
    default:
        *(bool *)field = true;
        return MNN_OK;
    }
}

/* The value that the word itself holds, or NULL. */
static const char *value_in(const char *word)
{
    const char *rest = word + name_length(word);
    return *rest == '\0' ? NULL : is_letter(word) ? rest : rest + 1;
}

mnn_status mnn_option_read(mnn_option_reader *r, int argc, char **argv, int *i, const mnn_option **row)
{
    const mnn_option *first = mnn_option_find(r, argv[*i]);
    if (!first)
        return unknown(r, argv[*i]);
    if (!(first->scope & r->scope))
        return mnn_option_fail(r, "%s is not an option of the command \"%s\"", first->name, r->command);
    const char *value = value_in(argv[*i]);
    if (!mnn_option_has_value(first) && value)
        return mnn_option_fail(r, "%s takes no value", first->name);
    if (mnn_option_has_value(first) && !value && *i + 1 < argc)
        value = argv[++*i];
    const char *name = first->argument ? first->argument : "VALUE";
    if (mnn_option_has_value(first) && !value)
        return mnn_option_fail(r, "%s needs a value: %s %s", first->name, first->name, name);
    if (value && !*value && first->kind != MNN_OPTION_INTEGER)
        return mnn_option_fail(r, "the value of %s is empty (expected %s %s)", first->name, first->name, name);
    const mnn_option *found = value ? row_of_value(r, first, value) : first;
    if (!found)
        return unknown_value(r, first, value);
    if (row)
        *row = found;
    return store(r, found, value);
}

/* --- help ----------------------------------------------------------------------------------------- */

void mnn_option_line(FILE *out, const char *what, const char *help)
{
    enum { WIDTH = COLUMNS - HELP_COLUMN };
    do {
        size_t length = strlen(help);
        if (length > WIDTH)
            for (length = WIDTH; length > 1 && help[length] != ' ';)
                length--;
        fprintf(out, "  %-*s %.*s\n", HELP_COLUMN - 3, what, (int)length, help);
        help += length + (help[length] == ' ');
        what = "";
    } while (*help);
}

void mnn_option_help(FILE *out, const mnn_option *row, const char *between)
{
    char left[64];
    const char *value = row->argument ? row->argument : row->values;
    snprintf(left, sizeof left, "%s%s%s", row->name,
             !value                 ? ""
             : is_letter(row->name) ? " "
                                    : between,
             value ? value : "");
    mnn_option_line(out, left, row->help);
}
