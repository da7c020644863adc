/* CSV tables: what spreadsheets and programs write, and what is no table. Each row of the lists below is a small file.
 */
#define _GNU_SOURCE

#include "io_helpers.h"

#include "data/table.h"
#include "io_faults.h"

enum { MOST_VALUES = 8 };

static mnn_error err;

/* A file, the options of its source, and what it should be read as. */
typedef struct row {
    const char *what;
    const char *text;
    size_t size; /* 0: strlen(text) */
    const char *options[5];
    bool values;            /* labels are values */
    uint32_t rows;          /* 0: refused ... */
    const char *message;    /* ... with this in the message */
    float in[MOST_VALUES];  /* the first inputs */
    float out[MOST_VALUES]; /* the first labels */
} row;

#define BYTES(text) (text), sizeof(text) - 1

/* The options of every file: a named target. */
#define TARGET_Y .options = {"target=y"}

static const char *const abc[] = {"a", "b", "c"};

static mnn_status read_row(const row *r, const char *path, mnn_array *x, mnn_array *y, const char *const *classes)
{
    char name[400];
    snprintf(name, sizeof name, "%s", path);
    const mnn_source source = {.reader = "csv", .samples = "f", .options = r->options};
    const mnn_found found = {name, NULL};
    const mnn_reading reading = {.source = &source,
                                 .files = &found,
                                 .labels = r->options[0] != NULL,
                                 .classes = !r->values,
                                 .first = UINT32_MAX,
                                 .class_names = classes,
                                 .class_count = classes ? 3 : 0};
    *x = *y = (mnn_array){0};
    return mnn_table_read(&reading, x, y, &err);
}

static void check(const row *r, bool packed)
{
    mnn_array x, y;
    const size_t size = r->size ? r->size : strlen(r->text);
    size_t gz_size = 0;
    unsigned char *gz = packed ? gzip_bytes(r->text, size, &gz_size) : NULL;
    const char *path = packed ? put_file("f.csv", gz, gz_size) : put_file("f.csv", r->text, size);
    free(gz);
    const bool named = !r->values && strchr(r->text, 'a') && strstr(r->what, "class names");
    const mnn_status status = read_row(r, path, &x, &y, named ? abc : NULL);
    if (r->rows == 0) {
        ck_assert_msg(status == MNN_EFORMAT, "%s: status %d: %s", r->what, (int)status, err.text);
        ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0 && strstr(err.text, r->message),
                      "%s: no \"%s\" in \"%s\"", r->what, r->message, err.text);
        ck_assert(!x.values && !y.values && !y.data);
        return;
    }
    ck_assert_msg(status == MNN_OK, "%s: %s", r->what, err.text);
    ck_assert_msg(x.dims[0] == r->rows && x.rank == 2, "%s: %u rows", r->what, x.dims[0]);
    for (size_t i = 0; i < x.count && i < MOST_VALUES; i++)
        ck_assert_msg(x.values[i] == r->in[i], "%s: input %zu is %g", r->what, i, (double)x.values[i]);
    for (size_t i = 0; i < y.count && i < MOST_VALUES; i++)
        ck_assert_msg((y.data ? (float)y.data[i] : y.values[i]) == r->out[i], "%s: label %zu", r->what, i);
    mnn_array_free(&x);
    mnn_array_free(&y);
}

