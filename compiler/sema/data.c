/* The data block: where samples are and what happens to them before the model sees them. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "sema/stages.h"

/** Where each kind of step was first written, to point at it when it comes again. */
typedef struct data_steps {
    span limit_at[LANG_SET_COUNT];
} data_steps;

static ir_files files_of(const sema_bound *bound)
{
    if (!bound->valid || bound->none)
        return (ir_files){0};
    const sema_args *idx = bound->args;
    return (ir_files){sema_get(idx, "images")->text, sema_get(idx, "labels")->text, bound->at};
}

static void read_validation(sema_context *cx, const sema_bound *validation)
{
    if (!validation->valid || validation->none)
        return;
    const sema_bound *set = sema_get(validation->args, "set");
    if (set->word != LANG_SET_TRAIN) {
        diag_error(cx->diag, set->at, "validation is split from the training set (got test, expected train)");
        return;
    }
    const sema_bound *fraction = sema_get(validation->args, "fraction");
    cx->program->data.validation_split = fraction->real;
    cx->program->data.validation_at = validation->at;
    if (fraction->real == 0) {
        diag_warning(cx->diag, DIAG_EMPTY_VALIDATION, fraction->at, "a validation split of 0 holds nothing out");
        diag_hint(cx->diag, "leave validation out, or give it a share such as 0.1");
    }
}

static bool seen(sema_context *cx, span *first, span at, const char *name)
{
    if (first->source == NULL) {
        *first = at;
        return false;
    }
    diag_error(cx->diag, at, "data step \"%s\" is given twice", name);
    diag_note(cx->diag, *first, "the first one is here");
    return true;
}

/** Follow what was done so far by x * factor + offset. */
static void transform(sema_context *cx, span at, double factor, double offset)
{
    ir_data *data = &cx->program->data;
    const double scale = data->scale * factor;
    const double shift = data->shift * factor + offset;
    const double magnitude = fabs(scale);
    if (!(magnitude >= FLT_MIN && magnitude <= FLT_MAX && fabs(shift) <= FLT_MAX)) {
        diag_error(cx->diag, at, "the steps up to here do not fit a 32-bit number (got x * %s + %s)",
                   str_double(cx->arena, scale), str_double(cx->arena, shift));
        return;
    }
    data->scale = scale;
    data->shift = shift;
    if (factor == 1 && offset == 0)
        diag_warning(cx->diag, DIAG_USELESS, at, "this step changes nothing");
}

static void reshape(sema_context *cx, const ast_stmt *s, ir_shape shape)
{
    ir_data *data = &cx->program->data;
    if (data->reshape.rank != 0 && ir_elements(data->reshape) != ir_elements(shape)) {
        diag_error(cx->diag, s->at, "reshape changes the number of elements (got %s, expected the %lld of %s)",
                   ir_shape_text(cx->arena, shape), (long long)ir_elements(data->reshape),
                   ir_shape_text(cx->arena, data->reshape));
        diag_note(cx->diag, data->reshape_at, "the shape before it is here");
        return;
    }
    data->reshape = shape;
    data->reshape_at = s->at;
}

static void limit(sema_context *cx, const ast_stmt *s, const sema_args *args, data_steps *steps)
{
    const int set = sema_get(args, "set")->word;
    if (seen(cx, &steps->limit_at[set], s->at, "limit"))
        return;
    int64_t *place = set == LANG_SET_TRAIN ? &cx->program->data.train_limit : &cx->program->data.test_limit;
    *place = sema_get(args, "n")->integer;
    if (set == LANG_SET_TRAIN)
        cx->program->data.train_limit_at = s->at;
}

static void apply(sema_context *cx, const ast_stmt *s, const sema_args *args, data_steps *steps)
{
    ir_data *data = &cx->program->data;
    switch ((lang_step)args->entry->id) {
    case LANG_STEP_SCALE:
        transform(cx, s->at, sema_get(args, "k")->real, 0);
        break;
    case LANG_STEP_NORMALIZE: {
        const double std = sema_get(args, "std")->real;
        transform(cx, s->at, 1 / std, -sema_get(args, "mean")->real / std);
        break;
    }
    case LANG_STEP_RESHAPE:
        reshape(cx, s, sema_get(args, "shape")->shape);
        break;
    case LANG_STEP_ONE_HOT:
        if (!seen(cx, &data->one_hot_at, s->at, "one_hot"))
            data->one_hot = sema_get(args, "n")->integer;
        break;
    case LANG_STEP_LIMIT:
        limit(cx, s, args, steps);
        break;
    case LANG_STEP_COUNT:
        break;
    }
}

/** A step with mistakes is there all the same: nothing is to say that it is missing. */
static void remember_faulty(ir_data *data, const ast_stmt *s, lang_step step)
{
    if (step == LANG_STEP_RESHAPE)
        data->reshape_at = s->at;
    else if (step == LANG_STEP_ONE_HOT)
        data->one_hot_at = s->at;
}

static void unknown_step(sema_context *cx, const ast_stmt *s)
{
    const ast_name *name = &s->call.callee;
    const lang_entry *setting = lang_find(&lang_data_settings, name->text);
    const lang_entry *layer = lang_find(&lang_layers, name->text);
    if (setting != NULL) {
        diag_error(cx->diag, name->at, "\"%s\" is a setting, not a step", setting->name);
        diag_hint(cx->diag, "write %s = ...", setting->name);
    } else if (lang_find(&lang_sources, name->text) != NULL) {
        diag_error(cx->diag, name->at, "\"%s\" says where a set comes from, it is no step", sema_quote(cx, name->text));
        diag_hint(cx->diag, "write train = %s(...)", sema_quote(cx, name->text));
    } else if (layer != NULL) {
        diag_error(cx->diag, name->at, "unknown data step \"%s\"", sema_quote(cx, name->text));
        diag_hint(cx->diag, "\"%s\" is a layer and belongs in the model block", layer->name);
    } else {
        sema_unknown(cx, name->at, name->text, &lang_steps);
    }
}

void sema_data(sema_context *cx)
{
    ir_data *data = &cx->program->data;
    data->scale = 1;
    if (cx->data == NULL)
        return;
    data->name = cx->data->title.text != NULL ? cx->data->title.text : "data";
    const sema_bound *settings = sema_settings(cx, cx->data, &lang_data_settings, &lang_steps);
    data->train = files_of(&settings[LANG_DATA_TRAIN]);
    data->test = files_of(&settings[LANG_DATA_TEST]);
    data->shuffle = settings[LANG_DATA_SHUFFLE].boolean;
    read_validation(cx, &settings[LANG_DATA_VALIDATION]);

    data_steps steps = {0};
    for (const ast_stmt *s = cx->data->body; s != NULL; s = s->next) {
        if (s->kind != AST_STEP)
            continue;
        const lang_entry *entry = lang_find(&lang_steps, s->call.callee.text);
        if (entry == NULL) {
            unknown_step(cx, s);
            cx->unknown_steps = true;
            continue;
        }
        if (s->has_body)
            diag_error(cx->diag, s->braces, "data step \"%s\" takes no { ... }", entry->name);
        const sema_args *args = sema_bind(cx, entry, "data step", sema_evaluate_call(cx, &cx->constants, &s->call));
        if (args->ok)
            apply(cx, s, args, &steps);
        else
            remember_faulty(&cx->program->data, s, (lang_step)entry->id);
    }
}
