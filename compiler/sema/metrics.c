/* The metrics, and the callbacks that watch them. */
#include <string.h>

#include "sema/stages.h"

/* --- metrics ------------------------------------------------------------------------------------------ */

void sema_metrics(sema_context *cx, const sema_bound *metrics)
{
    ir_train *train = &cx->program->train;
    for (int i = 0; i < metrics->count; i++) {
        const sema_bound *b = &metrics->items[i];
        ir_metric m = {.kind = (lang_metric)b->word, .name = b->args->entry->name, .at = b->at};
        if (m.kind == LANG_METRIC_TOP_K) {
            m.k = sema_get(b->args, "k")->integer;
            m.name = arena_printf(cx->arena, "top_%lld", (long long)m.k);
        }
        for (int k = 0; k < train->metric_count; k++)
            if (strcmp(train->metrics[k].name, m.name) == 0) {
                diag_error(cx->diag, m.at, "metric \"%s\" is given twice", m.name);
                return;
            }
        if (train->metric_count == IR_MAX_METRICS) {
            diag_error(cx->diag, m.at, "too many metrics (expected at most %d)", (int)IR_MAX_METRICS);
            return;
        }
        train->metrics[train->metric_count++] = m;
    }
}

/* --- what is monitored -------------------------------------------------------------------------------- */

/** The metric of that name, -1 for the loss, or -2. */
static int find_measured(const ir_train *train, const char *name)
{
    const lang_entry *entry = lang_find(&lang_metrics, name);
    if (strcmp(name, "loss") == 0)
        return -1;
    for (int i = 0; i < train->metric_count; i++)
        if (train->metrics[i].kind != LANG_METRIC_CONFUSION_MATRIX &&
            (strcmp(train->metrics[i].name, name) == 0 || (entry != NULL && (int)train->metrics[i].kind == entry->id)))
            return i;
    return -2;
}

static void hint_measured(sema_context *cx, const char *name, bool validation)
{
    const ir_train *train = &cx->program->train;
    sema_words w = sema_words_new(cx);
    for (int v = 0; v <= (int)validation; v++) {
        sema_words_add(&w, v ? "val_loss" : "loss", v ? "val_loss" : "loss");
        for (int i = 0; i < train->metric_count; i++) {
            const char *measured = arena_printf(cx->arena, "%s%s", v ? "val_" : "", train->metrics[i].name);
            if (train->metrics[i].kind != LANG_METRIC_CONFUSION_MATRIX)
                sema_words_add(&w, measured, measured);
        }
    }
    sema_hint_words(&w, name, "numbers");
}

static bool has_validation(const sema_context *cx)
{
    return cx->program->data.validation_split > 0 || cx->program->data.validation.reader != NULL;
}

/** Read the monitor and what belongs to it.
 *  @param at  of the callback: where a default monitor is complained about */
static void read_monitor(sema_context *cx, ir_callback *c, const sema_args *args)
{
    const sema_bound *monitor = sema_get(args, "monitor");
    const span at = monitor->given ? monitor->at : c->at;
    const char *callback = args->entry->name, *name = monitor->text;
    c->validation = strncmp(name, "val_", 4) == 0;
    c->metric = find_measured(&cx->program->train, c->validation ? name + 4 : name);
    if (c->metric < -1 && !cx->unknown_metrics) {
        diag_error(cx->diag, at, "%s cannot monitor \"%s\": it is not measured", callback, sema_quote(cx, name));
        hint_measured(cx, name, has_validation(cx));
    } else if (c->validation && !has_validation(cx) && cx->diag->errors == 0) {
        diag_error(cx->diag, at, "%s cannot monitor \"%s\": there is no validation set", callback, name);
        diag_hint(cx->diag, "write validation = split(train, 0.1) in the data block, or monitor=\"%s\"", name + 4);
    }
    const int mode = sema_get(args, "mode")->word;
    const lang_metric kind = c->metric < 0 ? LANG_METRIC_MSE : cx->program->train.metrics[c->metric].kind;
    c->more_is_better =
        mode == LANG_MODE_MAX || (mode == LANG_MODE_AUTO && kind != LANG_METRIC_MSE && kind != LANG_METRIC_MAE);
    c->min_delta = sema_get(args, "min_delta")->real;
    c->patience = sema_get(args, "patience")->integer;
}

/* --- callbacks ---------------------------------------------------------------------------------------- */

