/* Generated parts of the documentation: "make docs" builds and runs this.
 * Usage: docs FOLDER PAGE.md; writes the page to standard output. The lines between one of these markers
 * and the next line "<!-- end -->" are replaced:
 *     <!-- tables: NAME -->               a table of the language's vocabulary
 *     <!-- quote: FILE|FIRST|LAST -->     the lines of FILE (in FOLDER, or as named) from the first that contains
 *                                         FIRST to the next that contains LAST, as a block of code, or unchanged
 *                                         if FILE is another page (.md); "^text" matches at the beginning of a
 *                                         line; without |LAST, one line */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "support/diag.h"

/** Text of a cell, with the special characters of Markdown escaped. */
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

/** Whether an argument is listed: the name, which every layer takes, is documented once. */
static bool is_shown(const lang_param *p)
{
    return p->type != LANG_TYPE_LAYER_NAME;
}

static void param_row(const lang_param *p)
{
    printf("| `%s` | %s | ", p->name, lang_type_text(p->type));
    if (p->initial != NULL)
        printf("`%s`", p->initial);
    else
        printf("required");
    char range[96];
    printf(" | %s | ", lang_range_text(&p->range, range, sizeof range));
    cell(p->doc);
    printf(" |\n");
}

static void params_head(const char *first)
{
    printf("| %s | type | default | range | |\n|---|---|---|---|---|\n", first);
}

/** `adam(learning_rate=0.001, ...)`: the call with its defaults */
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
    printf(" Aliases: ");
    words(e->aliases);
    printf(".");
}

/** One section per word, with its arguments: for words with many arguments. */
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

/** One row per word: for words with few arguments. */
static void rows(const lang_table *table)
{
    printf("| %s | aliases | |\n|---|---|---|\n", table->what);
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
    printf("| argument | aliases |\n|---|---|\n");
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        printf("| `%s` | `%s` |\n", pairs[i][1], pairs[i][0]);
}

static void warnings(void)
{
    printf("| warning | reported for |\n|---|---|\n");
    for (int i = 0; i < DIAG_WARNING_COUNT; i++) {
        printf("| `%s` | ", diag_warning_name((diag_warning_kind)i));
        cell(diag_warning_doc((diag_warning_kind)i));
        printf(" |\n");
    }
}

static void vocabulary_row(const char *title, const lang_table *table)
{
    printf("| %s | ", title);
    for (int i = 0; i < table->count; i++)
        printf("%s`%s`", i > 0 ? ", " : "", table->entries[i].name);
    printf(" |\n");
}

/** The vocabulary at a glance. */
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
    vocabulary_row("regularizers", &lang_regularizers);
    vocabulary_row("losses", &lang_losses);
    vocabulary_row("optimizers", &lang_optimizers);
    vocabulary_row("schedules", &lang_schedules);
    vocabulary_row("metrics", &lang_metrics);
    vocabulary_row("train settings", &lang_train_settings);
    vocabulary_row("callbacks", &lang_callbacks);
}

typedef void print_table(const lang_table *table);

static const struct {
    const char *name;
    print_table *print;
    const lang_table *table;
} tables[] = {
    {"sources", sections, &lang_sources},
    {"steps", sections, &lang_steps},
    {"columns", sections, &lang_columns},
    {"data settings", settings, &lang_data_settings},
    {"validations", sections, &lang_validations},
    {"orders", rows, &lang_orders},
    {"layers", sections, &lang_layers},
    {"activations", rows, &lang_activations},
    {"paddings", rows, &lang_paddings},
    {"initializers", rows, &lang_initializers},
    {"regularizers", rows, &lang_regularizers},
    {"train settings", settings, &lang_train_settings},
    {"losses", rows, &lang_losses},
    {"optimizers", sections, &lang_optimizers},
    {"schedules", sections, &lang_schedules},
    {"metrics", rows, &lang_metrics},
    {"callbacks", sections, &lang_callbacks},
    {"modes", rows, &lang_modes},
};

