/* columns { ... }: what the columns of tables are. They become options of the reader, with a name and a value that are
 * separated by MARK: fill, learn (a fill that mnnc finds in the training set), category, other, rare, ignore. */
#include <string.h>

#include "sema/stages.h"

#define MARK "\x1f"

typedef struct columns {
    sema_context *cx;
    const char *option[256];
    int count;
} columns;

static void add(columns *c, span at, const char *option)
{
    if (c->count < (int)(sizeof c->option / sizeof *c->option))
        c->option[c->count++] = option;
    else
        diag_error(c->cx->diag, at, "too many columns are described (expected at most %d options)",
                   (int)(sizeof c->option / sizeof *c->option));
}

static void describe(columns *c, const ast_stmt *s, const sema_args *args)
{
    arena *a = c->cx->arena;
    const char *name = sema_get(args, "name")->text;
    const sema_bound *missing = args->entry->id == LANG_COLUMN_IGNORE ? NULL : sema_get(args, "missing");
    if (args->entry->id == LANG_COLUMN_IGNORE) {
        add(c, s->at, arena_printf(a, "ignore=%s", name));
    } else if (args->entry->id == LANG_COLUMN_CATEGORY) {
        const int64_t rare = sema_get(args, "rare")->integer;
        add(c, s->at, arena_printf(a, "category=%s", name));
        add(c, s->at, arena_printf(a, "rare=%s" MARK "%lld", name, (long long)rare));
        if (!missing->none)
            add(c, s->at, arena_printf(a, "other=%s" MARK "%s", name, missing->text));
        else if (rare > 1)
            diag_error(c->cx->diag, s->at, "rare needs a category for the others (expected missing=\"other\")");
    } else if (!missing->none) {
        const bool learnt = strcmp(missing->text, "mean") == 0 || strcmp(missing->text, "median") == 0;
        add(c, s->at, arena_printf(a, "%s=%s" MARK "%s", learnt ? "learn" : "fill", name, missing->text));
    }
}

static void add_options(sema_context *cx, ir_source *from, const char *reader, const char *const *options, int count)
{
    int before = 0;
    if (from->reader == NULL || (reader != NULL && strcmp(from->reader, reader) != 0))
        return;
    while (from->options[before] != NULL)
        before++;
    const char **all = arena_array(cx->arena, (size_t)(before + count) + 1, sizeof *all);
    for (int i = 0; i < before; i++)
        all[i] = from->options[i];
    for (int i = 0; i < count; i++)
        all[before + i] = options[i];
    from->options = all;
}

void sema_add_source_options(sema_context *cx, const char *reader, const char *const *options, int count)
{
    ir_data *data = &cx->program->data;
    ir_source *const sources[] = {&data->train, &data->test, &data->validation};
    for (int i = 0; i < 3; i++)
        add_options(cx, sources[i], reader, options, count);
}

static void read_column(columns *c, const ast_stmt *s)
{
    sema_context *cx = c->cx;
    if (s->kind != AST_STEP) {
        diag_error(cx->diag, s->at, "columns { ... } has no settings (expected number, category or ignore)");
        return;
    }
    const lang_entry *entry = lang_find(&lang_columns, s->call.callee.text);
    if (entry == NULL) {
        sema_unknown(cx, s->call.callee.at, s->call.callee.text, &lang_columns);
        return;
    }
    const sema_args *args = sema_bind(cx, entry, "column", sema_evaluate_call(cx, &cx->constants, &s->call));
    if (args->ok)
        describe(c, s, args);
}

void sema_columns(sema_context *cx)
{
    ir_data *data = &cx->program->data;
    columns c = {.cx = cx};
    for (const ast_stmt *s = cx->data->body; s != NULL; s = s->next) {
        if (s->kind != AST_STEP || strcmp(s->call.callee.text, "columns") != 0)
            continue;
        data->columns_at = s->at;
        if (data->train.reader != NULL && strcmp(data->train.reader, "csv") != 0)
            diag_error(cx->diag, s->at, "columns are those of a table (got %s, expected csv)", data->train.reader);
        if (!s->has_body)
            diag_error(cx->diag, s->at, "columns needs the columns (expected columns { number(\"name\") ... })");
        for (const ast_stmt *column = s->body; s->has_body && column != NULL; column = column->next)
            read_column(&c, column);
    }
    sema_add_source_options(cx, "csv", c.option, c.count);
}
