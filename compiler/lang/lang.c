/* The tables made from the .def files, and look-ups in them. */
#include "lang/lang.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- what the columns of the .def files stand for --------------------------------------------------- */

#define REQUIRED NULL

#define LANG_RANGE_ANY                                                                                                 \
    {                                                                                                                  \
        -INFINITY, INFINITY, false, false, false                                                                       \
    }
#define LANG_RANGE_NOT_ZERO                                                                                            \
    {                                                                                                                  \
        -INFINITY, INFINITY, false, false, true                                                                        \
    }
#define LANG_RANGE_COUNT                                                                                               \
    {                                                                                                                  \
        1, 2147483647, false, false, false                                                                             \
    }
#define LANG_RANGE_AT_LEAST(a)                                                                                         \
    {                                                                                                                  \
        a, INFINITY, false, false, false                                                                               \
    }
#define LANG_RANGE_ABOVE(a)                                                                                            \
    {                                                                                                                  \
        a, INFINITY, true, false, false                                                                                \
    }
#define LANG_RANGE_FROM_TO(a, b)                                                                                       \
    {                                                                                                                  \
        a, b, false, false, false                                                                                      \
    }
#define LANG_RANGE_FROM_BELOW(a, b)                                                                                    \
    {                                                                                                                  \
        a, b, false, true, false                                                                                       \
    }
#define LANG_RANGE_INSIDE(a, b)                                                                                        \
    {                                                                                                                  \
        a, b, true, true, false                                                                                        \
    }

#define PARAM(name, type, initial, range, doc) {name, LANG_TYPE_##type, initial, LANG_RANGE_##range, doc},
#define END_OF_PARAMS                                                                                                  \
    {                                                                                                                  \
        NULL, LANG_TYPE_INT, NULL, LANG_RANGE_ANY, NULL                                                                \
    }

/* --- the arguments of every row --------------------------------------------------------------------- */

#define ROW_PARAMS(table, id, ...) static const lang_param table##_##id##_params[] = {__VA_ARGS__ END_OF_PARAMS};

#define LAYER(id, name, aliases, doc, ...)                                                                             \
    ROW_PARAMS(layer, id, __VA_ARGS__ PARAM("name", LAYER_NAME, "none", ANY, "the layer's name"))
#include "lang/layers.def"
#undef LAYER

#define ACTIVATION(id, name, aliases, onnx, formula, derivative, doc, ...) ROW_PARAMS(activation, id, __VA_ARGS__)
#include "lang/activations.def"
#undef ACTIVATION

#define INITIALIZER(id, name, aliases, doc, ...) ROW_PARAMS(initializer, id, __VA_ARGS__)
#include "lang/initializers.def"
#undef INITIALIZER

#define REGULARIZER(id, name, aliases, doc, ...) ROW_PARAMS(regularizer, id, __VA_ARGS__)
#include "lang/regularizers.def"
#undef REGULARIZER

#define LOSS(id, name, aliases, labels, activation, doc, ...) ROW_PARAMS(loss, id, __VA_ARGS__)
#include "lang/losses.def"
#undef LOSS

#define OPTIMIZER(id, name, aliases, doc, ...) ROW_PARAMS(optimizer, id, __VA_ARGS__)
#include "lang/optimizers.def"
#undef OPTIMIZER

#define SCHEDULE(id, name, aliases, doc, ...) ROW_PARAMS(schedule, id, __VA_ARGS__)
#include "lang/schedules.def"
#undef SCHEDULE

#define CALLBACK(id, name, aliases, doc, ...) ROW_PARAMS(callback, id, __VA_ARGS__)
#include "lang/callbacks.def"
#undef CALLBACK

#define METRIC(id, name, aliases, needs, doc, ...) ROW_PARAMS(metric, id, __VA_ARGS__)
#include "lang/metrics.def"
#undef METRIC

#define SOURCE(id, name, aliases, doc, ...) ROW_PARAMS(source, id, __VA_ARGS__)
#include "lang/sources.def"
#undef SOURCE

#define VALIDATION(id, name, aliases, doc, ...) ROW_PARAMS(validation, id, __VA_ARGS__)
#include "lang/validations.def"
#undef VALIDATION

#define STEP(id, name, aliases, doc, ...) ROW_PARAMS(step, id, __VA_ARGS__)
#include "lang/steps.def"
#undef STEP