static const row accepted[] = {
    {"plain", BYTES("a,b,y\n1,2,0\n3,4,1\n"), TARGET_Y, .rows = 2, .in = {1, 2, 3, 4}, .out = {0, 1}},
    {"no newline at the end", BYTES("a,y\n1,0\n2,1"), TARGET_Y, .rows = 2, .in = {1, 2}, .out = {0, 1}},
    {"CRLF", BYTES("a,y\r\n1,0\r\n2,1\r\n"), TARGET_Y, .rows = 2, .in = {1, 2}, .out = {0, 1}},
    {"CR alone", BYTES("a,y\r1,0\r2,1\r"), TARGET_Y, .rows = 2, .in = {1, 2}, .out = {0, 1}},
    {"BOM", BYTES("\xEF\xBB\xBFy,a\n0,5\n"), TARGET_Y, .rows = 1, .in = {5}},
    {"BOM before a quote", BYTES("\xEF\xBB\xBF\"y\",a\n0,5\n"), TARGET_Y, .rows = 1, .in = {5}},
    {"semicolons", BYTES("a;b;y\n1;2;1\n"), TARGET_Y, .rows = 1, .in = {1, 2}, .out = {1}},
    {"semicolons and decimal commas", BYTES("a;y\n1,5;0\n"), .options = {"target=y", "decimal=,"}, .rows = 1,
     .in = {1.5f}},
    {"tabs", BYTES("a\tb\ty\n1\t2\t1\n"), TARGET_Y, .rows = 1, .in = {1, 2}, .out = {1}},
    {"bars", BYTES("a|y\n1|1\n"), TARGET_Y, .rows = 1, .in = {1}, .out = {1}},
    {"a separator that is given", BYTES("a,b;y\n1;0\n"), .options = {"target=y", "separator=;"}, .rows = 1, .in = {1}},
    {"tab by name", BYTES("a\ty\n1\t0\n"), .options = {"target=y", "separator=tab"}, .rows = 1, .in = {1}},
    {"quotes", BYTES("\"a\",\"y\"\n\"1\",\"0\"\n"), TARGET_Y, .rows = 1, .in = {1}},
    {"quotes with a newline", BYTES("\"a\nb\",y\n1,0\n"), TARGET_Y, .rows = 1, .in = {1}},
    {"quotes with the separator", BYTES("\"a,b\",y\n1,0\n"), TARGET_Y, .rows = 1, .in = {1}},
    {"doubled quotes", BYTES("a,\"y\"\"z\"\n1,0\n"), .options = {"target=y\"z"}, .rows = 1, .in = {1}},
    {"a quote inside a cell", BYTES("a,5\" disk,y\n1,2,0\n"), TARGET_Y, .rows = 1, .in = {1, 2}},
    {"an empty last line", BYTES("a,y\n1,0\n\n"), TARGET_Y, .rows = 1, .in = {1}},
    {"empty lines between", BYTES("a,y\n\n1,0\n\r\n2,1\n\n\n"), TARGET_Y, .rows = 2, .in = {1, 2}, .out = {0, 1}},
    {"blanks around cells", BYTES(" a , y \n 1 ,\t0 \n"), TARGET_Y, .rows = 1, .in = {1}},
    {"signs and exponents", BYTES("a,b,c,d,y\n-1,+2,1e3,2.5E-1,0\n"), TARGET_Y, .rows = 1, .in = {-1, 2, 1000, .25f}},
    {"half numbers", BYTES("a,b,y\n.5,5.,0\n"), TARGET_Y, .rows = 1, .in = {.5f, 5}},
    {"many digits", BYTES("a,y\n0.1000000000000000055511151231257827021181583404541015625,0\n"), TARGET_Y, .rows = 1,
     .in = {.1f}},
    {"large exponents", BYTES("a,b,y\n1e-400,3.4028234e38,0\n"), TARGET_Y, .rows = 1, .in = {0, 3.4028234e38f}},
    {"no header", BYTES("1,2,0\n3,4,1\n"), .options = {"target_index=-1", "header=false"}, .rows = 2,
     .in = {1, 2, 3, 4}, .out = {0, 1}},
    {"target by index", BYTES("y,a\n1,5\n"), .options = {"target_index=0"}, .rows = 1, .in = {5}, .out = {1}},
    {"ignored text", BYTES("id,a,y\nx7,1,0\n"), .options = {"target=y", "ignore=id"}, .rows = 1, .in = {1}},
    {"ignored column without a name", BYTES(",a,y\n0,1,0\n"), .options = {"target=y", "ignore_index=0"}, .rows = 1,
     .in = {1}},
    {"missing replaced", BYTES("a,b,y\n,NA,0\nnan,null,0\n"), .options = {"target=y", "missing=-1"}, .rows = 2,
     .in = {-1, -1, -1, -1}},
    {"missing in other spellings", BYTES("a,b,c,d,y\nN/A,None,#N/A,?,0\n"), .options = {"target=y", "missing=0"},
     .rows = 1},
    {"several targets", BYTES("y,a,z\n1,2,3\n4,5,6\n"), .options = {"target=z", "target=y"}, .values = true, .rows = 2,
     .in = {2, 5}, .out = {3, 1, 6, 4}},
    {"a target of numbers", BYTES("a,y\n1,2.5\n"), TARGET_Y, .values = true, .rows = 1, .in = {1}, .out = {2.5f}},
    {"class names", BYTES("a,y\n1,b\n2, c\n3,\"a\"\n"), TARGET_Y, .rows = 3, .in = {1, 2, 3}, .out = {1, 2, 0}},
    {"one column, no labels", BYTES("a\n1\n2\n"), .rows = 2, .in = {1, 2}},
    {"integers as floats are classes", BYTES("a,y\n1,2.0\n"), TARGET_Y, .rows = 1, .in = {1}, .out = {2}},
};

