/* Calibration: what mnnc says of samples and of what the network makes of them. */
#include <stdlib.h>
#include <string.h>

#include "driver/calibrate.h"
#include "middle.h"

/** What the samples and the results of a network of one layer are blamed for, or "". */
static const char *said(int64_t outputs, int64_t most_frequent, double highest)
{
    ir_program program = {.data = {.scale = 1}};
    plan p = {.program = &program};
    ir_op layer = {.layer = "dense"};
    net_value in = {.shape = {1, {4}}, .elements = 4}, out = {.elements = outputs, .range = {.high = highest}};
    net_op op = {.code = IR_DENSE, .op = &layer, .input_count = 1, .input = (net_value *[]){&in}, .output = &out};
    const network n = {.plan = &p, .ops = &op, .last = &op, .input = &in, .output = &out, .classes = outputs};
    diag_list *d = diag_new(test_arena, "m.mnn");
    calibrate_judge_results(d, &n, "x.idx", &(net_samples){.count = 100}, &(net_loss){.most_frequent = most_frequent});
    return d->first ? d->first->text : "";
}

START_TEST(samples_of_one_class_are_said)
{
    static const char SAME[] = "the network predicts the same class for %d of 100 calibration samples of \"x.idx\"";
    ck_assert_str_eq(said(10, 30, 1), "");
    ck_assert_str_eq(said(10, 89, 1), "");
    ck_assert_str_eq(said(10, 90, 1), arena_printf(test_arena, SAME, 90));
    /* one of two classes may be rare */
    ck_assert_str_eq(said(2, 98, 1), "");
    ck_assert_str_eq(said(2, 100, 1), arena_printf(test_arena, SAME, 100));
    ck_assert_str_eq(said(10, 30, 0),
                     "layer \"dense\" is 0 for all 100 calibration samples of \"x.idx\": its range is unknown");
}
END_TEST

/** What is said of samples themselves. */
static const char *said_of(const net_samples *samples, int64_t elements, int64_t channels, double scale)
{
    ir_program program = {.data = {.scale = scale}};
    plan p = {.program = &program};
    net_value in = {.shape = {2, {elements / channels, channels}}, .elements = elements};
    const network n = {.plan = &p, .input = &in};
    diag_list *d = diag_new(test_arena, "m.mnn");
    calibrate_judge(d, &n, "x.idx", samples);
    return d->first ? d->first->text : "";
}

START_TEST(samples_that_do_not_move_are_said)
{
    enum { COUNT = 64, ELEMENTS = 8 };
    float moving[COUNT * ELEMENTS], still[COUNT * ELEMENTS];
    uint8_t dark[COUNT * ELEMENTS];
    for (int i = 0; i < COUNT * ELEMENTS; i++) {
        const float noise = (float)((uint32_t)i * 2654435761u >> 16 & 255) / 255;
        moving[i] = noise * (i % 2 ? 1000.0f : 0.001f);
        still[i] = (float)(i % ELEMENTS) + 0.01f * noise;
        dark[i] = (uint8_t)(noise * 63);
    }
    const net_samples floats = {.floats = moving, .count = COUNT};
    ck_assert_str_eq(said_of(&floats, ELEMENTS, 2, 1), "");
    ck_assert_str_eq(said_of(&(net_samples){.floats = still, .count = COUNT}, ELEMENTS, 1, 1),
                     "the 64 calibration samples of \"x.idx\" are nearly the same");
    /* bytes up to 63 are all that there is where the description scales them to 1 */
    const net_samples bytes = {.bytes = dark, .count = COUNT, .are_bytes = true};
    ck_assert_str_eq(said_of(&bytes, ELEMENTS, 1, 1.0 / 63), "");
    ck_assert_str_eq(said_of(&bytes, ELEMENTS, 1, 1.0 / 255),
                     "the 64 calibration samples of \"x.idx\" use 64 of 256 bytes (0 to 63): they are dark");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calibrate");
    TCase *c = tcase_create("calibration");
    tcase_add_checked_fixture(c, test_setup, test_teardown);
    suite_add_tcase(suite, c);
    tcase_add_test(c, samples_of_one_class_are_said);
    tcase_add_test(c, samples_that_do_not_move_are_said);
    return test_run(suite);
}
