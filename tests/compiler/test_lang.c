/* The tables of the language: complete, free of contradictions, found by every spelling. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "support/source.h"
#include "syntax/parse.h"

START_TEST(rows_stand_in_the_order_of_their_ids)
{
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++)
        for (int i = 0; i < t->table->count; i++)
            ck_assert_int_eq(t->table->entries[i].id, i);
}
END_TEST

START_TEST(every_table_holds_all_of_its_ids)
{
    ck_assert_int_eq(lang_layers.count, LANG_LAYER_COUNT);
    ck_assert_int_eq(lang_activations.count, LANG_ACTIVATION_COUNT);
    ck_assert_int_eq(lang_initializers.count, LANG_INITIALIZER_COUNT);
    ck_assert_int_eq(lang_losses.count, LANG_LOSS_COUNT);
    ck_assert_int_eq(lang_optimizers.count, LANG_OPTIMIZER_COUNT);
    ck_assert_int_eq(lang_metrics.count, LANG_METRIC_COUNT);
    ck_assert_int_eq(lang_schedules.count, LANG_SCHEDULE_COUNT);
    ck_assert_int_eq(lang_callbacks.count, LANG_CALLBACK_COUNT);
    ck_assert_int_eq(lang_modes.count, LANG_MODE_COUNT);
    ck_assert_int_eq(lang_steps.count, LANG_STEP_COUNT);
    ck_assert_int_eq(lang_data_settings.count, LANG_DATA_SETTING_COUNT);
    ck_assert_int_eq(lang_train_settings.count, LANG_TRAIN_SETTING_COUNT);
}
END_TEST

static void check_spelling(void *context, const char *spelling, const lang_entry *entry)
{
    ck_assert_msg(lang_find(context, spelling) == entry, "\"%s\" does not lead to \"%s\"", spelling, entry->name);
    ck_assert_str_eq(lang_canonical(spelling), entry->name);
    /* --format rewrites a word without knowing where it stands: what other tables make of it must not change. */
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++)
        ck_assert_msg(lang_find(t->table, spelling) == lang_find(t->table, entry->name),
                      "\"%s\" is a %s, \"%s\" is not", entry->name, t->table->what, spelling);
}

START_TEST(every_spelling_leads_to_its_row)
{
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++) {
        lang_table table = *t->table;
        lang_each_spelling(t->table, check_spelling, &table);
    }
}
END_TEST

