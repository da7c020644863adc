/* Messages, reading whole files, atomic writing, JSON strings. */
#define _GNU_SOURCE

#include "io_helpers.h"

#include <inttypes.h>
#include <math.h>
#include <sys/file.h>

#include "base/atomic.h"
#include "base/file.h"
#include "base/json.h"
#include "base/place.h"
#include "base/report.h"
#include "base/temporary.h"
#include "io_faults.h"

static mnn_error err;

/* --- messages ------------------------------------------------------------------------------------- */

START_TEST(fail_formats_and_returns)
{
    ck_assert_int_eq(mnn_fail(&err, MNN_EFORMAT, "%s: got %d", "f", 3), MNN_EFORMAT);
    ck_assert_str_eq(err.text, "f: got 3");
    ck_assert_int_eq(mnn_fail(NULL, MNN_EIO, "x"), MNN_EIO);
    mnn_fail(&err, MNN_EIO, "again: %s", err.text); /* its own text as an argument */
    ck_assert_str_eq(err.text, "again: f: got 3");
}
END_TEST

START_TEST(fail_cuts_long_text)
{
    char text[3000];
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA4", 3);
    mnn_fail(&err, MNN_EIO, "%s", text);
    const size_t length = strlen(err.text);
    ck_assert_uint_lt(length, sizeof err.text);
    ck_assert_uint_gt(length, sizeof err.text - 8);
    ck_assert_str_eq(err.text + length - 3, "...");
    ck_assert_int_eq((unsigned char)err.text[length - 4], 0xA4); /* no half character */

    memset(text, 'p', sizeof text);
    text[sizeof text - 1] = '\0';
    mnn_fail_file(&err, MNN_EIO, text, "what is wrong"); /* a long path leaves room for it */
    ck_assert_ptr_nonnull(strstr(err.text, "ppp...: what is wrong"));
    mnn_fail_at(&err, MNN_EIO, "a\nb", 7, "what");
    ck_assert_str_eq(err.text, "a\\nb: at byte 7: what");
}
END_TEST

static void check_printable(const char *text, const char *expected)
{
    char shown[200];
    ck_assert_ptr_eq(mnn_printable(shown, sizeof shown, text), shown);
    ck_assert_str_eq(shown, expected);
}

START_TEST(printable_escapes)
{
    check_printable("", "");
    check_printable("plain %n \"text\" \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80",
                    "plain %n \"text\" \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80");
    check_printable("a\nb\tc\x1B[31m\x7F", "a\\nb\\tc\\x1b[31m\\x7f");
    check_printable("\xE2\x80\xAE|\xE2\x81\xA6|\xC2\x9B|\xE2\x80\xA8", "\\u202e|\\u2066|\\u009b|\\u2028");
    check_printable("\xFF|\xC3|\xC0\xAF|\xED\xA0\x80|\xF4\x90\x80\x80|\xE2\x82",
                    "\\xff|\\xc3|\\xc0\\xaf|\\xed\\xa0\\x80|\\xf4\\x90\\x80\\x80|\\xe2\\x82");
}
END_TEST

START_TEST(printable_cuts)
{
    char shown[8];
    ck_assert_str_eq(mnn_printable(shown, 8, "1234567"), "1234567");
    ck_assert_str_eq(mnn_printable(shown, 8, "12345678"), "1234...");
    ck_assert_str_eq(mnn_printable(shown, 8, "123\xC3\xA4\xC3\xA4\xC3\xA4"), "123..."); /* whole characters */
    ck_assert_str_eq(mnn_printable(shown, 8, "12\x1B\x1B"), "12...");                   /* whole escapes */
    ck_assert_str_eq(mnn_printable(shown, 3, "123"), "12");
    ck_assert_str_eq(mnn_printable(shown, 1, "123"), "");
    shown[0] = 'x';
    mnn_printable(shown, 0, "123");
    ck_assert_int_eq(shown[0], 'x');
}
END_TEST

/* --- reading -------------------------------------------------------------------------------------- */

