/* Rows of histories that cannot be written: they wait, come later or are told to be missing. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "io_faults.h"
#include "train/history.h"
#include "train/history_rows.h"

static mnn_error err;
static mnn_row_writer rows;

/* Files may grow to this size: what is more is a write that fails like that on a full disk, behind a part that fits.
 * Only while the library writes, for the test's own messages are files too. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size == RLIM_INFINITY ? limit.rlim_max : size;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static mnn_status add_below(rlim_t size, const char *row)
{
    limit_files(size);
    const mnn_status status = mnn_row_writer_add(&rows, row, strlen(row), &err);
    limit_files(RLIM_INFINITY);
    return status;
}

static mnn_status add(const char *row)
{
    return add_below(RLIM_INFINITY, row);
}

static void set_up(void)
{
    clear_faults();
    signal(SIGXFSZ, SIG_IGN);
    rows = (mnn_row_writer){0};
    err.text[0] = '\0';
}

static void begin(const char *name, bool publish)
{
    ck_assert_msg(mnn_row_writer_begin(&rows, in_folder(name), &err) == MNN_OK, "%s", err.text);
    ck_assert_int_eq(mnn_row_writer_head(&rows, "names\n", 6, &err), MNN_OK);
    ck_assert(!publish || mnn_row_writer_publish(&rows, &err) == MNN_OK);
}

static void expect_content(const char *name, const char *text)
{
    size_t size;
    unsigned char *data = get_file(in_folder(name), &size);
    ck_assert_str_eq((const char *)data, text);
    free(data);
}

/* --- rows that wait ------------------------------------------------------------------------------- */

START_TEST(rows_wait_for_room)
{
    begin("h", true);
    const char *path = in_folder("h");
    ck_assert_int_eq(add("one\n"), MNN_OK);
    EXPECT_REFUSED(add_below(12, "two\n"), MNN_EIO, path, err, ": could not write: File too large");
    expect_content("h", "names\none\n"); /* not the half that was written */
    ck_assert_int_eq(add_below(12, "three\n"), MNN_EIO);
    expect_content("h", "names\none\n");
    ck_assert_int_eq(add_below(16, "four\n"), MNN_EIO); /* room for a row and a half */
    expect_content("h", "names\none\ntwo\n");
    ck_assert_int_eq(add("five\n"), MNN_OK);
    expect_content("h", "names\none\ntwo\nthree\nfour\nfive\n");
    ck_assert_int_eq(add_below(12, "six\n"), MNN_EIO);
    ck_assert_int_eq(mnn_row_writer_commit(&rows, &err), MNN_OK);
    expect_content("h", "names\none\ntwo\nthree\nfour\nfive\nsix\n");
    mnn_row_writer_abort(&rows); /* harmless */
}
END_TEST

START_TEST(rows_without_a_name_wait_too)
{
    begin("h", false);
    ck_assert_int_eq(add("one\n"), MNN_OK);
    ck_assert_int_eq(add_below(12, "two\n"), MNN_EIO);
    ck_assert_int_eq(add("three\n"), MNN_OK);
    ck_assert_int_eq(add_below(12, "four\n"), MNN_EIO);
    ck_assert_int_eq(mnn_row_writer_commit(&rows, &err), MNN_OK);
    expect_content("h", "names\none\ntwo\nthree\nfour\n");
}
END_TEST

START_TEST(rows_that_never_come_are_a_failure)
{
    for (int publish = 0; publish < 2; publish++) {
        begin("h", publish);
        ck_assert_int_eq(add("one\n"), MNN_OK);
        ck_assert_int_eq(add_below(12, "two\n"), MNN_EIO);
        limit_files(12);
        const mnn_status status = mnn_row_writer_commit(&rows, &err);
        limit_files(RLIM_INFINITY);
        EXPECT_REFUSED(status, MNN_EIO, in_folder("h"), err, ": could not write: File too large");
        ck_assert_int_eq(count_files(false), publish);
    }
    expect_content("h", "names\none\n");
}
END_TEST

START_TEST(what_waits_is_written_before_the_end)
{
    begin("h", true);
    ck_assert_int_eq(add_below(7, "one\n"), MNN_EIO);
    mnn_row_writer_abort(&rows);
    expect_content("h", "names\none\n");
}
END_TEST

