/* The tables made from the .def files, and look-ups in them. */
#include "lang/lang.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- the columns of the .def files ------------------------------------------------------------------- */

#define REQUIRED NULL

/* low, high, low_open, high_open, not_zero, words */
#define LANG_RANGE_ANY -INFINITY, INFINITY, false, false, false, NULL
#define LANG_RANGE_NOT_ZERO -INFINITY, INFINITY, false, false, true, NULL
#define LANG_RANGE_COUNT 1, 2147483647, false, false, false, NULL
#define LANG_RANGE_ONE_OF(words) -INFINITY, INFINITY, false, false, false, words
#define LANG_RANGE_AT_LEAST(a) a, INFINITY, false, false, false, NULL
#define LANG_RANGE_ABOVE(a) a, INFINITY, true, false, false, NULL
#define LANG_RANGE_FROM_TO(a, b) a, b, false, false, false, NULL
#define LANG_RANGE_FROM_BELOW(a, b) a, b, false, true, false, NULL
#define LANG_RANGE_INSIDE(a, b) a, b, true, true, false, NULL

#define PARAM(name, type, initial, range, doc) {name, LANG_TYPE_##type, initial, {LANG_RANGE_##range}, doc},

/* the arguments end with a row without a name */
#define ROW(number, word, others, text, ...)                                                                           \
    {number, word, others, text, (const lang_param[]){__VA_ARGS__{.name = NULL}}},

/* --- the rows --------------------------------------------------------------------------------------- */