START_TEST(opens_only_regular_files)
{
    int fd = -1;
    uint64_t size = 0;
    const char *path = put_file("f", "12345", 5);
    ck_assert_int_eq(mnn_file_open(path, &fd, &size, &err), MNN_OK);
    ck_assert_uint_eq(size, 5);
    close(fd);
    EXPECT_REFUSED(mnn_file_open(folder, &fd, &size, &err), MNN_EFORMAT, folder, err, "(got a directory, expected");
    path = in_folder("fifo");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    EXPECT_REFUSED(mnn_file_open(path, &fd, &size, &err), MNN_EFORMAT, path, err, "(got a FIFO, expected");
    EXPECT_REFUSED(mnn_file_open("/dev/zero", &fd, &size, &err), MNN_EFORMAT, "/dev/zero", err, "(got a device");
    path = in_folder("none");
    EXPECT_REFUSED(mnn_file_open(path, &fd, &size, &err), MNN_EIO, path, err, "could not open: No such file");
}
END_TEST

START_TEST(reads_on_after_interruptions)
{
    char data[5000], back[6000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i % 251);
    const char *path = put_file("f", data, sizeof data);
    int fd = -1;
    uint64_t size = 0;
    size_t got = 0;
    ck_assert_int_eq(mnn_file_open(path, &fd, &size, &err), MNN_OK);
    faults.armed = faults.stutter = true;
    ck_assert_int_eq(mnn_file_read(fd, path, back, sizeof back, &got, &err), MNN_OK);
    ck_assert_int_gt(faults.reads, 10);
    faults.stutter = false;
    ck_assert_uint_eq(got, sizeof data);
    ck_assert_mem_eq(back, data, sizeof data);
    faults.fail_read = faults.reads + 1;
    faults.error = EIO;
    EXPECT_REFUSED(mnn_file_read(fd, path, back, 1, &got, &err), MNN_EIO, path, err, ": could not read: Input/output");
    faults.armed = false;
    close(fd);
}
END_TEST

/* --- atomic writing ------------------------------------------------------------------------------- */

static mnn_status write_new(const char *path, const char *text)
{
    mnn_atomic a;
    mnn_status status = mnn_atomic_begin(&a, path, &err);
    if (status == MNN_OK)
        status = mnn_atomic_write(&a, text, strlen(text), &err);
    if (status == MNN_OK)
        return mnn_atomic_commit(&a, &err);
    mnn_atomic_abort(&a);
    return status;
}

static void check_content(const char *path, const char *expected)
{
    size_t size;
    unsigned char *text = get_file(path, &size);
    ck_assert_str_eq((char *)text, expected);
    free(text);
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    ck_assert_int_eq(lstat(path, &about), 0);
    return about.st_mode;
}

