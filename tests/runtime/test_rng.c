/* The random numbers: Philox against the vectors of its authors, uniform numbers, and the shuffle. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "math/math.h"
#include "mnn/rng.h"

typedef struct known_answer {
    uint32_t counter[4], key[2], result[4];
} known_answer;

/* Random123's kat_vectors, philox4x32 10 */
static const known_answer known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(philox_gives_the_published_numbers)
{
    const known_answer *k = &known[_i];
    const uint64_t seed = (uint64_t)k->key[1] << 32 | k->key[0];
    const uint64_t counter = (uint64_t)k->counter[1] << 32 | k->counter[0];
    const mnn_random4 r = mnn_random(seed, k->counter[2], k->counter[3], counter);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(r.word[i], k->result[i]);
}
END_TEST

START_TEST(uniform_stays_below_one)
{
    ck_assert(mnn_uniform(0) == 0.0f);
    ck_assert(mnn_uniform(0xff) == 0.0f);
    ck_assert(mnn_uniform(0x80000000u) == 0.5f);
    ck_assert(mnn_uniform(0xffffffffu) == 1.0f - 1.0f / 16777216.0f);
}
END_TEST

START_TEST(streams_and_substreams_differ)
{
    const mnn_random4 base = mnn_random(1, MNN_STREAM_INIT, 0, 7);
    const mnn_random4 others[] = {
        mnn_random(2, MNN_STREAM_INIT, 0, 7),          mnn_random(1, MNN_STREAM_DROPOUT, 0, 7),
        mnn_random(1, MNN_STREAM_INIT, 1, 7),          mnn_random(1, MNN_STREAM_INIT, 0, 8),
        mnn_random(1, MNN_STREAM_INIT, 0, 1ull << 32), mnn_random(1ull << 32, MNN_STREAM_INIT, 0, 7),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_int_ne(memcmp(&base, &others[i], sizeof base), 0);
}
END_TEST

/** Whether index holds first .. first + count - 1, each once. */
static int is_permutation(const uint32_t *index, uint32_t first, uint32_t count)
{
    char *seen = calloc(count ? count : 1, 1);
    int good = seen != NULL;
    for (uint32_t i = 0; good && i < count; i++) {
        good = index[i] >= first && index[i] - first < count && !seen[index[i] - first];
        if (good)
            seen[index[i] - first] = 1;
    }
    free(seen);
    return good;
}

START_TEST(shuffle_is_a_permutation)
{
    static const uint32_t counts[] = {0, 1, 2, 3, 4, 5, 97, 60000};
    const uint32_t count = counts[_i];
    uint32_t *index = malloc((count + 1) * sizeof *index);
    ck_assert_ptr_nonnull(index);
    index[count] = 0xdeadbeef;
    mnn_shuffle(index, 1000, count, 5, 3);
    ck_assert(is_permutation(index, 1000, count));
    ck_assert_uint_eq(index[count], 0xdeadbeef);
    free(index);
}
END_TEST

enum { SHUFFLED = 1000 };

static int fixed_points(const uint32_t *a, const uint32_t *b)
{
    int same = 0;
    for (int i = 0; i < SHUFFLED; i++)
        same += a[i] == b[i];
    return same;
}

START_TEST(shuffle_depends_on_seed_and_epoch_alone)
{
    uint32_t base[SHUFFLED], again[SHUFFLED], other[SHUFFLED];
    mnn_shuffle(base, 0, SHUFFLED, 1, 1);
    mnn_shuffle(again, 0, SHUFFLED, 1, 1);
    ck_assert_int_eq(fixed_points(base, again), SHUFFLED);

    /* Two independent permutations agree in about one place. */
    static const uint64_t others[][2] = {{1, 2}, {2, 1}, {1, 1ull << 32 | 1}, {1ull << 32 | 1, 1}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        mnn_shuffle(other, 0, SHUFFLED, others[i][0], others[i][1]);
        ck_assert_int_lt(fixed_points(base, other), 8);
    }
    mnn_shuffle(other, 5, SHUFFLED, 1, 1);
    for (int i = 0; i < SHUFFLED; i++)
        ck_assert_uint_eq(other[i], base[i] + 5);
}
END_TEST

START_TEST(shuffle_puts_every_sample_everywhere)
{
    /* Seven samples, 7000 epochs: chi-squared of the 49 counts has 36 degrees of freedom; its 99.9 %
     * quantile is 68. The lower bound would catch an order that only rotates. */
    enum { N = 7, EPOCHS = 7000 };
    static int count[N][N];
    memset(count, 0, sizeof count);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t index[N];
        mnn_shuffle(index, 0, N, 11, (uint64_t)epoch);
        for (int i = 0; i < N; i++)
            count[i][index[i]]++;
    }
    const double expected = (double)EPOCHS / N;
    double chi2 = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            chi2 += (count[i][j] - expected) * (count[i][j] - expected) / expected;
    ck_assert_double_lt(chi2, 68);
    ck_assert_double_gt(chi2, 12);
}
END_TEST

START_TEST(shuffle_reaches_all_orders_equally)
{
    /* The 24 orders of four samples, 24,000 epochs; 23 degrees of freedom, 99.9 % quantile 49.7. */
    enum { EPOCHS = 24000 };
    static int count[256];
    memset(count, 0, sizeof count);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t index[4];
        mnn_shuffle(index, 0, 4, 99, (uint64_t)epoch);
        count[index[0] << 6 | index[1] << 4 | index[2] << 2 | index[3]]++;
    }
    int orders = 0;
    double chi2 = 0;
    for (int i = 0; i < 256; i++) {
        if (count[i] == 0)
            continue;
        orders++;
        chi2 += (count[i] - 1000.0) * (count[i] - 1000.0) / 1000.0;
    }
    ck_assert_int_eq(orders, 24);
    ck_assert_double_lt(chi2, 49.7);
}
END_TEST

START_TEST(shuffle_is_the_same_everywhere)
{
    /* Pinned: a checkpoint that is resumed on another machine or with a later version must see the
     * samples in the same order. The numbers were worked out apart, with integers of any length. */
    static const uint32_t expected[8] = {5, 4, 0, 2, 1, 6, 3, 7};
    uint32_t index[8];
    mnn_shuffle(index, 0, 8, 1, 1);
    for (int i = 0; i < 8; i++)
        ck_assert_uint_eq(index[i], expected[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rng");
    TCase *tc = tcase_create("rng");
    tcase_add_loop_test(tc, philox_gives_the_published_numbers, 0, (int)(sizeof known / sizeof *known));
    tcase_add_test(tc, uniform_stays_below_one);
    tcase_add_test(tc, streams_and_substreams_differ);
    tcase_add_loop_test(tc, shuffle_is_a_permutation, 0, 8);
    tcase_add_test(tc, shuffle_depends_on_seed_and_epoch_alone);
    tcase_add_test(tc, shuffle_puts_every_sample_everywhere);
    tcase_add_test(tc, shuffle_reaches_all_orders_equally);
    tcase_add_test(tc, shuffle_is_the_same_everywhere);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    const int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
