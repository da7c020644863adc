/* Word lists of the editors' syntax files and tables of the manual pages, from the language's own tables.
 * Usage: editors TEMPLATE; writes the template to standard output with these replaced:
 *     @vim TABLE@       the words of a table, aliases included, as alternatives of a Vim pattern: a\|b
 *     @regex TABLE@     the same for a regular expression: a|b
 *     @man TABLE@       a table for a manual page
 * TABLE is a name of lang_tables, "arguments" (the names of all arguments), "warnings" (man only), or "others":
 * all tables that this template names nowhere, so that none is forgotten. "+" joins several. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "support/diag.h"

enum { MAX_WORDS = 2048, MAX_TEMPLATE = 1024 * 1024, MAX_TABLES = 64 };

/* --- word lists --------------------------------------------------------------------------------------- */

/** Words, each once. */
typedef struct word_list {
    char *word[MAX_WORDS];
    int count;
} word_list;

static void add_word(word_list *list, const char *word)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->word[i], word) == 0)
            return;
    char *copy = malloc(strlen(word) + 1);
    if (copy == NULL || list->count == MAX_WORDS)
        abort();
    list->word[list->count++] = strcpy(copy, word);
}

static void add_spelling(void *context, const char *spelling, const lang_entry *entry)
{
    (void)entry;
    add_word(context, spelling);
}

static void add_arguments(word_list *list)
{
    for (const lang_named_table *t = lang_tables; t->name != NULL; t++)
        for (int i = 0; i < t->table->count; i++)
            for (const lang_param *p = t->table->entries[i].params; p->name != NULL; p++)
                add_word(list, p->name);
#define PARAM_ALIAS(alias, name) add_word(list, alias);
#include "lang/param_aliases.def"
#undef PARAM_ALIAS
}

/** The longest first: an alternative of Vim's or of a regular expression that fits first is taken. */
static int compare_words(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    const size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length != b_length)
        return a_length > b_length ? -1 : 1;
    return strcmp(a, b);
}

static void print_words(word_list *list, const char *between)
{
    qsort(list->word, (size_t)list->count, sizeof list->word[0], compare_words);
    for (int i = 0; i < list->count; i++) {
        printf("%s%s", i > 0 ? between : "", list->word[i]);
        free(list->word[i]);
    }
}

/* --- manual pages ------------------------------------------------------------------------------------- */

static void roff(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
}

/** A line of text; one that begins with a dot or a quote would be a request. */
static void roff_line(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    roff(text);
    putchar('\n');
}

static bool is_shown(const lang_param *p)
{
    return p->type != LANG_TYPE_LAYER_NAME; /* every layer takes a name, which the page says once */
}

static void man_param(const lang_param *p)
{
    char range[96];
    lang_range_text(&p->range, range, sizeof range);
    printf(".TP\n\\fI%s\\fR (", p->name);
    roff(lang_type_text(p->type));
    if (*range != '\0') {
        printf("; ");
        roff(range);
    }
    if (p->initial != NULL) {
        printf("; default ");
        roff(p->initial);
    }
    printf(")\n");
    roff_line(p->doc);
}

static void man_signature(const lang_entry *e)
{
    bool first = true;
    printf("\\fB%s\\fR", e->name);
    for (const lang_param *p = e->params; p->name != NULL; p++) {
        if (!is_shown(p))
            continue;
        printf("%s\\fI%s\\fR", first ? "(" : ", ", p->name);
        if (p->initial != NULL) {
            putchar('=');
            roff(p->initial);
        }
        first = false;
    }
    printf("%s\n", first ? "" : ")");
}

static void man_entry(const lang_entry *e)
{
    printf(".TP\n");
    man_signature(e);
    roff_line(e->doc);
    if (*e->aliases != '\0')
        printf("(also: %s)\n", e->aliases);
    if (e->params->name == NULL || !is_shown(e->params))
        return;
    printf(".RS\n");
    for (const lang_param *p = e->params; p->name != NULL; p++)
        if (is_shown(p))
            man_param(p);
    printf(".RE\n");
}

/** A setting is a row with one argument: itself. */
static bool is_setting(const lang_named_table *t)
{
    return strstr(t->name, "settings") != NULL;
}