#define TABLE(table, what, plural)                                                                                     \
    const lang_table table = {what, plural, table##_entries, (int)(sizeof table##_entries / sizeof table##_entries[0])};

static const lang_entry lang_blocks_entries[] = {
#define BLOCK(id, ...) ROW(LANG_BLOCK_##id, __VA_ARGS__, )
#include "lang/blocks.def"
#undef BLOCK
};
TABLE(lang_blocks, "block", "blocks")

static const lang_entry lang_layers_entries[] = {
/* every layer may be named */
#define LAYER_NAME PARAM("name", LAYER_NAME, "none", ANY, "the layer's name")
#define TRAIT(trait)
#define LAYER(id, name, ...) ROW(LANG_LAYER_##id, #name, __VA_ARGS__ LAYER_NAME)
#include "lang/layers.def"
#undef TRAIT
#undef LAYER
};
TABLE(lang_layers, "layer", "layers")

static const lang_entry lang_structures_entries[] = {
#define STRUCTURE(id, ...) ROW(LANG_STRUCTURE_##id, __VA_ARGS__)
#include "lang/structures.def"
#undef STRUCTURE
};
TABLE(lang_structures, "layer", "layers")

static const lang_entry lang_activations_entries[] = {
#define ACTIVATION(id, name, aliases, onnx, formula, derivative, ...)                                                  \
    ROW(LANG_ACTIVATION_##id, name, aliases, __VA_ARGS__)
#include "lang/activations.def"
#undef ACTIVATION
};
TABLE(lang_activations, "activation", "activations")

static const lang_entry lang_initializers_entries[] = {
#define INITIALIZER(id, ...) ROW(LANG_INITIALIZER_##id, __VA_ARGS__)
#include "lang/initializers.def"
#undef INITIALIZER
};
TABLE(lang_initializers, "initializer", "initializers")

static const lang_entry lang_regularizers_entries[] = {
#define REGULARIZER(id, ...) ROW(LANG_REGULARIZER_##id, __VA_ARGS__)
#include "lang/regularizers.def"
#undef REGULARIZER
};
TABLE(lang_regularizers, "regularizer", "regularizers")

static const lang_entry lang_losses_entries[] = {
#define LOSS(id, name, aliases, labels, off, activation, value, logits, derivative, ...)                               \
    ROW(LANG_LOSS_##id, name, aliases, __VA_ARGS__)
#include "lang/losses.def"
#undef LOSS
};
TABLE(lang_losses, "loss", "losses")

static const lang_entry lang_optimizers_entries[] = {
#define OPTIMIZER(id, name, aliases, slots, step, element, ...) ROW(LANG_OPTIMIZER_##id, name, aliases, __VA_ARGS__)
#include "lang/optimizers.def"
#undef OPTIMIZER
};
TABLE(lang_optimizers, "optimizer", "optimizers")

static const lang_entry lang_schedules_entries[] = {
#define SCHEDULE(id, name, aliases, formula, ...) ROW(LANG_SCHEDULE_##id, name, aliases, __VA_ARGS__)
#include "lang/schedules.def"
#undef SCHEDULE
};
TABLE(lang_schedules, "schedule", "schedules")

static const lang_entry lang_callbacks_entries[] = {
#define CALLBACK(id, ...) ROW(LANG_CALLBACK_##id, __VA_ARGS__)
#include "lang/callbacks.def"
#undef CALLBACK
};
TABLE(lang_callbacks, "callback", "callbacks")

static const lang_entry lang_modes_entries[] = {
#define MODE(id, ...) ROW(LANG_MODE_##id, __VA_ARGS__, )
#include "lang/modes.def"
#undef MODE
};
TABLE(lang_modes, "mode", "modes")

static const lang_entry lang_metrics_entries[] = {
#define METRIC(id, name, aliases, needs, ...) ROW(LANG_METRIC_##id, name, aliases, __VA_ARGS__)
#include "lang/metrics.def"
#undef METRIC
};
TABLE(lang_metrics, "metric", "metrics")

static const lang_entry lang_paddings_entries[] = {
#define PADDING(id, ...) ROW(LANG_PADDING_##id, __VA_ARGS__, )
#include "lang/paddings.def"
#undef PADDING
};
TABLE(lang_paddings, "padding", "paddings")

static const lang_entry lang_sets_entries[] = {
#define SET(id, ...) ROW(LANG_SET_##id, __VA_ARGS__, )
#include "lang/sets.def"
#undef SET
};
TABLE(lang_sets, "set", "sets")

static const lang_entry lang_orders_entries[] = {
#define ORDER(id, ...) ROW(LANG_ORDER_##id, __VA_ARGS__, )
#include "lang/orders.def"
#undef ORDER
};
TABLE(lang_orders, "order", "orders")

static const lang_entry lang_sources_entries[] = {
#define SOURCE(id, name, aliases, labels, ...) ROW(LANG_SOURCE_##id, name, aliases, __VA_ARGS__)
#include "lang/sources.def"
#undef SOURCE
};
TABLE(lang_sources, "data source", "data sources")

static const lang_entry lang_validations_entries[] = {
#define VALIDATION(id, ...) ROW(LANG_VALIDATION_##id, __VA_ARGS__)
#include "lang/validations.def"
#undef VALIDATION
};
TABLE(lang_validations, "validation source", "validation sources")

static const lang_entry lang_columns_entries[] = {
#define COLUMN(id, ...) ROW(LANG_COLUMN_##id, __VA_ARGS__)
#include "lang/columns.def"
#undef COLUMN
};
TABLE(lang_columns, "column", "columns")

static const lang_entry lang_steps_entries[] = {
#define STEP(id, ...) ROW(LANG_STEP_##id, __VA_ARGS__)
#include "lang/steps.def"
#undef STEP
};
TABLE(lang_steps, "data step", "data steps")

static const lang_entry lang_data_settings_entries[] = {
#define SETTING(id, name, aliases, type, initial, range, doc)                                                          \
    ROW(LANG_DATA_##id, name, aliases, doc, PARAM(name, type, initial, range, doc))
#include "lang/data_settings.def"
#undef SETTING
};
TABLE(lang_data_settings, "setting", "settings")

static const lang_entry lang_train_settings_entries[] = {
#define SETTING(id, name, aliases, type, initial, range, doc)                                                          \
    ROW(LANG_TRAIN_##id, name, aliases, doc, PARAM(name, type, initial, range, doc))
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
    {"columns", &lang_columns, false},
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

/** The words of a list, separated by blanks: moves to the next word.
 *  @param length  of the word before, or 0; set to that of this one
 *  @return whether there is one */
static bool next_word(const char **list, size_t *length)
{
    *list += *length;
    *list += strspn(*list, " ");
    *length = strcspn(*list, " ");
    return **list != '\0';
}

/** Whether word is one of the words of a list. */
static bool list_holds(const char *list, const char *word)
{
    const size_t wanted = strlen(word);
    for (size_t n = 0; next_word(&list, &n);)
        if (n == wanted && memcmp(list, word, n) == 0)
            return true;
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
    for (size_t n = 0; next_word(&list, &n);)
        if (is_same_loosely(list, n, word, strlen(word)))
            return true;
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

int lang_find_activation(const lang_entry *entry)
{
    const int nth = lang_find_param(entry, "activation");
    return nth >= 0 && entry->params[nth].type == LANG_TYPE_ACTIVATION ? nth : -1;
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

bool lang_takes_all(const lang_entry *entry)
{
    const lang_param *first = entry->params;
    return first->name != NULL && (first->type == LANG_TYPE_SHAPE || first->type == LANG_TYPE_VALUES);
}

static const struct {
    const char *text;
    const lang_table *table;
} types[] = {
#define TYPE(id, text, table) {text, table},
#include "lang/types.def"
#undef TYPE
};

const lang_table *lang_type_table(lang_type type)
{
    return types[type].table;
}

const char *lang_type_text(lang_type type)
{
    return types[type].text;
}

int lang_choice(const lang_range *range, const char *word)
{
    const char *words = range->words;
    int choice = 0;
    for (size_t n = 0; next_word(&words, &n); choice++)
        if (is_same_loosely(words, n, word, strlen(word)))
            return choice;
    return -1;
}

const char *lang_range_text(const lang_range *range, char *text, size_t size)
{
    if (range->words != NULL) {
        const char *words = range->words, *separator = "";
        size_t used = 0;
        for (size_t n = 0; next_word(&words, &n) && used < size; separator = ", ")
            used += (size_t)snprintf(text + used, size - used, "%s%.*s", separator, (int)n, words);
        return text;
    }
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
        char word[48];
        for (size_t n = 0; next_word(&alias, &n);)
            if (n < sizeof word) {
                memcpy(word, alias, n);
                word[n] = '\0';
                visit(context, word, e);
            }
    }
}