static ir_callback read_callback(sema_context *cx, const ast_stmt *s, const sema_args *args)
{
    ir_callback c = {.kind = (lang_callback)args->entry->id, .at = s->at};
    switch (c.kind) {
    case LANG_CALLBACK_EARLY_STOPPING:
        read_monitor(cx, &c, args);
        c.restore_best_weights = sema_get(args, "restore_best_weights")->boolean;
        c.start_from_epoch = sema_get(args, "start_from_epoch")->integer;
        break;
    case LANG_CALLBACK_REDUCE_LR_ON_PLATEAU:
        read_monitor(cx, &c, args);
        c.factor = sema_get(args, "factor")->real;
        c.cooldown = sema_get(args, "cooldown")->integer;
        c.min_lr = sema_get(args, "min_lr")->real;
        if (cx->program->train.optimizer.schedule.used) {
            diag_error(cx->diag, s->at, "reduce_lr_on_plateau needs a learning rate that is a number");
            diag_note(cx->diag, cx->program->train.optimizer.schedule.at, "here it is a schedule");
        }
        break;
    case LANG_CALLBACK_CHECKPOINT:
        c.every = sema_get(args, "every")->integer;
        c.path = sema_get(args, "path")->text;
        break;
    case LANG_CALLBACK_CSV_LOGGER:
        c.path = sema_get(args, "path")->text;
        break;
    case LANG_CALLBACK_COUNT:
        break;
    }
    return c;
}

static void unknown_callback(sema_context *cx, const ast_name *name)
{
    const lang_entry *setting = lang_find(&lang_train_settings, name->text);
    const lang_entry *optimizer = lang_find(&lang_optimizers, name->text);
    const lang_absent *absent = lang_find_absent("callback", name->text);
    if (absent != NULL && strcmp(absent->what, "callback") == 0) {
        sema_unknown_word(cx, name->at, name->text, "callback");
        return;
    }
    diag_error(cx->diag, name->at, "unknown statement \"%s\" in the train block (expected a setting or a callback)",
               sema_quote(cx, name->text));
    if (setting != NULL) {
        diag_hint(cx->diag, "write %s = ...", setting->name);
    } else if (optimizer != NULL) {
        diag_hint(cx->diag, "write optimizer = %s(...)", optimizer->name);
    } else {
        sema_words w = sema_words_new(cx);
        sema_words_add_table(&w, &lang_callbacks);
        sema_hint_words(&w, name->text, lang_callbacks.plural);
    }
}

void sema_callbacks(sema_context *cx)
{
    ir_train *train = &cx->program->train;
    span seen[LANG_CALLBACK_COUNT] = {{0}};
    for (const ast_stmt *s = cx->train->body; s != NULL; s = s->next) {
        if (s->kind != AST_STEP)
            continue;
        const lang_entry *entry = lang_find(&lang_callbacks, s->call.callee.text);
        if (entry == NULL) {
            unknown_callback(cx, &s->call.callee);
            continue;
        }
        if (s->has_body)
            diag_error(cx->diag, s->braces, "callback \"%s\" takes no { ... }", entry->name);
        const sema_args *args = sema_bind(cx, entry, "callback", sema_evaluate_call(cx, &cx->constants, &s->call));
        if (seen[entry->id].source != NULL) {
            diag_error(cx->diag, s->at, "callback \"%s\" is given twice", entry->name);
            diag_note(cx->diag, seen[entry->id], "the first one is here");
            continue;
        }
        seen[entry->id] = s->at;
        if (args->ok)
            train->callbacks[train->callback_count++] = read_callback(cx, s, args);
    }
}

/* --- metrics against labels --------------------------------------------------------------------------- */

static bool needs_classes(lang_metric metric)
{
    enum { CLASSES = true, ANY = false };
    static const bool needs[] = {
#define METRIC(id, name, aliases, needs, ...) needs,
#include "lang/metrics.def"
#undef METRIC
    };
    return needs[metric];
}

void sema_check_metrics(sema_context *cx, const char *classes)
{
    const ir_program *p = cx->program;
    const ir_labels labels = ir_loss_labels(p->train.loss.kind);
    const bool one_hot = p->data.one_hot_at.source != NULL;
    const char *loss = ir_loss_name(p->train.loss.kind);
    if (one_hot || cx->unknown_steps)
        return;
    for (int i = 0; i < p->train.metric_count; i++) {
        const ir_metric *m = &p->train.metrics[i];
        if (labels == IR_LABELS_NUMBERS && needs_classes(m->kind)) {
            diag_error(cx->diag, p->train.loss_at, "%s needs classes, but with %s the labels are numbers", m->name,
                       loss);
            diag_hint(cx->diag, "write one_hot(%s) in the data block, or remove %s from metrics", classes, m->name);
        } else if (labels == IR_LABELS_BINARY && m->kind == LANG_METRIC_TOP_K) {
            diag_error(cx->diag, m->at, "%s needs one output per class, but with %s there is one output", m->name,
                       loss);
            diag_hint(cx->diag, "write one_hot(%s) in the data block, or remove %s from metrics", classes, m->name);
        }
    }
}