/* A half row that cannot be cut off is cut off before the next try. */
START_TEST(a_half_row_may_stay_for_a_while)
{
    begin("h", true);
    const int file = dup(rows.file.fd), other = open(in_folder("h"), O_RDONLY);
    ck_assert_int_eq(add("one\n"), MNN_OK);
    ck_assert_int_eq(dup2(other, rows.file.fd), rows.file.fd);
    EXPECT_REFUSED(add("two\n"), MNN_EIO, in_folder("h"), err, ": could not write: Bad file descriptor");
    EXPECT_REFUSED(add("three\n"), MNN_EIO, in_folder("h"), err, ": could not write: Invalid argument");
    ck_assert_int_eq(write(file, "tw", 2), 2);
    ck_assert_int_eq(dup2(file, rows.file.fd), rows.file.fd);
    ck_assert_int_eq(add("four\n"), MNN_OK);
    expect_content("h", "names\none\ntwo\nthree\nfour\n");
    ck_assert_int_eq(mnn_row_writer_commit(&rows, &err), MNN_OK);
    close(file);
    close(other);
}
END_TEST

/* --- too many ------------------------------------------------------------------------------------- */

enum { LONG_ROW = 1000, ROWS_WAITING = MNN_ROWS_KEPT / LONG_ROW };

static void make_long_row(char row[LONG_ROW + 1], int number)
{
    memset(row, '-', LONG_ROW);
    row[snprintf(row, LONG_ROW, "%04d", number)] = '-';
    row[LONG_ROW - 1] = '\n';
    row[LONG_ROW] = '\0';
}

/* The file has the rows up to one, and no half one or hole. */
static void expect_long_rows(const char *name, int count)
{
    size_t size;
    char row[LONG_ROW + 1];
    unsigned char *data = get_file(in_folder(name), &size);
    ck_assert_uint_eq(size, strlen("names\n") + (size_t)count * LONG_ROW);
    for (int i = 0; i < count; i++) {
        make_long_row(row, i);
        ck_assert_mem_eq(data + strlen("names\n") + i * LONG_ROW, row, LONG_ROW);
    }
    free(data);
}

START_TEST(too_many_rows_end_the_file_early)
{
    char row[LONG_ROW + 1];
    begin("h", true);
    for (int i = 0; i < ROWS_WAITING; i++) {
        make_long_row(row, i);
        ck_assert_int_eq(add_below(6, row), MNN_EIO);
    }
    make_long_row(row, ROWS_WAITING);
    EXPECT_REFUSED(add_below(6, row), MNN_ENOMEM, in_folder("h"), err,
                   ": could not write: too many rows are waiting, this one and the following are lost");
    ck_assert_int_eq(add("short\n"), MNN_ENOMEM); /* but those that wait are written */
    expect_long_rows("h", ROWS_WAITING);
    ck_assert_int_eq(add("short\n"), MNN_ENOMEM);
    EXPECT_REFUSED(mnn_row_writer_commit(&rows, &err), MNN_EIO, in_folder("h"), err, "File too large");
    expect_long_rows("h", ROWS_WAITING);
}
END_TEST

START_TEST(what_is_written_takes_no_room_for_ever)
{
    char row[LONG_ROW + 1];
    begin("h", true);
    for (int i = 0; i < 3 * ROWS_WAITING; i++) {
        make_long_row(row, i);
        ck_assert_int_eq(add(row), MNN_OK);
    }
    ck_assert_int_eq(mnn_row_writer_commit(&rows, &err), MNN_OK);
    expect_long_rows("h", 3 * ROWS_WAITING);
}
END_TEST

/* --- the disk ------------------------------------------------------------------------------------- */

static mnn_status sync_failing(bool fails)
{
    faults.armed = true;
    faults.fail_fsync = fails;
    faults.error = EIO;
    const mnn_status status = mnn_row_writer_sync(&rows, &err);
    faults.armed = false;
    return status;
}

START_TEST(a_sync_brings_what_waits)
{
    begin("h", true);
    ck_assert_int_eq(add_below(7, "one\n"), MNN_EIO);
    ck_assert_int_eq(sync_failing(false), MNN_OK);
    expect_content("h", "names\none\n");
    ck_assert_int_eq(add_below(12, "two\n"), MNN_EIO);
    limit_files(12);
    const mnn_status status = mnn_row_writer_sync(&rows, &err);
    limit_files(RLIM_INFINITY);
    EXPECT_REFUSED(status, MNN_EIO, in_folder("h"), err, ": could not write: File too large");
    ck_assert_int_eq(mnn_row_writer_commit(&rows, &err), MNN_OK);
    expect_content("h", "names\none\ntwo\n");
}
END_TEST