#define STRUCTURE(id, name, aliases, doc, ...) ROW_PARAMS(structure, id, __VA_ARGS__)
#include "lang/structures.def"
#undef STRUCTURE

#define SETTING(id, name, aliases, type, initial, range, doc)                                                          \
    ROW_PARAMS(data_setting, id, PARAM(name, type, initial, range, doc))
#include "lang/data_settings.def"
#undef SETTING

#define SETTING(id, name, aliases, type, initial, range, doc)                                                          \
    ROW_PARAMS(train_setting, id, PARAM(name, type, initial, range, doc))
#include "lang/train_settings.def"
#undef SETTING

static const lang_param no_params[] = {END_OF_PARAMS};

/* --- the rows --------------------------------------------------------------------------------------- */

#define TABLE(table, what, plural)                                                                                     \
    const lang_table table = {what, plural, table##_entries, (int)(sizeof table##_entries / sizeof table##_entries[0])};

static const lang_entry lang_blocks_entries[] = {
#define BLOCK(id, name, aliases, doc) {LANG_BLOCK_##id, name, aliases, doc, no_params},
#include "lang/blocks.def"
#undef BLOCK
};
TABLE(lang_blocks, "block", "blocks")

static const lang_entry lang_layers_entries[] = {
#define LAYER(id, name, aliases, doc, ...) {LANG_LAYER_##id, name, aliases, doc, layer_##id##_params},
#include "lang/layers.def"
#undef LAYER
};
TABLE(lang_layers, "layer", "layers")

static const lang_entry lang_structures_entries[] = {
#define STRUCTURE(id, name, aliases, doc, ...) {LANG_STRUCTURE_##id, name, aliases, doc, structure_##id##_params},
#include "lang/structures.def"
#undef STRUCTURE
};
TABLE(lang_structures, "layer", "layers")

static const lang_entry lang_activations_entries[] = {
#define ACTIVATION(id, name, aliases, onnx, formula, derivative, doc, ...)                                             \
    {LANG_ACTIVATION_##id, name, aliases, doc, activation_##id##_params},
#include "lang/activations.def"
#undef ACTIVATION
};
TABLE(lang_activations, "activation", "activations")

static const lang_entry lang_initializers_entries[] = {
#define INITIALIZER(id, name, aliases, doc, ...) {LANG_INITIALIZER_##id, name, aliases, doc, initializer_##id##_params},
#include "lang/initializers.def"
#undef INITIALIZER
};
TABLE(lang_initializers, "initializer", "initializers")

static const lang_entry lang_regularizers_entries[] = {
#define REGULARIZER(id, name, aliases, doc, ...) {LANG_REGULARIZER_##id, name, aliases, doc, regularizer_##id##_params},
#include "lang/regularizers.def"
#undef REGULARIZER
};
TABLE(lang_regularizers, "regularizer", "regularizers")

static const lang_entry lang_losses_entries[] = {
#define LOSS(id, name, aliases, labels, activation, doc, ...) {LANG_LOSS_##id, name, aliases, doc, loss_##id##_params},
#include "lang/losses.def"
#undef LOSS
};
TABLE(lang_losses, "loss", "losses")

static const lang_entry lang_optimizers_entries[] = {
#define OPTIMIZER(id, name, aliases, doc, ...) {LANG_OPTIMIZER_##id, name, aliases, doc, optimizer_##id##_params},
#include "lang/optimizers.def"
#undef OPTIMIZER
};
TABLE(lang_optimizers, "optimizer", "optimizers")

static const lang_entry lang_schedules_entries[] = {
#define SCHEDULE(id, name, aliases, doc, ...) {LANG_SCHEDULE_##id, name, aliases, doc, schedule_##id##_params},
#include "lang/schedules.def"
#undef SCHEDULE
};
TABLE(lang_schedules, "schedule", "schedules")

static const lang_entry lang_callbacks_entries[] = {
#define CALLBACK(id, name, aliases, doc, ...) {LANG_CALLBACK_##id, name, aliases, doc, callback_##id##_params},
#include "lang/callbacks.def"
#undef CALLBACK
};
TABLE(lang_callbacks, "callback", "callbacks")

static const lang_entry lang_modes_entries[] = {
#define MODE(id, name, aliases, doc) {LANG_MODE_##id, name, aliases, doc, no_params},
#include "lang/modes.def"
#undef MODE
};
TABLE(lang_modes, "mode", "modes")

static const lang_entry lang_metrics_entries[] = {
#define METRIC(id, name, aliases, needs, doc, ...) {LANG_METRIC_##id, name, aliases, doc, metric_##id##_params},
#include "lang/metrics.def"
#undef METRIC
};
TABLE(lang_metrics, "metric", "metrics")

static const lang_entry lang_paddings_entries[] = {
#define PADDING(id, name, aliases, doc) {LANG_PADDING_##id, name, aliases, doc, no_params},
#include "lang/paddings.def"
#undef PADDING
};
TABLE(lang_paddings, "padding", "paddings")

static const lang_entry lang_sets_entries[] = {
#define SET(id, name, aliases, doc) {LANG_SET_##id, name, aliases, doc, no_params},
#include "lang/sets.def"
#undef SET
};
TABLE(lang_sets, "set", "sets")

static const lang_entry lang_orders_entries[] = {
#define ORDER(id, name, aliases, doc) {LANG_ORDER_##id, name, aliases, doc, no_params},
#include "lang/orders.def"
#undef ORDER
};
TABLE(lang_orders, "order", "orders")

static const lang_entry lang_sources_entries[] = {
#define SOURCE(id, name, aliases, doc, ...) {LANG_SOURCE_##id, name, aliases, doc, source_##id##_params},
#include "lang/sources.def"
#undef SOURCE
};
TABLE(lang_sources, "data source", "data sources")

static const lang_entry lang_validations_entries[] = {
#define VALIDATION(id, name, aliases, doc, ...) {LANG_VALIDATION_##id, name, aliases, doc, validation_##id##_params},
#include "lang/validations.def"
#undef VALIDATION
};
TABLE(lang_validations, "validation source", "validation sources")

static const lang_entry lang_steps_entries[] = {
#define STEP(id, name, aliases, doc, ...) {LANG_STEP_##id, name, aliases, doc, step_##id##_params},
#include "lang/steps.def"
#undef STEP
};
TABLE(lang_steps, "data step", "data steps")

static const lang_entry lang_data_settings_entries[] = {
#define SETTING(id, name, aliases, type, initial, range, doc)                                                          \
    {LANG_DATA_##id, name, aliases, doc, data_setting_##id##_params},
#include "lang/data_settings.def"
#undef SETTING
};
TABLE(lang_data_settings, "setting", "settings")

static const lang_entry lang_train_settings_entries[] = {
#define SETTING(id, name, aliases, type, initial, range, doc)                                                          \
    {LANG_TRAIN_##id, name, aliases, doc, train_setting_##id##_params},
#include "lang/train_settings.def"
#undef SETTING
};
TABLE(lang_train_settings, "setting", "settings")

const lang_named_table lang_tables[] = {
    {"blocks", &lang_blocks, false},
    {"layers", &lang_layers, false},
    {"structures", &lang_structures, false},
    {"activations", &lang_activations, true},
    {"initializers", &lang_initializers, true},
    {"regularizers", &lang_regularizers, true},
    {"losses", &lang_losses, true},
    {"metrics", &lang_metrics, true},
    {"paddings", &lang_paddings, true},
    {"sets", &lang_sets, true},
    {"orders", &lang_orders, true},
    {"sources", &lang_sources, true},
    {"steps", &lang_steps, false},
    {"optimizers", &lang_optimizers, true},
    {"schedules", &lang_schedules, true},
    {"callbacks", &lang_callbacks, false},
    {"modes", &lang_modes, true},
    {"validations", &lang_validations, true},
    {"data settings", &lang_data_settings, false},
    {"train settings", &lang_train_settings, false},
    {NULL, NULL, false},
};

/* --- look-ups --------------------------------------------------------------------------------------- */

static const struct {
    const char *alias;
    const char *name;
} param_aliases[] = {
#define PARAM_ALIAS(alias, name) {alias, name},
#include "lang/param_aliases.def"
#undef PARAM_ALIAS
};

enum { PARAM_ALIAS_COUNT = sizeof param_aliases / sizeof param_aliases[0] };

/** Whether word is one of the words of a list separated by blanks. */
static bool list_holds(const char *list, const char *word)
{
    const size_t length = strlen(word);
    while (*list != '\0') {
        const size_t n = strcspn(list, " ");
        if (n == length && memcmp(list, word, n) == 0)
            return true;
        list += n;
        list += strspn(list, " ");
    }
    return false;
}

/** Whether two spellings of that many bytes differ in letter case and "_" only. */
static bool is_same_loosely(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t i = 0, j = 0;
    for (;; i++, j++) {
        while (i < a_length && a[i] == '_')
            i++;
        while (j < b_length && b[j] == '_')
            j++;
        if (i == a_length || j == b_length)
            return i == a_length && j == b_length && i > 0;
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]))
            return false;
    }
}

static bool list_holds_loosely(const char *list, const char *word)
{
    while (*list != '\0') {
        const size_t n = strcspn(list, " ");
        if (is_same_loosely(list, n, word, strlen(word)))
            return true;
        list += n;
        list += strspn(list, " ");
    }
    return false;
}

/** Spellings that mean something else where the letter case is taken at its word. */
static bool is_foreign(const char *name)
{
    static const char *const words[] = {
#define FOREIGN(what, name, way) name,
#include "lang/absent.def"
#undef FOREIGN
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

const lang_entry *lang_find(const lang_table *table, const char *name)
{
    const lang_entry *exact = lang_find_exact(table, name);
    if (exact != NULL || is_foreign(name))
        return exact;
    for (int i = 0; i < table->count; i++) {
        const lang_entry *e = &table->entries[i];
        if (list_holds_loosely(e->name, name) || list_holds_loosely(e->aliases, name))
            return e;
    }
    return NULL;
}

const lang_entry *lang_find_exact(const lang_table *table, const char *name)
{
    for (int i = 0; i < table->count; i++) {
        const lang_entry *e = &table->entries[i];
        if (strcmp(e->name, name) == 0 || list_holds(e->aliases, name))
            return e;
    }
    return NULL;
}

/** The name that an alias of an argument stands for, or the word itself. */
static const char *param_name(const char *word)
{
    for (int i = 0; i < PARAM_ALIAS_COUNT; i++)
        if (strcmp(param_aliases[i].alias, word) == 0)
            return param_aliases[i].name;
    return word;
}

static int find_param_exact(const lang_entry *entry, const char *name)
{
    for (int i = 0; entry->params[i].name != NULL; i++)
        if (strcmp(entry->params[i].name, name) == 0)
            return i;
    return -1;
}

int lang_find_param(const lang_entry *entry, const char *name)
{
    int found = find_param_exact(entry, name);
    for (int i = 0; i < PARAM_ALIAS_COUNT && found < 0; i++)
        if (strcmp(param_aliases[i].alias, name) == 0)
            found = find_param_exact(entry, param_aliases[i].name);
    for (int i = 0; entry->params[i].name != NULL && found < 0; i++)
        if (list_holds_loosely(entry->params[i].name, name))
            found = i;
    return found;
}

const lang_absent lang_absent_words[] = {
#define ABSENT(what, names, way) {what, names, way},
#define FOREIGN(what, name, way) {what, name, way},
#include "lang/absent.def"
#undef ABSENT
#undef FOREIGN
    {NULL, NULL, NULL},
};

const lang_absent *lang_find_absent(const char *what, const char *name)
{
    const lang_absent *found = NULL;
    for (const lang_absent *a = lang_absent_words; a->what != NULL; a++) {
        if (!list_holds_loosely(a->names, name))
            continue;
        if (strcmp(a->what, what) == 0)
            return a;
        found = found != NULL ? found : a;
    }
    return found;
}

bool lang_says_nothing(const char *argument, const char *value)
{
    static const struct {
        const char *argument, *value;
    } defaults[] = {
#define SAYS_NOTHING(argument, value) {argument, value},
#include "lang/absent.def"
#undef SAYS_NOTHING
    };
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (strcmp(defaults[i].argument, argument) == 0 && strcmp(defaults[i].value, value) == 0)
            return true;
    return false;
}

const char *lang_meant_param(const lang_entry *entry, const char *name)
{
    static const struct {
        const char *word, *meant;
    } mistakes[] = {
#define PARAM_MISTAKE(word, meant) {word, meant},
#include "lang/param_mistakes.def"
#undef PARAM_MISTAKE
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
        if (strcmp(mistakes[i].word, name) == 0 && lang_find_param(entry, mistakes[i].meant) >= 0)
            return mistakes[i].meant;
    return NULL;
}

int lang_param_count(const lang_entry *entry)
{
    int count = 0;
    while (entry->params[count].name != NULL)
        count++;
    return count;
}

const lang_table *lang_type_table(lang_type type)
{
    switch (type) {
    case LANG_TYPE_ACTIVATION:
        return &lang_activations;
    case LANG_TYPE_INITIALIZER:
        return &lang_initializers;
    case LANG_TYPE_REGULARIZER:
        return &lang_regularizers;
    case LANG_TYPE_LOSS:
        return &lang_losses;
    case LANG_TYPE_OPTIMIZER:
        return &lang_optimizers;
    case LANG_TYPE_RATE:
        return &lang_schedules;
    case LANG_TYPE_MODE:
        return &lang_modes;
    case LANG_TYPE_METRIC:
    case LANG_TYPE_METRICS:
        return &lang_metrics;
    case LANG_TYPE_PADDING:
        return &lang_paddings;
    case LANG_TYPE_SET:
        return &lang_sets;
    case LANG_TYPE_ORDER:
        return &lang_orders;
    case LANG_TYPE_SOURCE:
        return &lang_sources;
    case LANG_TYPE_VALIDATION:
        return &lang_validations;
    default:
        return NULL;
    }
}

const char *lang_type_text(lang_type type)
{
    static const char *const texts[] = {
        [LANG_TYPE_INT] = "an integer",
        [LANG_TYPE_REAL] = "a number",
        [LANG_TYPE_BOOL] = "true or false",
        [LANG_TYPE_PATH] = "the path of a file as a string",
        [LANG_TYPE_LAYER_NAME] = "a name as a string",
        [LANG_TYPE_PAIR] = "an integer or a pair of integers",
        [LANG_TYPE_PAIR_OR_NONE] = "an integer, a pair of integers or none",
        [LANG_TYPE_SHAPE] = "1 to 4 integers",
        [LANG_TYPE_ACTIVATION] = "an activation",
        [LANG_TYPE_INITIALIZER] = "an initializer",
        [LANG_TYPE_REGULARIZER] = "a regularizer or none",
        [LANG_TYPE_LOSS] = "a loss",
        [LANG_TYPE_OPTIMIZER] = "an optimizer",
        [LANG_TYPE_METRIC] = "a metric",
        [LANG_TYPE_INTS] = "a list of integers",
        [LANG_TYPE_REALS] = "a list of numbers",
        [LANG_TYPE_MONITOR] = "the name of a loss or metric as a string",
        [LANG_TYPE_RATE] = "a number or a schedule",
        [LANG_TYPE_MODE] = "auto, min or max",
        [LANG_TYPE_METRICS] = "a list of metrics",
        [LANG_TYPE_PADDING] = "valid or same",
        [LANG_TYPE_SET] = "train, validation or test",
        [LANG_TYPE_ORDER] = "stratified, shuffled or last",
        [LANG_TYPE_SOURCE] = "idx(images, labels)",
        [LANG_TYPE_VALIDATION] = "split(train, fraction) or idx(images, labels)",
    };
    return texts[type];
}

const char *lang_range_text(const lang_range *range, char *text, size_t size)
{
    const bool low = isfinite(range->low), high = isfinite(range->high) && range->high < 2147483647;
    char low_text[48] = "", high_text[48] = "";
    if (low)
        snprintf(low_text, sizeof low_text, "%s %.9g", range->low_open ? "more than" : "at least", range->low);
    if (high)
        snprintf(high_text, sizeof high_text, "%s %.9g", range->high_open ? "less than" : "at most", range->high);
    snprintf(text, size, "%s%s%s%s", range->not_zero ? "not 0" : "", low_text, low && high ? ", " : "", high_text);
    return text;
}

const char *lang_canonical(const char *name)
{
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++) {
        const lang_entry *e = lang_find_exact(t->table, name);
        if (e != NULL)
            return e->name;
    }
    return param_name(name);
}

void lang_each_spelling(const lang_table *table, lang_visit *visit, void *context)
{
    for (int i = 0; i < table->count; i++) {
        const lang_entry *e = &table->entries[i];
        visit(context, e->name, e);
        const char *alias = e->aliases;
        while (*alias != '\0') {
            char word[48];
            const size_t n = strcspn(alias, " ");
            if (n < sizeof word) {
                memcpy(word, alias, n);
                word[n] = '\0';
                visit(context, word, e);
            }
            alias += n;
            alias += strspn(alias, " ");
        }
    }
}
