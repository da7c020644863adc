/* Converts a CSV table to IDX files of floats, which a description reads.
 *
 *   csv_to_idx TABLE.csv OUTPUTS FOLDER
 *
 * The first line names the columns; the last OUTPUTS of them are the targets, the others the inputs. Every fifth
 * row is kept for testing. Every input column is normalized to mean 0 and standard deviation 1 over the training
 * rows; the means and deviations are printed, since new data must be normalized with them. The files
 * {train,test}-{inputs,outputs}-idx2-float are written to FOLDER, which must exist. Exit codes: 0 success; 2 usage
 * error; 3 the table was rejected; 5 a file could not be read or written. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 256, MAX_LINE = 8192, TEST_EVERY = 5 };

typedef struct table {
    int columns, outputs;
    char names[MAX_LINE];
    const char *name[MAX_COLUMNS];
    uint32_t rows, capacity;
    float *values; /* [rows, columns] */
} table;

/* Report an error in a line of the table, and exit. */
static _Noreturn void reject(const char *path, unsigned long line, const char *what)
{
    fprintf(stderr, "%s:%lu: error: %s\n", path, line, what);
    exit(3);
}

static _Noreturn void fail_file(const char *path)
{
    perror(path);
    exit(5);
}

/* --- reading ------------------------------------------------------------------------------------- */

static void read_names(table *t, const char *path)
{
    for (char *at = strtok(t->names, ",\r\n"); at; at = strtok(NULL, ",\r\n")) {
        if (t->columns == MAX_COLUMNS)
            reject(path, 1, "too many columns (expected at most 256)");
        t->name[t->columns++] = at;
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
            exit(4);
        }
    }
    return t->values + (size_t)t->rows++ * (size_t)t->columns;
}

static void read_row(table *t, const char *path, unsigned long line, const char *text)
{
    float *row = add_row(t);
    for (int i = 0; i < t->columns; i++) {
        char *end;
        row[i] = strtof(text, &end);
        if (end == text || !isfinite(row[i]))
            reject(path, line, "not a number");
        end += strspn(end, " \r\n");
        if (*end != (i + 1 < t->columns ? ',' : '\0'))
            reject(path, line, "wrong number of columns, or not a number");
        text = end + (*end == ',');
    }
}

static void read_table(table *t, const char *path)
{
    FILE *f = fopen(path, "r");
    char text[MAX_LINE];
    if (!f)
        fail_file(path);
    if (!fgets(t->names, sizeof t->names, f))
        reject(path, 1, "no line with the names of the columns");
    read_names(t, path);
    for (unsigned long line = 2; fgets(text, sizeof text, f); line++) {
        if (!strchr(text, '\n') && !feof(f))
            reject(path, line, "line too long");
        if (text[strspn(text, " \r\n")])
            read_row(t, path, line, text);
    }
    if (ferror(f))
        fail_file(path);
    fclose(f);
    if (t->rows < 2 * TEST_EVERY)
        reject(path, t->rows + 1UL, "too few rows (expected at least 10)");
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
    printf("%-20s mean %12.6g, standard deviation %12.6g\n", t->name[column], mean, deviation);
}

/* --- writing ------------------------------------------------------------------------------------- */

static void put_word(FILE *f, uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        putc((int)(word >> shift & 255), f);
}

/* Columns [first, end) of the training rows or of the test rows. */
static void write_idx(const table *t, const char *folder, const char *name, int test, int first, int end)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-idx2-float", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f)
        fail_file(path);
    const uint32_t tests = t->rows / TEST_EVERY;
    put_word(f, 0x0D02); /* floats, two dimensions */
    put_word(f, test ? tests : t->rows - tests);
    put_word(f, (uint32_t)(end - first));
    for (uint32_t r = 0; r < t->rows; r++)
        for (int c = first; c < end && is_test(r) == test; c++) {
            uint32_t bits;
            memcpy(&bits, &t->values[(size_t)r * (size_t)t->columns + (size_t)c], sizeof bits);
            put_word(f, bits);
        }
    if (ferror(f) || fclose(f) != 0)
        fail_file(path);
}

int main(int argc, char **argv)
{
    static table t;
    char *end = NULL;
    const long outputs = argc == 4 ? strtol(argv[2], &end, 10) : 0;
    if (outputs < 1 || outputs >= MAX_COLUMNS || *end) {
        fprintf(stderr, "usage: csv_to_idx TABLE.csv OUTPUTS FOLDER\n");
        return 2;
    }
    t.outputs = (int)outputs;
    read_table(&t, argv[1]);
    const int inputs = t.columns - t.outputs;
    for (int i = 0; i < inputs; i++)
        standardize(&t, i);
    write_idx(&t, argv[3], "train-inputs", 0, 0, inputs);
    write_idx(&t, argv[3], "train-outputs", 0, inputs, t.columns);
    write_idx(&t, argv[3], "test-inputs", 1, 0, inputs);
    write_idx(&t, argv[3], "test-outputs", 1, inputs, t.columns);
    printf("%lu rows, %lu of them for testing; %d inputs, %d outputs\n", (unsigned long)t.rows,
           (unsigned long)(t.rows / TEST_EVERY), inputs, t.outputs);
    free(t.values);
    return 0;
}