START_TEST(rows_that_the_disk_may_lack_are_written_anew)
{
    begin("h", true);
    ck_assert_int_eq(add("one\n"), MNN_OK);
    ck_assert_int_eq(sync_failing(false), MNN_OK);
    ck_assert_int_eq(add("two\n"), MNN_OK);
    faults.writes = 0;
    EXPECT_REFUSED(sync_failing(true), MNN_EIO, in_folder("h"), err, ": could not write to the disk: Input/output");
    ck_assert_int_eq(faults.writes, 1); /* of "two" */
    expect_content("h", "names\none\ntwo\n");
    EXPECT_REFUSED(add("three\n"), MNN_EIO, in_folder("h"), err, ": could not write to the disk: Input/output");
    ck_assert_int_eq(sync_failing(false), MNN_OK);
    ck_assert_int_eq(add("four\n"), MNN_OK);
    ck_assert_int_eq(mnn_row_writer_commit(&rows, &err), MNN_OK);
    expect_content("h", "names\none\ntwo\nthree\nfour\n");
}
END_TEST

START_TEST(rows_that_were_not_kept_are_in_doubt)
{
    char row[LONG_ROW + 1];
    begin("h", true);
    for (int i = 0; i <= ROWS_WAITING; i++) {
        make_long_row(row, i);
        ck_assert_int_eq(add(row), MNN_OK);
    }
    ck_assert_int_eq(sync_failing(true), MNN_EIO);
    ck_assert_int_eq(sync_failing(false), MNN_OK);
    EXPECT_REFUSED(mnn_row_writer_commit(&rows, &err), MNN_EIO, in_folder("h"), err, "Input/output error");
    expect_long_rows("h", ROWS_WAITING + 1);
}
END_TEST

/* --- warnings ------------------------------------------------------------------------------------- */

static int warnings;
static char warning[2000]; /* the last one */

static void take_warning(void *context, const char *text)
{
    ck_assert_ptr_eq(context, &warnings);
    warnings++;
    snprintf(warning, sizeof warning, "%s", text);
}

static void expect_warning(int count, const char *part)
{
    ck_assert_int_eq(warnings, count);
    ck_assert_msg(strstr(warning, part) != NULL, "no \"%s\" in \"%s\"", part, warning);
}

static void step_below(mnn_history *h, rlim_t size, uint32_t step)
{
    const mnn_observer o = mnn_history_observer(h);
    limit_files(size);
    o.on_step(o.context, &(mnn_step_report){.epoch = 2, .step = step, .loss = 1});
    limit_files(RLIM_INFINITY);
}

START_TEST(a_stretch_of_failures_is_told_once)
{
    static const mnn_model model = {.name = "m"};
    mnn_history h;
    ck_assert_int_eq(mnn_history_begin(&h, in_folder("s"), MNN_HISTORY_STEPS, &model, &err), MNN_OK);
    ck_assert_int_eq(mnn_history_publish(&h, &err), MNN_OK);
    step_below(&h, 0, 1); /* nobody listens */
    step_below(&h, RLIM_INFINITY, 2);
    h.warn = take_warning;
    h.warned = &warnings;
    step_below(&h, 70, 3);
    expect_warning(1, "epoch 2, step 3: ");
    expect_warning(1, "/s: could not write: File too large\nnote: its rows are kept in memory");
    step_below(&h, 70, 4);
    mnn_history_sync(&h);
    ck_assert_int_eq(warnings, 1);
    faults.armed = faults.fail_fsync = true;
    faults.error = EIO;
    mnn_history_sync(&h);
    expect_warning(2, "epoch 2, step 4: ");
    step_below(&h, RLIM_INFINITY, 5);
    mnn_history_sync(&h);
    faults.armed = false;
    mnn_history_sync(&h);
    ck_assert_int_eq(warnings, 2);
    step_below(&h, 70, 6);
    expect_warning(3, "epoch 2, step 6: ");
    ck_assert_int_eq(mnn_history_commit(&h, &err), MNN_OK);
    size_t size;
    unsigned char *data = get_file(in_folder("s"), &size);
    int lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    ck_assert_int_eq(lines, 6);
    free(data);
}
END_TEST

/* --- rows that are missing ------------------------------------------------------------------------ */

/* @param part  of what is said of a file that the training goes on with; NULL: nothing */
static void expect_missing(mnn_history_kind kind, const char *text, int epoch, uint32_t step, const char *part)
{
    mnn_rows r;
    mnn_error which = {.text = ""};
    ck_assert_int_eq(mnn_rows_read(put_file("h", text, strlen(text)), &r, &err), MNN_OK);
    ck_assert_int_eq(mnn_rows_cut(&r, kind, "", epoch, step, &err), MNN_OK);
    ck_assert_int_eq(mnn_rows_missing(&r, kind, epoch, step, 5, &which), part != NULL);
    ck_assert_msg(strstr(which.text, part ? part : "") != NULL, "no \"%s\" in \"%s\"", part, which.text);
    mnn_rows_free(&r);
}

