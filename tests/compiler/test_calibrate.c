/* The line that shows how far calibration is. What mnnc says of samples is tested on programs (tests/inference/use.sh).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/calibrate_progress.h"
#include "middle.h"

/** What a report writes on a terminal, ten seconds after the start.
 *  @param end  remove the line then */
static const char *shown(const char *term, int64_t done, int64_t total, bool end)
{
    static char text[256];
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    FILE *terminal = fopen(ptsname(master), "w");
    ck_assert_ptr_nonnull(terminal);
    setenv("TERM", term, 1);
    calibrate_progress p = calibrate_progress_new(terminal);
    p.started -= 10;
    calibrate_progress_report(&p, done, total);
    if (end)
        calibrate_progress_end(&p);
    fputs(".", terminal); /* there is something to read */
    fclose(terminal);
    size_t length = 0;
    ssize_t count;
    while ((count = read(master, text + length, sizeof text - 1 - length)) > 0) /* until nobody has it open */
        length += (size_t)count;
    text[length] = '\0';
    close(master);
    return text;
}

START_TEST(progress_is_shown_on_terminals_after_a_second)
{
    ck_assert_msg(strncmp(shown("xterm", 10, 30, false), "\rcalibrating: 33%, about 20 s left", 34) == 0, "%s",
                  shown("xterm", 10, 30, false));
    ck_assert_str_eq(shown("xterm", 0, 30, false), "."); /* nothing to estimate from */
    ck_assert_str_eq(shown("dumb", 10, 30, true), ".");
    const char *removed = shown("xterm", 10, 30, true), *last = strrchr(removed, '\r');
    ck_assert_ptr_nonnull(last);
    ck_assert_str_eq(last, "\r.");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calibrate");
    TCase *c = tcase_create("progress");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    suite_add_tcase(suite, c);
    tcase_add_test(c, progress_is_shown_on_terminals_after_a_second);
    return test_run(suite);
}