/** @return false when there is no such table */
static bool print_named(const char *name)
{
    if (strcmp(name, "vocabulary") == 0) {
        vocabulary();
        return true;
    }
    if (strcmp(name, "warnings") == 0) {
        warnings();
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

/* --- quotations from files --------------------------------------------------------------------------- */

/** Whether a line holds a text; "^text" must be at its beginning. */
static bool holds(const char *line, const char *what)
{
    return *what == '^' ? strncmp(line, what + 1, strlen(what + 1)) == 0 : strstr(line, what) != NULL;
}

/** Copy the lines from the first that contains `first` to the next that contains `last` (NULL: one line).
 *  @return NULL, or an error message */
static const char *copy_lines(FILE *file, const char *first, const char *last)
{
    char *line = NULL;
    size_t size = 0;
    bool inside = false, ended = false;
    while (!ended && getline(&line, &size, file) >= 0) {
        if (!inside && !holds(line, first))
            continue;
        ended = last == NULL || (inside && holds(line, last));
        inside = true;
        fputs(line, stdout);
    }
    free(line);
    return ended ? NULL : "a quoted piece was not found";
}

/** "FILE|FIRST|LAST": a quotation as a block of code, unless it is of a page. FILE is looked up in the folder, then as
 * it is. */
static const char *quote(const char *folder, char *what)
{
    const char *path = strtok(what, "|"), *first = strtok(NULL, "|"), *last = strtok(NULL, "|");
    if (first == NULL)
        return "a quotation needs FILE|FIRST";
    char place[512];
    snprintf(place, sizeof place, "%s/%s", folder, path);
    FILE *file = fopen(place, "r");
    if (file == NULL)
        file = fopen(path, "r");
    if (file == NULL)
        return "a quoted file could not be opened";
    const char *dot = strrchr(path, '.');
    const bool is_page = dot != NULL && strcmp(dot, ".md") == 0;
    if (!is_page)
        printf("```%s\n", dot != NULL && (strcmp(dot, ".c") == 0 || strcmp(dot, ".def") == 0) ? "c" : "text");
    const char *wrong = copy_lines(file, first, last);
    if (!is_page)
        printf("```\n");
    fclose(file);
    return wrong;
}

/* --- pages ------------------------------------------------------------------------------------------ */

/** Read the text between "<!-- HEAD: " and " -->" in a line.
 *  @return false for any other line */
static bool read_marker(const char *line, const char *head, char *what, size_t size)
{
    static const char tail[] = " -->\n";
    char start[32];
    const size_t around = (size_t)snprintf(start, sizeof start, "<!-- %s: ", head) + sizeof tail - 1;
    const size_t length = strlen(line);
    if (length < around || length - around >= size || strncmp(line, start, strlen(start)) != 0 ||
        strcmp(line + length - (sizeof tail - 1), tail) != 0)
        return false;
    memcpy(what, line + strlen(start), length - around);
    what[length - around] = '\0';
    return true;
}

/** Copy the page and replace its tables and quotations.
 *  @return NULL, or an error message */
static const char *rewrite(FILE *page, const char *folder)
{
    char *line = NULL, what[256];
    size_t size = 0;
    bool inside = false;
    const char *wrong = NULL;
    while (wrong == NULL && getline(&line, &size, page) >= 0) {
        const bool ends = strcmp(line, "<!-- end -->\n") == 0;
        const bool table = read_marker(line, "tables", what, sizeof what);
        const bool quotation = !table && read_marker(line, "quote", what, sizeof what);
        if (inside ? table || quotation : ends)
            wrong = inside ? "a table begins inside another" : "a table ends that did not begin";
        else if (!inside || ends)
            fputs(line, stdout);
        inside = table || quotation || (inside && !ends);
        if (wrong == NULL && table)
            wrong = print_named(what) ? NULL : "there is no such table";
        else if (wrong == NULL && quotation)
            wrong = quote(folder, what);
    }
    free(line);
    return wrong == NULL && inside ? "a table does not end" : wrong;
}

int main(int argc, char **argv)
{
    FILE *page = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (page == NULL) {
        fprintf(stderr, "usage: tables FOLDER PAGE.md\n");
        return 2;
    }
    const char *wrong = rewrite(page, argv[1]);
    fclose(page);
    if (wrong != NULL)
        fprintf(stderr, "%s: error: %s\n", argv[2], wrong);
    return wrong != NULL || fflush(stdout) != 0;
}
