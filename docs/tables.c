/* The tables in the documentation, from the language's own: docs/update.sh builds and runs it.
 * Usage: tables FILE.md; writes the file to standard output, with what stands between a line
 * "<!-- tables: NAME -->" and the next line "<!-- end -->" made anew. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"

/** Text of a cell: what Markdown would take for its own is escaped. */
static void cell(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("|*<", *text) != NULL)
            putchar('\\');
        putchar(*text);
    }
}

/** `one`, `two`; nothing for an empty list */
static void words(const char *list)
{
    while (*list != '\0') {
        const int length = (int)strcspn(list, " ");
        printf("`%.*s`", length, list);
        list += length;
        list += strspn(list, " ");
        if (*list != '\0')
            printf(", ");
    }
}

/** Whether a row of the arguments' table is of use: every layer takes a name, which is said once. */
static bool is_shown(const lang_param *p)
{
    return p->type != LANG_TYPE_LAYER_NAME;
}

static void range(const lang_range *r)
{
    const bool low = isfinite(r->low), high = isfinite(r->high) && r->high < 2147483647;
    if (r->not_zero)
        printf("not 0");
    if (low)
        printf("%s %.9g", r->low_open ? "more than" : "at least", r->low);
    if (low && high)
        printf(", ");
    if (high)
        printf("%s %.9g", r->high_open ? "less than" : "at most", r->high);
}

static void param_row(const lang_param *p)
{
    printf("| `%s` | %s | ", p->name, lang_type_text(p->type));
    if (p->initial != NULL)
        printf("`%s`", p->initial);
    else
        printf("must be given");
    printf(" | ");
    range(&p->range);
    printf(" | ");
    cell(p->doc);
    printf(" |\n");
}

static void params_head(const char *first)
{
    printf("| %s | takes | default | range | |\n|---|---|---|---|---|\n", first);
}

/** `adam(learning_rate=0.001, ...)`: how the word is written, with its defaults */
static void signature(const lang_entry *e)
{
    printf("%s(", e->name);
    bool first = true;
    for (const lang_param *p = e->params; p->name != NULL; p++) {
        if (!is_shown(p))
            continue;
        printf("%s%s", first ? "" : ", ", p->name);
        if (p->initial != NULL)
            printf("=%s", p->initial);
        first = false;
    }
    printf(")");
}

static void aliases(const lang_entry *e)
{
    if (*e->aliases == '\0')
        return;
    printf(" Also written ");
    words(e->aliases);
    printf(".");
}

/** A heading a word, and its arguments: for words that have many. */
static void sections(const lang_table *table)
{
    for (int i = 0; i < table->count; i++) {
        const lang_entry *e = &table->entries[i];
        printf("%s#### `%s`\n\n", i > 0 ? "\n" : "", e->name);
        cell(e->doc);
        printf(".");
        aliases(e);
        printf("\n");
        if (e->params->name == NULL || !is_shown(e->params))
            continue;
        printf("\n");
        params_head("argument");
        for (const lang_param *p = e->params; p->name != NULL; p++)
            if (is_shown(p))
                param_row(p);
    }
}

/** A row a word: for words that have few arguments. */
static void rows(const lang_table *table)
{
    printf("| %s | also written | |\n|---|---|---|\n", table->what);
    for (int i = 0; i < table->count; i++) {
        const lang_entry *e = &table->entries[i];
        printf("| `");
        if (e->params->name != NULL)
            signature(e);
        else
            printf("%s", e->name);
        printf("` | ");
        words(e->aliases);
        printf(" | ");
        cell(e->doc);
        printf(" |\n");
    }
}

static void settings(const lang_table *table)
{
    params_head("setting");
    for (int i = 0; i < table->count; i++)
        param_row(table->entries[i].params);
}

static void argument_aliases(void)
{
    static const char *const pairs[][2] = {
#define PARAM_ALIAS(alias, name) {alias, name},
#include "lang/param_aliases.def"
#undef PARAM_ALIAS
    };
    printf("| argument | also written |\n|---|---|\n");
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        printf("| `%s` | `%s` |\n", pairs[i][1], pairs[i][0]);
}