static void man_table(const lang_named_table *t)
{
    for (int i = 0; i < t->table->count; i++)
        if (is_setting(t))
            man_param(t->table->entries[i].params);
        else
            man_entry(&t->table->entries[i]);
}

static void man_warnings(void)
{
    for (int i = 0; i < DIAG_WARNING_COUNT; i++) {
        printf(".TP\n.B \\-W");
        roff_line(diag_warning_name((diag_warning_kind)i));
        roff_line(diag_warning_doc((diag_warning_kind)i));
    }
}

/* --- templates ---------------------------------------------------------------------------------------- */

/** Whether one of the names in "a+b" is this. */
static bool holds_name(const char *names, size_t length, const char *name)
{
    const size_t size = strlen(name);
    for (size_t i = 0; i < length;) {
        size_t n = 0;
        while (i + n < length && names[i + n] != '+')
            n++;
        if (n == size && memcmp(names + i, name, n) == 0)
            return true;
        i += n + 1;
    }
    return false;
}

/** A place to be filled in: "@KIND NAMES@".
 *  @return its length, or 0 when there is none here */
static size_t placeholder(const char *at, const char **names, size_t *names_length)
{
    static const char *const kinds[] = {"@vim ", "@regex ", "@man "};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t n = strlen(kinds[i]);
        const size_t rest = strncmp(at, kinds[i], n) == 0 ? strcspn(at + n, "@\n") : 0;
        if (rest > 0 && at[n + rest] == '@') {
            *names = at + n;
            *names_length = rest;
            return n + rest + 1;
        }
    }
    return 0;
}

/** Which tables a template names itself. */
static void find_named(const char *template, bool *named)
{
    for (const char *at = template; *at != '\0'; at++) {
        const char *names = NULL;
        size_t length = 0;
        if (*at != '@' || placeholder(at, &names, &length) == 0)
            continue;
        for (int i = 0; lang_tables[i].name != NULL; i++)
            named[i] |= holds_name(names, length, lang_tables[i].name);
    }
}

/** @param first  of the section of all tables that have none of their own; it has no heading where it is empty */
static void fill_man(int table, bool others, bool first)
{
    if (others && first)
        printf(".SH \"OTHER WORDS\"\n");
    if (others)
        printf(".SS %s\n", lang_tables[table].name);
    man_table(&lang_tables[table]);
}

/** @return false when there is nothing of that name */
static bool fill(const char *kind, const char *names, size_t length, const bool *named)
{
    const bool others = holds_name(names, length, "others"), man = strncmp(kind, "@man", 4) == 0;
    word_list list = {.count = 0};
    bool found = others, first = true;
    for (int i = 0; lang_tables[i].name != NULL; i++) {
        if (!holds_name(names, length, lang_tables[i].name) && (!others || named[i]))
            continue;
        found = true;
        if (man)
            fill_man(i, others, first);
        else
            lang_each_spelling(lang_tables[i].table, add_spelling, &list);
        first = false;
    }
    if (man && holds_name(names, length, "warnings")) {
        man_warnings();
        return true;
    }
    if (holds_name(names, length, "arguments")) {
        add_arguments(&list);
        found = true;
    }
    if (!man)
        print_words(&list, strncmp(kind, "@vim", 4) == 0 ? "\\|" : "|");
    return found;
}

static bool expand(const char *template)
{
    bool named[MAX_TABLES] = {false};
    find_named(template, named);
    for (const char *at = template; *at != '\0';) {
        const char *names = NULL;
        size_t names_length = 0;
        const size_t length = *at == '@' ? placeholder(at, &names, &names_length) : 0;
        if (length == 0) {
            putchar(*at++);
            continue;
        }
        if (!fill(at, names, names_length, named)) {
            fprintf(stderr, "error: no table \"%.*s\"\n", (int)names_length, names);
            return false;
        }
        at += length;
        if (strncmp(names - 5, "@man", 4) == 0 && *at == '\n')
            at++; /* its tables end with a newline of their own */
    }
    return true;
}

int main(int argc, char **argv)
{
    static char template[MAX_TEMPLATE];
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: editors TEMPLATE\n");
        return 2;
    }
    template[fread(template, 1, sizeof template - 1, file)] = '\0';
    fclose(file);
    return expand(template) && fflush(stdout) == 0 ? 0 : 1;
}
