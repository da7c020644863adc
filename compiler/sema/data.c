/* The data block: where samples are and what happens to them before the model sees them. */
#include <math.h>
#include <string.h>

#include "sema/stages.h"

/** Where steps that may come once were written, to point at them when they come again. */
typedef struct data_steps {
    span limit_at[LANG_SET_COUNT];
    span augment_at[LANG_STEP_COUNT];
    span form_at[2]; /* labels, transpose */
    span filled_at;  /* the last step with a fill_mode */
} data_steps;

/** The parameters of sources for the labels. */
static const char *const label_params[] = {
#define PARAM(...)
#define SOURCE(id, name, aliases, labels, ...) [LANG_SOURCE_##id] = labels,
#include "lang/sources.def"
#undef SOURCE
#undef PARAM
};

/** The options of a source while they are collected: "x=x_train". */
typedef struct option_list {
    const char **of;
    int count, room;
} option_list;

static void add_option(sema_context *cx, option_list *list, const char *option)
{
    if (list->count + 1 >= list->room) {
        const char **more = arena_array(cx->arena, (size_t)(2 * list->room), sizeof *more);
        memcpy(more, list->of, (size_t)list->count * sizeof *more);
        list->of = more;
        list->room *= 2;
    }
    list->of[list->count++] = option;
}

/** Names as target=NAME and target_index=-1. */
static void add_names(sema_context *cx, option_list *list, const lang_param *p, const sema_bound *value)
{
    for (int i = 0; i < value->count; i++) {
        const char *name = value->names[i];
        const bool index = name[0] == '#' && name[1] != '#';
        add_option(cx, list,
                   arena_printf(cx->arena, "%s%s=%s", p->name, index ? "_index" : "", name + (name[0] == '#')));
    }
}

static void add_argument(sema_context *cx, option_list *list, const lang_param *p, const sema_bound *value)
{
    if (p->type == LANG_TYPE_NAMES)
        add_names(cx, list, p, value);
    else if (p->type == LANG_TYPE_BOOL)
        add_option(cx, list, arena_printf(cx->arena, "%s=%s", p->name, value->boolean ? "true" : "false"));
    else if (p->type == LANG_TYPE_SET)
        add_option(cx, list, arena_printf(cx->arena, "%s=%s", p->name, lang_sets.entries[value->word].name));
    else if (p->type == LANG_TYPE_REAL)
        add_option(cx, list, arena_printf(cx->arena, "%s=%s", p->name, str_double(cx->arena, value->real)));
    else
        add_option(cx, list, arena_printf(cx->arena, "%s=%s", p->name, value->text));
}

