/* Converts a CSV table to IDX files of floats, which a description reads.
 *
 *   csv_to_idx TABLE.csv OUTPUTS FOLDER
 *
 * The first line names the columns; the last OUTPUTS of them are the targets, the others the inputs. Every fifth
 * row is kept for testing. Every input column is normalized to mean 0 and standard deviation 1 over the training
 * rows; the means and deviations are printed, since new data must be normalized with them. The files
 * {train,test}-{inputs,outputs}-idx2-float are written to FOLDER, which must exist. Exit codes: 0 success; 2 usage
 * error; 3 the table was rejected; 5 a file could not be read or written. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_COLUMNS = 256, MAX_LINE = 8192, TEST_EVERY = 5 };

typedef struct table {
    int columns, outputs;
    char names[MAX_LINE];
    const char *name[MAX_COLUMNS];
    uint32_t rows, capacity;
    float *values; /* [rows, columns] */
} table;

/* A file that is written under another name until all are complete. */
typedef struct output {
    FILE *file;
    char path[4096], temporary[4096 + 32];
} output;

enum { OUTPUTS = 4 };
static output outputs[OUTPUTS];

/* Remove the temporary files, so that the files that were there stay as they are, and exit. */
static _Noreturn void end(int code)
{
    for (int i = 0; i < OUTPUTS; i++)
        if (outputs[i].temporary[0])
            remove(outputs[i].temporary);
    exit(code);
}

/* File names on a terminal: bytes other than printable ASCII are replaced. */
static void print_name(const char *name)
{
    for (; *name; name++)
        fputc(*name >= ' ' && *name <= '~' ? *name : '?', stderr);
}

/* Report an error in a line of the table, and exit. */
static _Noreturn void reject(const char *path, unsigned long line, const char *what)
{
    print_name(path);
    fprintf(stderr, ":%lu: error: %s\n", line, what);
    end(3);
}

static _Noreturn void fail_file(const char *path)
{
    const int number = errno;
    print_name(path);
    fprintf(stderr, ": error: %s\n", strerror(number));
    end(5);
}

/* --- reading ------------------------------------------------------------------------------------- */

/* Cut the first line at its commas. */
static void read_names(table *t, const char *path)
{
    t->names[strcspn(t->names, "\r\n")] = '\0';
    for (char *at = t->names; at;) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma++ = '\0';
        if (t->columns == MAX_COLUMNS)
            reject(path, 1, "too many columns (expected at most 256)");
        if (at[strspn(at, " \t")] == '\0')
            reject(path, 1, "a column without a name");
        t->name[t->columns++] = at;
        at = comma;
    }
    if (t->columns <= t->outputs)
        reject(path, 1, "too few columns (expected more than there are outputs)");
}

static float *add_row(table *t)
{
    if (t->rows == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 1024;
        t->values = realloc(t->values, (size_t)t->capacity * (size_t)t->columns * sizeof *t->values);
        if (!t->values) {
            fprintf(stderr, "error: out of memory\n");
            end(4);
        }
    }
    return t->values + (size_t)t->rows++ * (size_t)t->columns;
}

/* A cell is a decimal number, without quotes. strtof() alone also accepts "0x1p3" and "nan". */
static float read_cell(const char *text, const char *path, unsigned long line, char **behind)
{
    const char *start = text + strspn(text, " \t");
    const float value = strtof(start, behind);
    if (*behind == start || strspn(start, "0123456789.+-eE") < (size_t)(*behind - start))
        reject(path, line, *start == '"' ? "not a number (quotes are not supported)" : "not a number");
    if (!isfinite(value))
        reject(path, line, "a number beyond the range of floats");
    *behind += strspn(*behind, " \t\r\n");
    return value;
}

static void read_row(table *t, const char *path, unsigned long line, const char *text)
{
    float *row = add_row(t);
    for (int i = 0; i < t->columns; i++) {
        char *behind;
        row[i] = read_cell(text, path, line, &behind);
        if (*behind == '\0' && i + 1 < t->columns)
            reject(path, line, "too few cells");
        if (*behind == ',' && i + 1 == t->columns)
            reject(path, line, "too many cells");
        if (*behind != (i + 1 < t->columns ? ',' : '\0'))
            reject(path, line, "not a number");
        text = behind + 1;
    }
}

/* Read a line that is complete and holds no NUL, which would hide its rest.
 * @return 0 at the end of the file */
static int read_line(FILE *f, char text[MAX_LINE], const char *path, unsigned long line)
{
    size_t length = 0;
    int c;
    while ((c = getc(f)) != EOF) {
        if (c == '\0')
            reject(path, line, "a NUL (expected text)");
        if (length == MAX_LINE - 1)
            reject(path, line, "line too long");
        text[length++] = (char)c;
        if (c == '\n')
            break;
    }
    text[length] = '\0';
    if (ferror(f))
        fail_file(path);
    return length > 0;
}