static const row refused[] = {
    {"header alone", BYTES("a,y\n"), TARGET_Y, .message = "the table has no rows after its header"},
    {"newlines alone", BYTES("\n\n"), TARGET_Y, .message = "the table is empty"},
    {"too few cells", BYTES("a,b,y\n1,2,0\n3,4\n"), TARGET_Y,
     .message = "line 3, column 3: the row has 2 cells (expected 3"},
    {"too many cells", BYTES("a,y\n1,0\n\n1,5,0\n"), TARGET_Y,
     .message = "line 4, column 3: the row has 3 cells (expected 2"},
    {"a separator at the end of rows", BYTES("a,y\n1,0,\n"), TARGET_Y,
     .message = "line 2, column 3: the row has 3 cells"},
    {"a comment", BYTES("a,y\n# c\n1,0\n"), TARGET_Y, .message = "line 2, column 2: the row has 1 cell (expected 2"},
    {"a quote that is not closed", BYTES("a,y\n1,\"0\n2,1\n"), TARGET_Y,
     .message = "line 2, column 2: the quote is not closed"},
    {"text after a quote", BYTES("a,y\n\"1\"2,0\n"), TARGET_Y,
     .message = "line 2, column 1: text after the closing quote"},
    {"NUL", BYTES("a,y\n1,0\n2\0,1\n"), TARGET_Y, .message = "line 3, column 1: a NUL byte"},
    {"NUL in quotes", BYTES("a,y\n1,\"\0\"\n"), TARGET_Y, .message = "line 2, column 2: a NUL byte"},
    {"UTF-16 with a BOM",
     BYTES("\xFF\xFE"
           "a\0,\0y\0\n\0"),
     TARGET_Y, .message = "not a CSV table (got UTF-16 text)"},
    {"UTF-16 of the other order", BYTES("\xFE\xFF\0a\0,\0y\0\n"), TARGET_Y,
     .message = "not a CSV table (got UTF-16 text)"},
    {"UTF-16 without a BOM", BYTES("a\0,\0y\0\n\0"), TARGET_Y, .message = "line 1, column 1: a NUL byte"},
    {"an image", BYTES("\x89PNG\r\n\x1A\n\0\0"), TARGET_Y, .message = "not a CSV table (got a PNG image)"},
    {"a spreadsheet", BYTES("PK\3\4\0\0"), TARGET_Y, .message = "not a CSV table (got a ZIP archive)"},
    {"no header though one is expected", BYTES("1,2\n3,4\n"), .options = {"target_index=1"},
     .message = "all 2 cells of the first row are numbers"},
    {"a header though none is expected", BYTES("a,y\n1,0\n"), .options = {"target_index=1", "header=false"},
     .message = "line 1, column 1: the value of the cell is not a number (got \"a\")"},
    {"equal names", BYTES("a,b,a,y\n1,2,3,0\n"), TARGET_Y, .message = "line 1: two columns have the name \"a\""},
    {"no name", BYTES(",a,y\n0,1,0\n"), TARGET_Y, .message = "line 1, column 1: the column has no name"},
    {"no such target", BYTES("a,b\n1,0\n"), TARGET_Y, .message = "line 1: no column \"y\" for the target (got a, b)"},
    {"no such index", BYTES("a,b\n1,0\n"), .options = {"target_index=2"},
     .message = "no column of index 2 (got 2 columns)"},
    {"nothing else than the target", BYTES("y\n1\n"), TARGET_Y, .message = "no column is an input"},
    {"nothing to ignore", BYTES("a,y\n1,0\n"), .options = {"target=y", "ignore=id"},
     .message = "no column \"id\" to ignore (got a, y)"},
    {"text among numbers", BYTES("a,y\n1,0\ntwo,1\n"), TARGET_Y,
     .message = "line 3, column 1: the value of \"a\" is not a number (got \"two\")"},
    {"a date", BYTES("t,y\n2024-01-31,0\n"), TARGET_Y, .message = "got \"2024-01-31\")\nhint: this looks like a date"},
    {"a decimal comma that is not said", BYTES("a;y\n1,5;0\n"), TARGET_Y,
     .message = "got \"1,5\")\nhint: for a decimal comma"},
    {"a thousands separator", BYTES("a,y\n\"1,234,567\",0\n"), TARGET_Y,
     .message = "is not a number (got \"1,234,567\")"},
    {"a percentage", BYTES("a,y\n5%,0\n"), TARGET_Y, .message = "is not a number (got \"5%\")"},
    {"hexadecimal", BYTES("a,y\n0x10,0\n"), TARGET_Y, .message = "is not a number (got \"0x10\")"},
    {"an exponent without digits", BYTES("a,y\n1e,0\n"), TARGET_Y, .message = "is not a number (got \"1e\")"},
    {"1e400", BYTES("a,y\n1e400,0\n"), TARGET_Y,
     .message = "line 2, column 1: the value of \"a\" is not a finite 32-bit float (got \"1e400\")"},
    {"1e39", BYTES("a,y\n1e39,0\n"), TARGET_Y, .message = "is not a finite 32-bit float"},
    {"infinity", BYTES("a,y\n-inf,0\n"), TARGET_Y, .message = "is not a finite 32-bit float (got \"-inf\")"},
    {"an empty cell", BYTES("a,b,y\n1,2,0\n3,,1\n"), TARGET_Y,
     .message = "line 3, column 2: the value of \"b\" is missing (got \"\", expected a number)"},
    {"NA", BYTES("a,y\nNA,0\n"), TARGET_Y, .message = "is missing (got \"NA\""},
    {"n/a", BYTES("a,y\nn/a,0\n"), TARGET_Y, .message = "is missing (got \"n/a\""},
    {"NaN", BYTES("a,y\nNaN,0\n"), TARGET_Y, .message = "is missing (got \"NaN\""},
    {"null", BYTES("a,y\nnull,0\n"), TARGET_Y, .message = "is missing (got \"null\""},
    {"None", BYTES("a,y\nNone,0\n"), TARGET_Y, .message = "is missing (got \"None\""},
    {"#N/A", BYTES("a,y\n#N/A,0\n"), TARGET_Y, .message = "is missing (got \"#N/A\""},
    {"a missing target", BYTES("a,y\n1,\n"), .options = {"target=y", "missing=0"}, .values = true,
     .message = "line 2, column 2: the value of \"y\" is missing"},
    {"a label that is no class number", BYTES("a,y\n1,b\n"), TARGET_Y,
     .message = "line 2, column 2: the label \"y\" is not a class number (got \"b\")"},
    {"an unknown class among class names", BYTES("a,y\n1,d\n"), TARGET_Y,
     .message = "line 2, column 2: the label \"y\" is not one of the 3 classes (got \"d\")"},
    {"classes in two columns", BYTES("a,y,z\n1,0,1\n"), .options = {"target=y", "target=z"},
     .message = "classes are one column (got 2 targets)"},
    {"lines inside quotes are counted", BYTES("a,\"y\"\n\"1\n\",0\n"), TARGET_Y, .message = "line 2, column 1"},
    {"... also before a later row", BYTES("\"a\r\nb\nc\",y\n1,0\nx,0\n"), TARGET_Y, .message = "line 5, column 1"},
    {"controls in a message are escaped", BYTES("a,y\n\x1B[31m,0\n"), TARGET_Y, .message = "(got \"\\x1b[31m\")"},
};

