/* What the tests of the readers share: a folder for each test, files made in it, and refusals checked by
 * status and message. To be included first, behind a _GNU_SOURCE. */
#ifndef TESTS_RUNTIME_IO_HELPERS_H
#define TESTS_RUNTIME_IO_HELPERS_H

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "mnn/status.h"

static char all_folders[64]; /* of this program */
static char folder[80];      /* of the test that runs */

/* Checked fixture: each test has its own folder. */
static inline void make_folder(void)
{
    snprintf(folder, sizeof folder, "%s/XXXXXX", all_folders);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Number of files in the folder. */
static inline int count_files(bool remove_them)
{
    int count = 0;
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char path[400];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (remove_them)
            ck_assert_int_eq(remove(path), 0);
        count++;
    }
    closedir(d);
    return count;
}

static inline void remove_folder(void)
{
    count_files(true);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* A path in the folder; good until the fourth call from here. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][400];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

/* Write a file into the folder.
 * @return its path, as in_folder() */
static inline const char *put_file(const char *name, const void *data, size_t size)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
    return path;
}

/* The whole of a file, malloc'ed. */
static inline unsigned char *get_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
    const long end = ftell(f);
    ck_assert_int_ge(end, 0);
    rewind(f);
    unsigned char *data = malloc((size_t)end + 1);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_eq(fread(data, 1, (size_t)end, f), (size_t)end);
    data[end] = '\0';
    *size = (size_t)end;
    fclose(f);
    return data;
}

/* size bytes as one gzip member, malloc'ed. */
static inline unsigned char *gzip_bytes(const void *data, size_t size, size_t *packed)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t room = deflateBound(&z, (uLong)size);
    unsigned char *out = malloc(room);
    unsigned char *in = malloc(size + 1); /* next_in is not const */
    ck_assert(out && in);
    memcpy(in, data, size);
    z.next_in = in;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)room;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    *packed = z.total_out;
    deflateEnd(&z);
    free(in);
    return out;
}

/* Check the status, and that the message begins with the path and holds the part. */
#define EXPECT_REFUSED(status, expected, path, err, part)                                                              \
    do {                                                                                                               \
        const mnn_status got_ = (status);                                                                              \
        ck_assert_msg(got_ == (expected), "status %d, expected %d: %s", (int)got_, (int)(expected), (err).text);       \
        ck_assert_msg(strncmp((err).text, (path), strlen(path)) == 0 &&                                                \
                          strncmp((err).text + strlen(path), ": ", 2) == 0,                                            \
                      "no path in \"%s\"", (err).text);                                                                \
        ck_assert_msg(strstr((err).text, (part)) != NULL, "no \"%s\" in \"%s\"", (part), (err).text);                  \
    } while (0)

static inline int remove_left(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

/* Run one test case with a folder of its own for each of its tests.
 * @param setup  called before each test, or NULL */
static inline int run_tests(const char *name, SFun setup, const TTest *const *const *tests, int count)
{
    snprintf(all_folders, sizeof all_folders, "/tmp/mnn-test-XXXXXX");
    if (!mkdtemp(all_folders))
        return EXIT_FAILURE;
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    if (setup)
        tcase_add_checked_fixture(cases, setup, NULL);
    tcase_set_timeout(cases, 60);
    for (int i = 0; i < count; i++)
        tcase_add_test(cases, *tests[i]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    nftw(all_folders, remove_left, 4, FTW_DEPTH | FTW_PHYS); /* a failed test leaves its folder */
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