START_TEST(commit_makes_and_replaces)
{
    const char *path = in_folder("f");
    umask(022);
    ck_assert_int_eq(write_new(path, "one"), MNN_OK);
    check_content(path, "one");
    ck_assert_uint_eq(mode_of(path) & 07777, 0644);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(write_new(path, "two"), MNN_OK);
    check_content(path, "two");
    ck_assert_uint_eq(mode_of(path) & 07777, 0640); /* kept */
    ck_assert_int_eq(count_files(false), 1);
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(write_new("f", "three"), MNN_OK); /* a name without a folder */
    check_content(path, "three");
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(old_file_stays_until_commit)
{
    const char *path = put_file("f", "old", 3);
    mnn_atomic a;
    ck_assert_int_eq(mnn_atomic_begin(&a, path, &err), MNN_OK);
    ck_assert_int_eq(mnn_atomic_write(&a, "new", 3, &err), MNN_OK);
    check_content(path, "old");
    ck_assert_int_eq(count_files(false), 2);
    mnn_atomic_abort(&a);
    check_content(path, "old");
    ck_assert_int_eq(count_files(false), 1);
    mnn_atomic_abort(&a); /* harmless */

    ck_assert_int_eq(mnn_atomic_begin(&a, path, &err), MNN_OK);
    ck_assert_int_eq(mnn_atomic_commit(&a, &err), MNN_OK);
    mnn_atomic_abort(&a); /* harmless after a commit */
    check_content(path, "");
    a = (mnn_atomic){0};
    mnn_atomic_abort(&a);
}
END_TEST

START_TEST(temporary_name_is_never_shared)
{
    const char *path = in_folder("f");
    char name[40];
    snprintf(name, sizeof name, "f.tmp-%ld-0", (long)getpid());
    const char *taken = put_file(name, "not ours", 8);
    ck_assert_int_eq(write_new(path, "new"), MNN_OK);
    check_content(path, "new");
    check_content(taken, "not ours");
}
END_TEST

START_TEST(link_leads_to_the_file)
{
    const char *path = put_file("f", "old", 3);
    const char *link = in_folder("link");
    ck_assert_int_eq(symlink("f", link), 0);
    ck_assert_int_eq(write_new(link, "new"), MNN_OK);
    ck_assert(S_ISLNK(mode_of(link)));
    check_content(path, "new");
}
END_TEST

START_TEST(link_to_nothing_leads_to_a_new_file)
{
    const char *link = in_folder("link"), *next = in_folder("next");
    ck_assert_int_eq(symlink("next", link), 0);
    ck_assert_int_eq(symlink("f", next), 0);
    ck_assert_int_eq(write_new(link, "new"), MNN_OK);
    ck_assert(S_ISLNK(mode_of(link)) && S_ISLNK(mode_of(next)));
    check_content(in_folder("f"), "new");
    ck_assert_int_eq(count_files(true), 3);
    ck_assert_int_eq(symlink("none/f", link), 0);
    EXPECT_REFUSED(write_new(link, "x"), MNN_EIO, link, err, "No such file or directory");
    ck_assert_int_eq(symlink("next", next), 0);
    EXPECT_REFUSED(write_new(next, "x"), MNN_EIO, next, err, "Too many levels of symbolic links");
    ck_assert(S_ISLNK(mode_of(link)) && S_ISLNK(mode_of(next)));
}
END_TEST

/* The temporary file's name does not fit behind them. */
/* Whoever puts a link there between begin and publish does not keep the writer waiting. */
START_TEST(publish_replaces_a_link_to_nothing)
{
    mnn_atomic a;
    const char *path = in_folder("f");
    ck_assert_int_eq(mnn_atomic_begin(&a, path, &err), MNN_OK);
    ck_assert_int_eq(symlink("nowhere", path), 0);
    ck_assert_int_eq(mnn_atomic_publish(&a, &err), MNN_OK);
    ck_assert_int_eq(mnn_atomic_write(&a, "rows", 4, &err), MNN_OK);
    ck_assert_int_eq(mnn_atomic_commit(&a, &err), MNN_OK);
    check_content(path, "rows");
}
END_TEST

START_TEST(names_may_be_as_long_as_names_can_be)
{
    char name[NAME_MAX + 2];
    mnn_atomic a;
    memset(name, 'n', sizeof name);
    name[NAME_MAX + 1] = '\0';
    EXPECT_REFUSED(write_new(in_folder(name), "x"), MNN_EIO, in_folder(name), err, "File name too long");
    for (int length = NAME_MAX; length > NAME_MAX - 40; length--) {
        name[length] = '\0';
        const char *path = in_folder(name);
        ck_assert_int_eq(write_new(path, "new"), MNN_OK);
        check_content(path, "new");
        ck_assert_int_eq(mnn_atomic_begin(&a, path, &err), MNN_OK);
        ck_assert_int_eq(flock(a.fd, LOCK_UN), 0); /* as if the program had died */
        mnn_temporary_clean(path);
        ck_assert_int_eq(access(a.temporary, F_OK), -1);
        mnn_atomic_abort(&a);
        ck_assert_int_eq(count_files(true), 1);
    }
}
END_TEST

START_TEST(no_half_character_is_in_a_cut_name)
{
    char name[NAME_MAX + 1] = "folder/";
    for (size_t i = strlen(name); i + 3 < sizeof name; i += 3)
        memcpy(name + i, "\xE2\x82\xAC", 4);
    for (int skip = 0; skip < 3; skip++) {
        const size_t stem = mnn_place_stem(name + skip);
        ck_assert_uint_gt(stem, 200);
        ck_assert_int_eq((unsigned char)name[(size_t)skip + stem], 0xE2);
    }
    ck_assert_uint_eq(mnn_place_stem("a/b/weights"), 11);
}
END_TEST

START_TEST(places_are_those_of_files)
{
    mnn_place one, other;
    const char *path = put_file("f", "", 0), *link = in_folder("link");
    char longer[200];
    snprintf(longer, sizeof longer, "%s/./f", folder);
    ck_assert(mnn_place_of(path, &one) && mnn_place_of(longer, &other) && mnn_place_same(&one, &other));
    ck_assert_int_eq(symlink("f", link), 0);
    ck_assert(mnn_place_of(link, &other) && mnn_place_same(&one, &other));
    ck_assert_int_eq(remove(path), 0);
    /* and the same where none is there yet */
    ck_assert(mnn_place_of(path, &one) && mnn_place_of(longer, &other) && mnn_place_same(&one, &other));
    ck_assert(mnn_place_of(link, &other) && mnn_place_same(&one, &other));
    ck_assert(mnn_place_of(in_folder("g"), &other) && !mnn_place_same(&one, &other));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert(mnn_place_of("f", &other) && mnn_place_same(&one, &other));
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert(!mnn_place_of(in_folder("none/f"), &other));
    ck_assert(!mnn_place_of(in_folder("f/"), &other));
}
END_TEST

START_TEST(places_of_names_that_no_file_can_have)
{
    char target[PATH_MAX], text[PATH_MAX + 1], name[NAME_MAX + 2], long_link[PATH_MAX];
    mnn_place place;
    memset(text, '/', PATH_MAX);
    text[PATH_MAX] = '\0';
    ck_assert_int_eq(mnn_place_target(text, target), ENAMETOOLONG);
    ck_assert(!mnn_place_of(text, &place));
    /* a link whose target is too long behind its folder */
    memset(long_link, '/', sizeof long_link);
    memcpy(long_link, "none", 4);
    long_link[PATH_MAX - 2] = '\0';
    ck_assert_int_eq(symlink(long_link, in_folder("link")), 0);
    ck_assert_int_eq(mnn_place_target(in_folder("link"), target), ENAMETOOLONG);
    memset(name, 'n', sizeof name);
    name[NAME_MAX + 1] = '\0';
    ck_assert(!mnn_place_of(in_folder(name), &place));
}
END_TEST

START_TEST(refuses_to_replace_others)
{
    EXPECT_REFUSED(write_new(folder, "x"), MNN_EIO, folder, err, ": cannot be replaced (got a directory, expected");
    const char *fifo = in_folder("fifo");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    EXPECT_REFUSED(write_new(fifo, "x"), MNN_EIO, fifo, err, ": cannot be replaced (got a FIFO");
    ck_assert(S_ISFIFO(mode_of(fifo)));
    const char *nowhere = in_folder("none/f");
    EXPECT_REFUSED(write_new(nowhere, "x"), MNN_EIO, nowhere, err,
                   ": could not create a temporary file next to it: No such file or directory");
    ck_assert_int_eq(count_files(false), 1);
}
END_TEST

START_TEST(write_failure_is_remembered)
{
    const char *path = put_file("f", "old", 3);
    mnn_atomic a;
    ck_assert_int_eq(mnn_atomic_begin(&a, path, &err), MNN_OK);
    faults.fail_write = 2;
    faults.error = ENOSPC;
    faults.armed = true;
    ck_assert_int_eq(mnn_atomic_write(&a, "new", 3, &err), MNN_OK);
    EXPECT_REFUSED(mnn_atomic_write(&a, "new", 3, &err), MNN_EIO, path, err,
                   ": could not write: No space left on device");
    ck_assert_int_eq(mnn_atomic_write(&a, "new", 3, NULL), MNN_EIO); /* the disk has room again: too late */
    ck_assert_int_eq(faults.writes, 2);
    EXPECT_REFUSED(mnn_atomic_commit(&a, &err), MNN_EIO, path, err, ": could not write: No space left on device");
    check_content(path, "old");
    ck_assert_int_eq(count_files(false), 1);
}
END_TEST

START_TEST(sync_failure_keeps_the_old_file)
{
    const char *path = put_file("f", "old", 3);
    faults.armed = faults.fail_fsync = true;
    faults.error = EIO;
    EXPECT_REFUSED(write_new(path, "new"), MNN_EIO, path, err, ": could not write to the disk: Input/output error");
    check_content(path, "old");
    ck_assert_int_eq(count_files(false), 1);
}
END_TEST

START_TEST(writes_on_after_interruptions)
{
    char text[5001];
    memset(text, 'x', 5000);
    text[5000] = '\0';
    faults.armed = faults.stutter = true;
    ck_assert_int_eq(write_new(in_folder("f"), text), MNN_OK);
    ck_assert_int_ge(faults.writes, 10);
    faults.armed = false;
    check_content(in_folder("f"), text);
}
END_TEST

/* --- JSON ----------------------------------------------------------------------------------------- */

static void check_json(const char *text, const char *expected)
{
    char *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    ck_assert_ptr_nonnull(out);
    mnn_json_string(out, text);
    fclose(out);
    ck_assert_str_eq(got, expected);
    free(got);
}

START_TEST(json_strings)
{
    check_json("", "\"\"");
    check_json("dense_1.kernel", "\"dense_1.kernel\"");
    check_json("\"\\/\b\f\n\r\t", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
    check_json("\x01\x1F\x7F", "\"\\u0001\\u001f\\u007f\"");
    check_json("\xC3\xA4\xF0\x9F\x98\x80", "\"\xC3\xA4\xF0\x9F\x98\x80\"");
    check_json("a\xFF"
               "b\xC3",
               "\"a\xEF\xBF\xBD"
               "b\xEF\xBF\xBD\"");
    check_json("\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}
END_TEST

START_TEST(json_of_a_format)
{
    char *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    ck_assert_ptr_nonnull(out);
    mnn_json(out, "{'name': %s, 'n': %d, 'all': %" PRIu64 ", 'least': %" PRId64 ", 'is': %i, 'x': [%g, %g]}", "a\"b's",
             -3, UINT64_MAX, INT64_MIN, true, 0.1, (double)NAN);
    fclose(out);
    ck_assert_str_eq(got, "{\"name\": \"a\\\"b's\", \"n\": -3, \"all\": 18446744073709551615, "
                          "\"least\": -9223372036854775808, \"is\": true, \"x\": [0.1, null]}");
    free(got);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &fail_formats_and_returns,
        &fail_cuts_long_text,
        &printable_escapes,
        &printable_cuts,
        &opens_only_regular_files,
        &reads_on_after_interruptions,
        &commit_makes_and_replaces,
        &old_file_stays_until_commit,
        &temporary_name_is_never_shared,
        &link_leads_to_the_file,
        &link_to_nothing_leads_to_a_new_file,
        &publish_replaces_a_link_to_nothing,
        &names_may_be_as_long_as_names_can_be,
        &no_half_character_is_in_a_cut_name,
        &places_are_those_of_files,
        &places_of_names_that_no_file_can_have,
        &refuses_to_replace_others,
        &write_failure_is_remembered,
        &sync_failure_keeps_the_old_file,
        &writes_on_after_interruptions,
        &json_strings,
        &json_of_a_format,
    };
    return run_tests("file", clear_faults, tests, (int)(sizeof tests / sizeof tests[0]));
}