/** Texts of the source csv, each one of a few. */
static void check_table(sema_context *cx, const sema_args *args)
{
    static const struct {
        const char *param, *expected;
        const char *texts[8];
    } rows[] = {{"separator", "auto, tab, \",\", \";\" or \"|\"", {"auto", "tab", ",", ";", "|", "\t"}},
                {"decimal", "\".\" or \",\"", {".", ","}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const sema_bound *value = sema_get(args, rows[i].param);
        bool known = false;
        for (const char *const *text = rows[i].texts; *text != NULL; text++)
            known = known || strcmp(*text, value->text) == 0;
        if (!known)
            diag_error(cx->diag, value->at, "\"%s\" of data source \"csv\" (got \"%s\", expected %s)", rows[i].param,
                       sema_quote(cx, value->text), rows[i].expected);
    }
    if (strcmp(sema_get(args, "decimal")->text, ",") == 0 && strcmp(sema_get(args, "separator")->text, ",") == 0)
        diag_error(cx->diag, sema_get(args, "decimal")->at, "the decimal mark is the separator (got \",\" for both)");
}

/** The names of classes that the source gives, not as options of its reader. */
static void take_classes(sema_context *cx, const sema_bound *value)
{
    ir_data *data = &cx->program->data;
    if (data->class_names != NULL)
        return; /* of the training set */
    const char **names = arena_array(cx->arena, (size_t)value->count + 1, sizeof *names);
    for (int i = 0; i < value->count; i++)
        names[i] = value->names[i] + (value->names[i][0] == '#');
    data->class_names = names;
    data->class_count = value->count;
    data->classes_at = value->at;
}

/** The part of a data set that a setting takes, where the source does not say. */
static const sema_bound *part_of(sema_context *cx, const sema_bound *value, lang_set setting)
{
    sema_bound *part = ARENA_NEW(cx->arena, sema_bound);
    *part = *value;
    if (value->none)
        part->word = (int)setting;
    else if (value->word == LANG_SET_VALIDATION)
        diag_error(cx->diag, value->at, "the files have no validation set (got validation, expected train or test)");
    part->none = false;
    return part;
}

/** @param setting  the part that is meant where the source does not say */
static ir_source source_of(sema_context *cx, const sema_bound *bound, lang_set setting)
{
    if (!bound->valid || bound->none)
        return (ir_source){0};
    const lang_entry *entry = bound->args->entry;
    const int kind = lang_find_exact(&lang_sources, entry->name)->id;
    option_list options = {.of = arena_array(cx->arena, 16, sizeof *options.of), .room = 16};
    ir_source from = {.reader = entry->name, .at = bound->at};
    for (const lang_param *p = entry->params; p->name != NULL; p++) {
        const sema_bound *value = sema_get(bound->args, p->name);
        if (p->type == LANG_TYPE_SET)
            value = part_of(cx, value, setting);
        if (strcmp(p->name, label_params[kind]) == 0)
            from.has_labels = !value->none;
        if (value->none)
            continue;
        if (strcmp(p->name, "classes") == 0)
            take_classes(cx, value);
        else if (p->type != LANG_TYPE_PATH)
            add_argument(cx, &options, p, value);
        else if (from.samples == NULL)
            from.samples = value->text;
        else
            from.labels = value->text;
    }
    if (kind == LANG_SOURCE_CSV)
        check_table(cx, bound->args);
    from.options = options.of;
    return from;
}

static void read_validation(sema_context *cx, const sema_bound *validation)
{
    if (!validation->valid || validation->none)
        return;
    if (validation->word != LANG_VALIDATION_SPLIT)
        return; /* a source */
    const sema_bound *set = sema_get(validation->args, "set");
    if (set->word != LANG_SET_TRAIN) {
        diag_error(cx->diag, set->at, "validation is split from the training set (got %s, expected train)",
                   lang_sets.entries[set->word].name);
        return;
    }
    const sema_bound *fraction = sema_get(validation->args, "fraction");
    cx->program->data.validation_split = fraction->real;
    cx->program->data.validation_order = (lang_order)sema_get(validation->args, "order")->word;
    cx->program->data.validation_at = validation->at;
    if (fraction->real == 0) {
        diag_warning(cx->diag, DIAG_EMPTY_VALIDATION, fraction->at, "a validation split of 0 holds nothing out");
        diag_hint(cx->diag, "remove validation, or set a fraction such as 0.1");
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
    const double outside = data->augment.outside * factor + offset, noise = data->augment.noise * fabs(factor);
    if (scale == 0 || !sema_is_float(scale) || !sema_is_float(shift) || !sema_is_float(outside)) {
        diag_error(cx->diag, at, "the steps up to here do not fit a 32-bit number (got x * %s + %s)",
                   str_double(cx->arena, scale), str_double(cx->arena, shift));
        return;
    }
    if (!sema_is_float(noise)) {
        diag_error(cx->diag, at, "the noise after this step does not fit a 32-bit number (got stddev %s)",
                   str_double(cx->arena, noise));
        return;
    }
    data->scale = scale;
    data->shift = shift;
    data->augment.outside = outside;
    data->augment.noise = noise;
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

/** standardize() or minmax(): one of them, after all other steps that change values. */
static void rescale(sema_context *cx, const ast_stmt *s, const sema_args *args)
{
    ir_data *data = &cx->program->data;
    const bool minmax = args->entry->id == LANG_STEP_MINMAX;
    if (data->rescale_at.source != NULL) {
        diag_error(cx->diag, s->at, "\"%s\" is a second step that is learnt from the data", args->entry->name);
        diag_note(cx->diag, data->rescale_at, "the first one is here");
        return;
    }
    data->rescale_at = s->at;
    data->rescales_all = sema_get(args, "together")->boolean;
    data->rescale.learnt = minmax ? IR_LEARNT_MINMAX : IR_LEARNT_STANDARDIZE;
    if (!minmax)
        return;
    data->rescale.a = sema_get(args, "low")->real;
    data->rescale.b = sema_get(args, "high")->real;
    if (!(data->rescale.a < data->rescale.b))
        diag_error(cx->diag, s->at, "minmax needs low < high (got low=%s, high=%s)",
                   str_double(cx->arena, data->rescale.a), str_double(cx->arena, data->rescale.b));
}

/** A step that changes values after these were learnt. */
static bool comes_late(sema_context *cx, span at, const lang_entry *entry)
{
    const ir_data *data = &cx->program->data;
    const int step = entry->id;
    const bool keeps_values = step == LANG_STEP_RESHAPE || step == LANG_STEP_ONE_HOT || step == LANG_STEP_LABELS ||
                              step == LANG_STEP_TRANSPOSE || step == LANG_STEP_LIMIT || step == LANG_STEP_STANDARDIZE ||
                              step == LANG_STEP_MINMAX;
    if (keeps_values || data->rescale_at.source == NULL)
        return false;
    diag_error(cx->diag, at, "\"%s\" must come before standardize and minmax", entry->name);
    diag_note(cx->diag, data->rescale_at, "that step is here");
    return true;
}

static void limit(sema_context *cx, const ast_stmt *s, const sema_args *args, data_steps *steps)
{
    const int set = sema_get(args, "set")->word;
    if (seen(cx, &steps->limit_at[set], s->at, "limit"))
        return;
    ir_data *data = &cx->program->data;
    int64_t *const places[] = {[LANG_SET_TRAIN] = &data->train_limit,
                               [LANG_SET_TEST] = &data->test_limit,
                               [LANG_SET_VALIDATION] = &data->validation_limit};
    *places[set] = sema_get(args, "n")->integer;
    if (set == LANG_SET_TRAIN)
        data->train_limit_at = s->at;
}

/** A limit of a set that is not there would do nothing. */
static void check_limits(sema_context *cx, const sema_bound *settings, const data_steps *steps)
{
    static const int setting_of[] = {[LANG_SET_TRAIN] = LANG_DATA_TRAIN,
                                     [LANG_SET_TEST] = LANG_DATA_TEST,
                                     [LANG_SET_VALIDATION] = LANG_DATA_VALIDATION};
    for (int set = 0; set < LANG_SET_COUNT && !cx->incomplete; set++) {
        const sema_bound *setting = &settings[setting_of[set]];
        if (steps->limit_at[set].source == NULL || !setting->valid || !setting->none || setting->misspelt)
            continue;
        const char *name = lang_sets.entries[set].name;
        diag_error(cx->diag, steps->limit_at[set], "limit of a set that the data block does not have (got %s)", name);
        diag_hint(cx->diag, "write %s = ..., or remove the limit", name);
    }
}

/** All steps that move pictures are one movement: of one picture, with one value beyond the edges. The first
 *  of them says which. */
static void move_pictures(sema_context *cx, span at)
{
    ir_data *data = &cx->program->data;
    ir_augment *a = &data->augment;
    if (a->moved_at.source == NULL) {
        a->moved_at = at;
        a->outside = 0;
        a->picture = data->reshape;
        return;
    }
    if (a->outside == 0 && (a->picture.rank == data->reshape.rank) && ir_same_shape(a->picture, data->reshape))
        return;
    diag_error(cx->diag, at, "the steps that move images must be adjacent");
    diag_note(cx->diag, a->moved_at, "the first one is here");
}

/** All steps that move images fill what is outside in one way. */
static void read_fill(sema_context *cx, span at, const sema_args *args, data_steps *steps)
{
    const sema_bound *fill = sema_get(args, "fill_mode");
    ir_augment *a = &cx->program->data.augment;
    if (steps->filled_at.source != NULL && fill->word != a->fill) {
        diag_error(cx->diag, at, "fill_mode differs from that of an earlier step: all motion is one interpolation");
        diag_note(cx->diag, steps->filled_at, "the earlier step is here");
    }
    steps->filled_at = at;
    a->fill = fill->word;
}

static void flip(sema_context *cx, const ast_stmt *s, const sema_args *args, data_steps *steps)
{
    if (seen(cx, &steps->augment_at[LANG_STEP_AUGMENT_FLIP], s->at, "augment_flip"))
        return;
    cx->program->data.augment.flip = (unsigned)sema_get(args, "direction")->word + 1;
    move_pictures(cx, s->at);
}

/** Read an augment step; 0 leaves it out. */
static double augment(sema_context *cx, const ast_stmt *s, const sema_args *args, data_steps *steps, const char *param)
{
    const int step = args->entry->id;
    const double most = sema_get(args, param)->real;
    if (seen(cx, &steps->augment_at[step], s->at, args->entry->name) || most <= 0 || step == LANG_STEP_AUGMENT_NOISE)
        return most;
    move_pictures(cx, s->at);
    read_fill(cx, s->at, args, steps);
    return most;
}

/** labels() or transpose(): options of all sources. */
static void add_form(sema_context *cx, const ast_stmt *s, const sema_args *args, data_steps *steps)
{
    const bool transposes = args->entry->id == LANG_STEP_TRANSPOSE;
    if (seen(cx, &steps->form_at[transposes], s->at, args->entry->name))
        return;
    if (transposes) {
        sema_add_source_options(cx, NULL, (const char *const[]){"transpose=true"}, 1);
        return;
    }
    const sema_bound *column = sema_get(args, "column");
    const char *options[2];
    int count = 0;
    if (sema_get(args, "first")->integer > 0)
        options[count++] = arena_printf(cx->arena, "label_first=%lld", (long long)sema_get(args, "first")->integer);
    if (!column->none)
        options[count++] = arena_printf(cx->arena, "label_column=%lld", (long long)column->integer);
    sema_add_source_options(cx, NULL, options, count);
}

static void apply_augment(sema_context *cx, const ast_stmt *s, const sema_args *args, data_steps *steps)
{
    ir_augment *a = &cx->program->data.augment;
    if (args->entry->id == LANG_STEP_AUGMENT_ROTATE)
        a->rotate = augment(cx, s, args, steps, "degrees");
    else if (args->entry->id == LANG_STEP_AUGMENT_ZOOM)
        a->zoom = augment(cx, s, args, steps, "f");
    else if (args->entry->id == LANG_STEP_AUGMENT_SHIFT)
        a->shift = augment(cx, s, args, steps, "pixels");
    else if (args->entry->id == LANG_STEP_AUGMENT_NOISE)
        a->noise = augment(cx, s, args, steps, "stddev");
    else
        flip(cx, s, args, steps);
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
    case LANG_STEP_STANDARDIZE:
    case LANG_STEP_MINMAX:
        rescale(cx, s, args);
        break;
    case LANG_STEP_LIMIT:
        limit(cx, s, args, steps);
        break;
    case LANG_STEP_AUGMENT_ROTATE:
    case LANG_STEP_AUGMENT_ZOOM:
    case LANG_STEP_AUGMENT_SHIFT:
    case LANG_STEP_AUGMENT_FLIP:
    case LANG_STEP_AUGMENT_NOISE:
        apply_augment(cx, s, args, steps);
        break;
    case LANG_STEP_LABELS:
    case LANG_STEP_TRANSPOSE:
        add_form(cx, s, args, steps);
        break;
    case LANG_STEP_COLUMNS: /* read before */
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
        diag_error(cx->diag, name->at, "\"%s\" is a data source, not a step", sema_quote(cx, name->text));
        diag_hint(cx->diag, "write train = %s(...)", sema_quote(cx, name->text));
    } else if (lang_find(&lang_validations, name->text) != NULL) {
        diag_error(cx->diag, name->at, "\"%s\" is a validation source, not a step", sema_quote(cx, name->text));
        diag_hint(cx->diag, "write validation = %s(...)", sema_quote(cx, name->text));
    } else if (layer != NULL) {
        diag_error(cx->diag, name->at, "unknown data step \"%s\"", sema_quote(cx, name->text));
        diag_hint(cx->diag, "\"%s\" is a layer and belongs in the model block", layer->name);
    } else {
        sema_unknown(cx, name->at, name->text, &lang_steps);
    }
}

/** Open the table of the training set: what is found there becomes part of the program. */
static void look(sema_context *cx)
{
    ir_data *data = &cx->program->data;
    int count = 0;
    *cx->look_status = cx->look(cx->arena, cx->diag, data);
    while (data->table_options != NULL && data->table_options[count] != NULL)
        count++;
    sema_add_source_options(cx, "csv", data->table_options, count);
    if (*cx->look_status == 0 && data->columns_at.source != NULL && data->columns == 0) {
        cx->unknown_steps = true; /* so is the shape */
        diag_error(cx->diag, data->columns_at, "the table was not found (got \"%s\")",
                   sema_quote(cx, data->train.samples));
        diag_hint(cx->diag,
                  "categories, means and medians become part of the program: the file must be there when mnnc runs");
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
    data->train = source_of(cx, &settings[LANG_DATA_TRAIN], LANG_SET_TRAIN);
    data->test = source_of(cx, &settings[LANG_DATA_TEST], LANG_SET_TEST);
    data->shuffle = settings[LANG_DATA_SHUFFLE].boolean;
    const sema_bound *validation = &settings[LANG_DATA_VALIDATION];
    if (validation->valid && !validation->none && validation->word != LANG_VALIDATION_SPLIT)
        data->validation = source_of(cx, validation, LANG_SET_TRAIN);
    sema_columns(cx);
    if (cx->look != NULL && data->train.reader != NULL && cx->diag->errors == 0)
        look(cx);
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
        if (entry->id == LANG_STEP_COLUMNS)
            continue;
        if (s->has_body)
            diag_error(cx->diag, s->braces, "data step \"%s\" takes no { ... }", entry->name);
        const sema_args *args = sema_bind(cx, entry, "data step", sema_evaluate_call(cx, &cx->constants, &s->call));
        if (args->ok && comes_late(cx, s->at, entry))
            continue;
        if (args->ok)
            apply(cx, s, args, &steps);
        else
            remember_faulty(&cx->program->data, s, (lang_step)entry->id);
    }
    check_limits(cx, settings, &steps);
}