static void read_table(table *t, const char *path)
{
    FILE *f = fopen(path, "r");
    char text[MAX_LINE];
    unsigned long line = 2, empty = 0;
    if (!f)
        fail_file(path);
    if (!read_line(f, t->names, path, 1))
        reject(path, 1, "no line with the names of the columns");
    read_names(t, path);
    for (; read_line(f, text, path, line); line++)
        if (text[strspn(text, " \t\r\n")])
            read_row(t, path, line, text);
        else
            empty++;
    fclose(f);
    if (empty > 0)
        printf("%lu empty lines skipped\n", empty);
    if (t->rows < 2 * TEST_EVERY)
        reject(path, line - 1, "too few rows (expected at least 10)");
}

/* --- normalization -------------------------------------------------------------------------------- */

static int is_test(uint32_t row)
{
    return row % TEST_EVERY == TEST_EVERY - 1;
}

static void standardize(table *t, int column)
{
    double sum = 0, squares = 0, count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t r = 0; r < t->rows; r++) {
            const double x = (double)t->values[(size_t)r * (size_t)t->columns + (size_t)column];
            if (is_test(r))
                continue;
            if (pass == 0) {
                sum += x;
                count++;
            } else {
                squares += (x - sum / count) * (x - sum / count);
            }
        }
    const double mean = sum / count, deviation = squares > 0 ? sqrt(squares / count) : 1;
    for (uint32_t r = 0; r < t->rows; r++) {
        float *x = &t->values[(size_t)r * (size_t)t->columns + (size_t)column];
        *x = (float)(((double)*x - mean) / deviation);
    }
    printf("%-20s mean %12.6g, standard deviation %12.6g%s\n", t->name[column], mean, deviation,
           squares > 0 ? "" : " (a constant column)");
}

/* --- writing ------------------------------------------------------------------------------------- */

static void put_word(FILE *f, uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        putc((int)(word >> shift & 255), f);
}

static void create(output *o, const char *folder, const char *name)
{
    snprintf(o->path, sizeof o->path, "%s/%s-idx2-float", folder, name);
    snprintf(o->temporary, sizeof o->temporary, "%s/%s-idx2-float.tmp-%ld", folder, name, (long)getpid());
    o->file = fopen(o->temporary, "wbx");
    if (!o->file) {
        o->temporary[0] = '\0'; /* not ours to remove */
        fail_file(o->path);
    }
}

/* Columns [first, stop) of the training rows or of the test rows. */
static void write_idx(output *o, const table *t, int test, int first, int stop)
{
    FILE *f = o->file;
    const uint32_t tests = t->rows / TEST_EVERY;
    put_word(f, 0x0D02); /* floats, two dimensions */
    put_word(f, test ? tests : t->rows - tests);
    put_word(f, (uint32_t)(stop - first));
    for (uint32_t r = 0; r < t->rows; r++)
        for (int c = first; c < stop && is_test(r) == test; c++) {
            uint32_t bits;
            memcpy(&bits, &t->values[(size_t)r * (size_t)t->columns + (size_t)c], sizeof bits);
            put_word(f, bits);
        }
    const int written = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
    if (!written || fclose(f) != 0)
        fail_file(o->path);
}

static void write_all(const table *t, const char *folder)
{
    static const char *const names[OUTPUTS] = {"train-inputs", "train-outputs", "test-inputs", "test-outputs"};
    const int inputs = t->columns - t->outputs;
    for (int i = 0; i < OUTPUTS; i++)
        create(&outputs[i], folder, names[i]);
    for (int i = 0; i < OUTPUTS; i++)
        write_idx(&outputs[i], t, i / 2, i % 2 ? inputs : 0, i % 2 ? t->columns : inputs);
    for (int i = 0; i < OUTPUTS; i++) {
        if (rename(outputs[i].temporary, outputs[i].path) != 0)
            fail_file(outputs[i].path);
        outputs[i].temporary[0] = '\0';
    }
}

int main(int argc, char **argv)
{
    static table t;
    char *behind = NULL;
    const long count = argc == 4 ? strtol(argv[2], &behind, 10) : 0;
    if (count < 1 || count >= MAX_COLUMNS || *behind) {
        fprintf(stderr, "usage: csv_to_idx TABLE.csv OUTPUTS FOLDER\n");
        return 2;
    }
    t.outputs = (int)count;
    read_table(&t, argv[1]);
    const int inputs = t.columns - t.outputs;
    for (int i = 0; i < inputs; i++)
        standardize(&t, i);
    write_all(&t, argv[3]);
    printf("%lu rows, %lu of them for testing; %d inputs, %d outputs\n", (unsigned long)t.rows,
           (unsigned long)(t.rows / TEST_EVERY), inputs, t.outputs);
    free(t.values);
    return 0;
}