START_TEST(reads_tables)
{
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        check(&accepted[i], false);
        check(&accepted[i], true);
    }
}
END_TEST

START_TEST(refuses_what_is_no_table)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        check(&refused[i], false);
        if (!strstr(refused[i].message, "not a CSV table (got")) /* then: gzip of ... */
            check(&refused[i], true);
    }
}
END_TEST

/* A file that is longer than any buffer of the reader, at all places of which rows may be cut. */
START_TEST(reads_long_tables)
{
    enum { ROWS = 40000 };
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    fputs("\"a\",b,y\r\n", f);
    for (int i = 0; i < ROWS; i++)
        fprintf(f, "\"%d\",%d.5,%d\r\n", i, i, i % 10);
    fclose(f);
    const char *path = put_file("f.csv", text, size);
    const row r = {.what = "long", .options = {"target=y"}};
    mnn_array x, y;
    for (int slow = 0; slow < 2; slow++) {
        faults.armed = faults.stutter = slow;
        ck_assert_msg(read_row(&r, path, &x, &y, NULL) == MNN_OK, "%s", err.text);
        ck_assert_uint_eq(x.dims[0], ROWS);
        for (int i = 0; i < ROWS; i++) {
            ck_assert(x.values[2 * i] == (float)i && x.values[2 * i + 1] == (float)i + .5f);
            ck_assert_int_eq(y.data[i], i % 10);
        }
        mnn_array_free(&x);
        mnn_array_free(&y);
    }
    free(text);
}
END_TEST