START_TEST(epochs_before_the_checkpoint_are_missed)
{
    expect_missing(MNN_HISTORY_CSV, "1,2\n2,2\n3,2\n", 4, 0, NULL);
    expect_missing(MNN_HISTORY_CSV, "1,2\n2,2\n3,2\n", 3, 2, NULL); /* the third comes again */
    expect_missing(MNN_HISTORY_CSV, "1,2\n2,2\n3,2\n", 5, 0, "/h: the row of epoch 4 is missing");
    expect_missing(MNN_HISTORY_CSV, "1,2\n2,2\n3,", 4, 1, "/h: the row of epoch 3 is missing");
    expect_missing(MNN_HISTORY_CSV, "1,2\n2,2\n", 11, 3, "/h: the rows of epochs 3 to 10 are missing");
    expect_missing(MNN_HISTORY_CSV, "", 3, 0, "/h: the rows of epochs 1 to 2 are missing");
    expect_missing(MNN_HISTORY_CSV, "", 1, 3, NULL);
    mnn_rows r;
    ck_assert_int_eq(mnn_rows_read(in_folder("none"), &r, &err), MNN_OK);
    ck_assert(!mnn_rows_missing(&r, MNN_HISTORY_CSV, 3, 0, 5, &err));
}
END_TEST

START_TEST(steps_before_the_checkpoint_are_missed)
{
#define ROW(epoch, step) "{\"epoch\": " #epoch ", \"step\": " #step ", \"loss\": 1}\n"
    expect_missing(MNN_HISTORY_STEPS, ROW(1, 4) ROW(1, 5), 2, 0, NULL);
    expect_missing(MNN_HISTORY_STEPS, ROW(1, 5) ROW(2, 1), 2, 1, NULL);
    expect_missing(MNN_HISTORY_STEPS, ROW(1, 4) ROW(1, 5) ROW(2, 1), 1, 4, NULL);
    expect_missing(MNN_HISTORY_STEPS, ROW(1, 4), 2, 0, "/h: the row of epoch 1, step 5 is missing");
    expect_missing(MNN_HISTORY_STEPS, ROW(1, 5), 2, 3, "the rows from epoch 2, step 1 to epoch 2, step 3 are missing");
    expect_missing(MNN_HISTORY_STEPS, ROW(1, 5) ROW(2, 2), 4, 0, "from epoch 2, step 3 to epoch 3, step 5 are missing");
    expect_missing(MNN_HISTORY_STEPS, "", 1, 3, "the rows from epoch 1, step 1 to epoch 1, step 3 are missing");
    expect_missing(MNN_HISTORY_STEPS, "", 1, 0, NULL);
}
END_TEST

START_TEST(what_is_missing_is_told_when_the_training_goes_on)
{
    static const mnn_model model = {.name = "m"};
    static const char text[] = "epoch,loss,val_loss,learning_rate,seconds\n1,1,,1,1\n";
    mnn_history h;
    put_file("h", text, strlen(text));
    ck_assert_int_eq(mnn_history_begin(&h, in_folder("h"), MNN_HISTORY_CSV, &model, &err), MNN_OK);
    h.warn = take_warning;
    h.warned = &warnings;
    ck_assert_int_eq(mnn_history_continue(&h, 2, 3, 5, &err), MNN_OK);
    ck_assert_int_eq(warnings, 0);
    mnn_history_abort(&h);
    ck_assert_int_eq(mnn_history_begin(&h, in_folder("h"), MNN_HISTORY_CSV, &model, &err), MNN_OK);
    h.warn = take_warning;
    h.warned = &warnings;
    ck_assert_int_eq(mnn_history_continue(&h, 5, 0, 5, &err), MNN_OK);
    expect_warning(1, "/h: the rows of epochs 2 to 4 are missing");
    ck_assert_int_eq(mnn_history_commit(&h, &err), MNN_OK);
    expect_content("h", text);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &rows_wait_for_room,
        &rows_without_a_name_wait_too,
        &rows_that_never_come_are_a_failure,
        &what_waits_is_written_before_the_end,
        &a_half_row_may_stay_for_a_while,
        &too_many_rows_end_the_file_early,
        &what_is_written_takes_no_room_for_ever,
        &a_sync_brings_what_waits,
        &rows_that_the_disk_may_lack_are_written_anew,
        &rows_that_were_not_kept_are_in_doubt,
        &a_stretch_of_failures_is_told_once,
        &epochs_before_the_checkpoint_are_missed,
        &steps_before_the_checkpoint_are_missed,
        &what_is_missing_is_told_when_the_training_goes_on,
    };
    return run_tests("history", set_up, tests, (int)(sizeof tests / sizeof tests[0]));
}