START_TEST(keras_spellings_have_a_canonical_one)
{
    static const char *const pairs[][2] = {
        {"Conv2D", "conv2d"},
        {"MaxPooling2D", "maxpool2d"},
        {"max_pooling2d", "maxpool2d"},
        {"AveragePooling2D", "avgpool2d"},
        {"Dense", "dense"},
        {"Flatten", "flatten"},
        {"Input", "input"},
        {"mean_squared_error", "mse"},
        {"Adam", "adam"},
        {"SGD", "sgd"},
        {"RMSprop", "rmsprop"},
        {"HeUniform", "he_uniform"},
        {"GlorotUniform", "glorot_uniform"},
        {"lr", "learning_rate"},
        {"dense", "dense"},
        {"no_such_word", "no_such_word"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ck_assert_str_eq(lang_canonical(pairs[i][0]), pairs[i][1]);
}
END_TEST

START_TEST(look_up_knows_what_is_not_there)
{
    ck_assert_ptr_null(lang_find(&lang_layers, "dens"));
    ck_assert_ptr_null(lang_find(&lang_layers, ""));
    ck_assert_ptr_null(lang_find(&lang_layers, "Input InputLayer"));
    ck_assert_ptr_null(lang_find(&lang_activations, "dense"));
    const lang_entry *adam = lang_find(&lang_optimizers, "adam");
    ck_assert_int_eq(lang_find_param(adam, "learning_rate"), 0);
    ck_assert_int_eq(lang_find_param(adam, "lr"), 0);
    ck_assert_int_eq(lang_find_param(adam, "beta_2"), 2);
    ck_assert_int_eq(lang_find_param(adam, "momentum"), -1);
}
END_TEST

START_TEST(every_layer_takes_a_name)
{
    for (int i = 0; i < lang_layers.count; i++) {
        const lang_entry *e = &lang_layers.entries[i];
        const int name = lang_find_param(e, "name");
        ck_assert_int_eq(name, lang_param_count(e) - 1);
        ck_assert_int_eq(e->params[name].type, LANG_TYPE_LAYER_NAME);
    }
}
END_TEST

START_TEST(defaults_are_those_of_keras)
{
    static const struct {
        const lang_table *table;
        const char *entry, *param, *initial;
    } rows[] = {
        {&lang_layers, "dense", "kernel_initializer", "glorot_uniform"},
        {&lang_layers, "dense", "bias_initializer", "zeros"},
        {&lang_layers, "conv2d", "padding", "valid"},
        {&lang_layers, "conv2d", "strides", "1"},
        {&lang_layers, "maxpool2d", "pool_size", "2"},
        {&lang_layers, "maxpool2d", "strides", "none"},
        {&lang_optimizers, "sgd", "learning_rate", "0.01"},
        {&lang_optimizers, "rmsprop", "learning_rate", "0.001"},
        {&lang_optimizers, "rmsprop", "rho", "0.9"},
        {&lang_optimizers, "adam", "beta_1", "0.9"},
        {&lang_optimizers, "adam", "beta_2", "0.999"},
        {&lang_optimizers, "adam", "epsilon", "1e-7"},
        {&lang_optimizers, "adam", "weight_decay", "none"},
        {&lang_optimizers, "adamw", "weight_decay", "0.004"},
        {&lang_optimizers, "nadam", "beta_2", "0.999"},
        {&lang_optimizers, "adagrad", "learning_rate", "0.001"},
        {&lang_optimizers, "adagrad", "initial_accumulator_value", "0.1"},
        {&lang_losses, "huber", "delta", "1"},
        {&lang_losses, "binary_crossentropy", "label_smoothing", "0"},
        {&lang_metrics, "top_k", "k", "5"},
        {&lang_schedules, "polynomial_decay", "end_learning_rate", "0.0001"},
        {&lang_schedules, "cosine_decay", "alpha", "0"},
        {&lang_callbacks, "early_stopping", "monitor", "\"val_loss\""},
        {&lang_callbacks, "early_stopping", "patience", "0"},
        {&lang_callbacks, "reduce_lr_on_plateau", "patience", "10"},
        {&lang_callbacks, "reduce_lr_on_plateau", "min_delta", "1e-4"},
        {&lang_initializers, "random_uniform", "minval", "-0.05"},
        {&lang_initializers, "random_normal", "stddev", "0.05"},
        {&lang_train_settings, "epochs", "epochs", "1"},
        {&lang_train_settings, "batch_size", "batch_size", "32"},
        {&lang_train_settings, "seed", "seed", "1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const lang_entry *e = lang_find(rows[i].table, rows[i].entry);
        ck_assert_ptr_nonnull(e);
        const int param = lang_find_param(e, rows[i].param);
        ck_assert_int_ge(param, 0);
        ck_assert_str_eq(e->params[param].initial, rows[i].initial);
    }
}
END_TEST

/** Every default is an expression of the language, and every row has a line of documentation. */
START_TEST(rows_are_complete)
{
    jmp_buf out_of_memory;
    ck_assert_int_eq(setjmp(out_of_memory), 0);
    arena *a = arena_new(&out_of_memory);
    diag_list *d = diag_new(a, "defaults");
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++)
        for (int i = 0; i < t->table->count; i++) {
            const lang_entry *e = &t->table->entries[i];
            ck_assert_msg(strlen(e->doc) > 0, "\"%s\" has no doc", e->name);
            for (const lang_param *p = e->params; p->name != NULL; p++) {
                ck_assert_msg(strlen(p->doc) > 0, "\"%s\" of \"%s\" has no doc", p->name, e->name);
                ck_assert_ptr_nonnull(lang_type_text(p->type));
                if (p->initial == NULL)
                    continue;
                const char *text = arena_printf(a, "x=%s", p->initial);
                source *s = NULL;
                span at = {0};
                const char *message = NULL;
                ck_assert_int_eq(source_from_text(a, "default", text, strlen(text), &s, &at, &message), MNN_OK);
                ck_assert_msg(parse_definition(a, d, s) != NULL && d->errors == 0, "default of \"%s\"", p->name);
            }
        }
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lang");
    TCase *c = tcase_create("tables");
    tcase_add_test(c, rows_stand_in_the_order_of_their_ids);
    tcase_add_test(c, every_table_holds_all_of_its_ids);
    tcase_add_test(c, every_spelling_leads_to_its_row);
    tcase_add_test(c, keras_spellings_have_a_canonical_one);
    tcase_add_test(c, look_up_knows_what_is_not_there);
    tcase_add_test(c, every_layer_takes_a_name);
    tcase_add_test(c, defaults_are_those_of_keras);
    tcase_add_test(c, rows_are_complete);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