START_TEST(reads_ten_thousand_columns)
{
    enum { COLUMNS = 10000 };
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    for (int i = 0; i < COLUMNS; i++)
        fprintf(f, "column_%d,", i);
    fputs("y\n", f);
    for (int r = 0; r < 3; r++) {
        for (int i = 0; i < COLUMNS; i++)
            fprintf(f, "%d,", r + i);
        fprintf(f, "%d\n", r);
    }
    fclose(f);
    const row r = {.what = "wide", .options = {"target=y"}};
    mnn_array x, y;
    ck_assert_msg(read_row(&r, put_file("f.csv", text, size), &x, &y, NULL) == MNN_OK, "%s", err.text);
    ck_assert(x.dims[0] == 3 && x.dims[1] == COLUMNS && x.values[COLUMNS + 7] == 8 && y.data[2] == 2);
    mnn_array_free(&x);
    mnn_array_free(&y);
    free(text);
}
END_TEST

/* 100 MB between quotes that are never closed, in 100 kB of gzip: refused before all of it is in memory. */
START_TEST(endless_rows_are_refused)
{
    const size_t size = 100 * 1000 * 1000;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', size);
    memcpy(text, "a,y\n\"", 5);
    size_t packed;
    unsigned char *gz = gzip_bytes(text, size, &packed);
    free(text);
    const row r = {.what = "endless", .options = {"target=y"}};
    mnn_array x, y;
    const char *path = put_file("f.csv", gz, packed);
    free(gz);
    EXPECT_REFUSED(read_row(&r, path, &x, &y, NULL), MNN_EFORMAT, path, err, "line 2, column 1: the row has more than");
}
END_TEST

