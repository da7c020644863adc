/* The vocabulary: every word that a description may use, with its arguments, from the .def tables.
 * A new word is a new row there; the grammar knows none of them. */
#ifndef MNNC_LANG_LANG_H
#define MNNC_LANG_LANG_H

#include <stdbool.h>
#include <stddef.h>

#include "lang/ids.h"

/** The type of an argument or a setting. */
typedef enum lang_type {
#define TYPE(id, ...) LANG_TYPE_##id,
#include "lang/types.def"
#undef TYPE
    LANG_TYPE_COUNT
} lang_type;

/** The numbers that are allowed. */
typedef struct lang_range {
    double low, high;
    bool low_open, high_open; /* the end itself is not allowed */
    bool not_zero;
    const char *words; /* CHOICE: those that it takes, separated by blanks */
} lang_range;

/** One argument or setting. */
typedef struct lang_param {
    const char *name;
    lang_type type;
    const char *initial; /* the default, in the language's own form; NULL: must be given */
    lang_range range;
    const char *doc;
} lang_param;

/** One word. */
typedef struct lang_entry {
    int id; /* of the table's enumeration in ids.h */
    const char *name;
    const char *aliases; /* separated by blanks */
    const char *doc;
    const lang_param *params; /* ends with a row whose name is NULL */
} lang_entry;

/** All words of one kind. */
typedef struct lang_table {
    const char *what;   /* "layer" */
    const char *plural; /* "layers" */
    const lang_entry *entries;
    int count;
} lang_table;

extern const lang_table lang_blocks, lang_layers, lang_structures, lang_activations, lang_initializers,
    lang_regularizers, lang_losses, lang_optimizers, lang_schedules, lang_callbacks, lang_modes, lang_metrics,
    lang_paddings, lang_sets, lang_orders, lang_sources, lang_validations, lang_steps, lang_columns;

/** Settings are rows with exactly one parameter: the setting itself. */
extern const lang_table lang_data_settings, lang_train_settings;

/** A table under a name that no other has. */
typedef struct lang_named_table {
    const char *name; /* "data settings"; NULL after the last */
    const lang_table *table;
    bool values; /* its words are values: a constant of that name hides them */
} lang_named_table;

/** All tables. */
extern const lang_named_table lang_tables[];

/** @return the row with that name or alias, or NULL; letter case and "_" do not count, where no row has the very
 *          spelling ("Relu", "max_pool_2d") */
const lang_entry *lang_find(const lang_table *table, const char *name);

/** @return the row with that name or alias as it is spelt, or NULL */
const lang_entry *lang_find_exact(const lang_table *table, const char *name);

/** Look up an argument by name or alias.
 *  @return its number in entry->params, or -1 */
int lang_find_param(const lang_entry *entry, const char *name);

/** The parameter for the activation that follows the layer; -1: there is none. */
int lang_find_activation(const lang_entry *entry);

/** The argument of entry that somebody means who writes the name of another layer's, or NULL. */
const char *lang_meant_param(const lang_entry *entry, const char *name);

int lang_param_count(const lang_entry *entry);

/** Whether all arguments without a name are values of the first parameter: a shape, or values. */
bool lang_takes_all(const lang_entry *entry);

/** The table whose words a type takes, or NULL for numbers, strings and the like. */
const lang_table *lang_type_table(lang_type type);

/** "an integer", "a number", "one of the activations" */
const char *lang_type_text(lang_type type);

/** The number of a word among those that a choice takes, from 0, or -1. */
int lang_choice(const lang_range *range, const char *word);

/** "at least 0, less than 1" as text; empty if all values, or all counts, are allowed. */
const char *lang_range_text(const lang_range *range, char *text, size_t size);

/** The canonical spelling of any word of the language (also of an argument), or the word itself: for format_file(). */
const char *lang_canonical(const char *name);

/** A word of Keras that there is not: what it is there ("layer"), how it is spelt, and the way round it, or NULL. */
typedef struct lang_absent {
    const char *what, *names, *way;
} lang_absent;

/** All of them; `what` of the row after the last is NULL. */
extern const lang_absent lang_absent_words[];

/** The row of an absent word, of that kind if there is one, or NULL. */
const lang_absent *lang_find_absent(const char *what, const char *name);

/** An argument of Keras that there is not, but whose value is the behaviour here anyway.
 *  @param value  as it is written, without quotes
 *  @return whether it can be omitted */
bool lang_says_nothing(const char *argument, const char *value);

/** The names and aliases of a table, one call each: "did you mean" looks among them. */
typedef void lang_visit(void *context, const char *spelling, const lang_entry *entry);
void lang_each_spelling(const lang_table *table, lang_visit *visit, void *context);

#endif