static void vocabulary_row(const char *title, const lang_table *table)
{
    printf("| %s | ", title);
    for (int i = 0; i < table->count; i++)
        printf("%s`%s`", i > 0 ? ", " : "", table->entries[i].name);
    printf(" |\n");
}

/** Every word of the language, for those who want to see it at a glance. */
static void vocabulary(void)
{
    printf("| | |\n|---|---|\n");
    vocabulary_row("data from", &lang_sources);
    vocabulary_row("data steps", &lang_steps);
    vocabulary_row("data settings", &lang_data_settings);
    vocabulary_row("validation", &lang_validations);
    vocabulary_row("layers", &lang_layers);
    vocabulary_row("padding", &lang_paddings);
    vocabulary_row("activations", &lang_activations);
    vocabulary_row("initializers", &lang_initializers);
    vocabulary_row("losses", &lang_losses);
    vocabulary_row("optimizers", &lang_optimizers);
    vocabulary_row("metrics", &lang_metrics);
    vocabulary_row("train settings", &lang_train_settings);
}

typedef void print_table(const lang_table *table);

static const struct {
    const char *name;
    print_table *print;
    const lang_table *table;
} tables[] = {
    {"sources", sections, &lang_sources},
    {"steps", sections, &lang_steps},
    {"data settings", settings, &lang_data_settings},
    {"validations", sections, &lang_validations},
    {"layers", sections, &lang_layers},
    {"activations", rows, &lang_activations},
    {"paddings", rows, &lang_paddings},
    {"initializers", rows, &lang_initializers},
    {"train settings", settings, &lang_train_settings},
    {"losses", rows, &lang_losses},
    {"optimizers", sections, &lang_optimizers},
    {"metrics", rows, &lang_metrics},
};

/** @return false when there is no such table */
static bool print_named(const char *name)
{
    if (strcmp(name, "vocabulary") == 0) {
        vocabulary();
        return true;
    }
    if (strcmp(name, "argument aliases") == 0) {
        argument_aliases();
        return true;
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (strcmp(tables[i].name, name) == 0) {
            tables[i].print(tables[i].table);
            return true;
        }
    return false;
}

/** The name in a line "<!-- tables: NAME -->".
 *  @return false when the line is another */
static bool read_name(const char *line, char name[64])
{
    static const char head[] = "<!-- tables: ", tail[] = " -->\n";
    const size_t length = strlen(line), around = sizeof head + sizeof tail - 2;
    if (length < around || length - around >= 64 || strncmp(line, head, sizeof head - 1) != 0 ||
        strcmp(line + length - (sizeof tail - 1), tail) != 0)
        return false;
    memcpy(name, line + sizeof head - 1, length - around);
    name[length - around] = '\0';
    return true;
}

/** Copy the file with its tables made anew.
 *  @return NULL, or what is wrong with it */
static const char *rewrite(FILE *file)
{
    char *line = NULL, name[64];
    size_t size = 0;
    bool inside = false;
    const char *wrong = NULL;
    while (wrong == NULL && getline(&line, &size, file) >= 0) {
        const bool ends = strcmp(line, "<!-- end -->\n") == 0;
        const bool begins = read_name(line, name);
        if (inside ? begins : ends) {
            wrong = inside ? "a table begins inside another" : "a table ends that did not begin";
            break;
        }
        if (!inside || ends)
            fputs(line, stdout);
        inside = begins || (inside && !ends);
        if (!begins)
            continue;
        wrong = print_named(name) ? NULL : "there is no such table";
    }
    free(line);
    return wrong == NULL && inside ? "a table does not end" : wrong;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: tables FILE.md\n");
        return 2;
    }
    const char *wrong = rewrite(file);
    fclose(file);
    if (wrong != NULL)
        fprintf(stderr, "%s: error: %s\n", argv[1], wrong);
    return wrong != NULL || fflush(stdout) != 0;
}