/* Another file than the training set: its columns are found by name, in any order; one to predict needs no target. */
START_TEST(columns_are_found_by_name)
{
    static const char *const columns[] = {"a", "b"};
    static const char *const options[] = {"target=y", "ignore=id", NULL};
    static const struct {
        const char *text;
        bool labels;
        const char *message;
    } rows[] = {
        {"b,a,y\n2,1,0\n", true, NULL},
        {"b,a\n2,1\n", false, NULL},
        {"note,b,y,a\nx,2,?,1\n", false, NULL},
        {"b,y\n2,0\n", true, "no column \"a\", an input of the model (got b, y)"},
        {"b,a,c,y\n2,1,3,0\n", true, "column 3: \"c\" is not a column of the training set"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const mnn_source source = {.reader = "csv", .samples = "f", .options = options};
        static const char *const no_ignore[] = {"target=y", NULL};
        char name[400];
        mnn_array x = {0}, y = {0};
        snprintf(name, sizeof name, "%s", put_file("f.csv", rows[i].text, strlen(rows[i].text)));
        const mnn_found found = {name, NULL};
        const mnn_source plain = {.reader = "csv", .samples = "f", .options = no_ignore};
        const mnn_reading reading = {.source = rows[i].labels ? &plain : &source,
                                     .files = &found,
                                     .labels = rows[i].labels,
                                     .classes = true,
                                     .first = UINT32_MAX,
                                     .column_count = 2,
                                     .columns = columns};
        const mnn_status status = mnn_table_read(&reading, &x, &y, &err);
        if (rows[i].message) {
            EXPECT_REFUSED(status, MNN_EFORMAT, name, err, rows[i].message);
            continue;
        }
        ck_assert_msg(status == MNN_OK, "%s", err.text);
        ck_assert(x.count == 2 && x.values[0] == 1 && x.values[1] == 2);
        mnn_array_free(&x);
        mnn_array_free(&y);
    }
}
END_TEST

START_TEST(looks_at_labels)
{
    static const char *const options[] = {"target=y", NULL};
    static const struct {
        const char *text;
        int classes;
        const char *names;
        bool numbers;
    } rows[] = {
        {"a,y\n1,versicolor\n2,setosa\n3,versicolor\n4,\n", 2, "setosa versicolor ", false},
        {"a,y\n1,10\n2,9\n3,-1\n4,9\n", 3, "-1 9 10 ", true},
        {"a,y\n1,1\n2,x\n", 2, "1 x ", false},
    };
    const mnn_source source = {.reader = "csv", .samples = "f", .options = options};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[400], names[64] = "";
        mnn_looked looked;
        snprintf(name, sizeof name, "%s", put_file("f.csv", rows[i].text, strlen(rows[i].text)));
        const mnn_found found = {name, NULL};
        const mnn_reading reading = {.source = &source, .files = &found, .labels = true, .first = UINT32_MAX};
        ck_assert_msg(mnn_table_look(&reading, &looked, &err) == MNN_OK, "%s", err.text);
        ck_assert(looked.columns == 1 && strcmp(looked.names[0], "a") == 0);
        ck_assert_int_eq(looked.classes, rows[i].classes);
        for (int k = 0; k < looked.classes; k++)
            strcat(strcat(names, looked.class_names[k]), " ");
        ck_assert_str_eq(names, rows[i].names);
        ck_assert(looked.are_numbers == rows[i].numbers);
        mnn_looked_free(&looked);
    }
}
END_TEST

START_TEST(reports_failing_reads)
{
    const char *path = put_file("f.csv", "a,y\n1,0\n", 8);
    const row r = {.what = "faults", .options = {"target=y"}};
    mnn_array x, y;
    for (int call = 1; call <= 2; call++) {
        faults.armed = true;
        faults.reads = 0;
        faults.fail_read = call;
        faults.error = EIO;
        EXPECT_REFUSED(read_row(&r, path, &x, &y, NULL), MNN_EIO, path, err, "Input/output error");
    }
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &reads_tables,
        &refuses_what_is_no_table,
        &reads_long_tables,
        &reads_ten_thousand_columns,
        &endless_rows_are_refused,
        &columns_are_found_by_name,
        &looks_at_labels,
        &reports_failing_reads,
    };
    return run_tests("csv", clear_faults, tests, (int)(sizeof tests / sizeof tests[0]));
}
