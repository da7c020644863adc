/* Values to the types of parameters, with their ranges. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "sema/bind.h"
#include "support/checked.h"

/** The context of a conversion, for its messages. */
typedef struct target {
    sema_context *cx;
    const lang_param *param;
    const char *owner;
} target;

/* --- messages --------------------------------------------------------------------------------------- */

static bool wrong_type(const target *t, const sema_value *v, const char *expected)
{
    if (v->kind == SEMA_ERROR)
        return false;
    diag_error(t->cx->diag, v->at, "\"%s\" of %s has the wrong type (got %s, expected %s)", t->param->name, t->owner,
               sema_describe(t->cx, v), expected);
    sema_note_origin(t->cx, v);
    if (v->kind == SEMA_NONE && t->param->initial != NULL)
        diag_hint(t->cx->diag, "omit it for the default, %s", t->param->initial);
    return false;
}

static bool holds_number(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789.")] == '\0' && strlen(text) < 20;
}

/** A value that is not a number where one is needed. */
static bool not_a_number(const target *t, const sema_value *v, const char *expected)
{
    if (v->kind == SEMA_WORD && sema_is_not_finite(v->word)) {
        diag_error(t->cx->diag, v->at, "\"%s\" of %s must be finite (got %s)", t->param->name, t->owner, v->word);
        sema_note_origin(t->cx, v);
        return false;
    }
    if (v->kind == SEMA_WORD && !t->cx->incomplete) {
        sema_unknown_constant(t->cx, v);
        return false;
    }
    if (v->kind != SEMA_WORD)
        wrong_type(t, v, expected);
    if (v->kind == SEMA_STRING && holds_number(v->string.text))
        diag_hint(t->cx->diag, "write it without quotes: %s", v->string.text);
    return false;
}

static bool out_of_range(const target *t, const sema_value *v, const char *relation, double limit)
{
    /* the largest integer is not a double: 2^63 represents it */
    const char *text = limit < 0x1p63 ? arena_printf(t->cx->arena, "%.10g", limit) : "9223372036854775807";
    diag_error(t->cx->diag, v->at, "\"%s\" of %s is out of range (got %s, expected %s %s)", t->param->name, t->owner,
               sema_describe(t->cx, v), relation, text);
    sema_note_origin(t->cx, v);
    return false;
}

static bool check_range(const target *t, const sema_value *v, double x)
{
    const lang_range *r = &t->param->range;
    if (x < r->low || (r->low_open && x <= r->low))
        return out_of_range(t, v, r->low_open ? "more than" : "at least", r->low);
    if (x > r->high || (r->high_open && x >= r->high))
        return out_of_range(t, v, r->high_open ? "less than" : "at most", r->high);
    if (r->not_zero && x == 0)
        return out_of_range(t, v, "anything but", 0);
    return true;
}

/* --- numbers ---------------------------------------------------------------------------------------- */

/** The largest integer that a real number may be taken for: up to here all integers are exact. */
static const double largest_exact = 9007199254740992.0;

/** Whether a real number is an integer: "/" gives real numbers, and units=256/2 is meant to work. */
static bool is_exact(const target *t, const sema_value *v)
{
    const bool whole = v->real == floor(v->real);
    if (whole && fabs(v->real) <= largest_exact)
        return true;
    if (whole && !check_range(t, v, v->real)) /* what is too large to be an integer is a real number too */
        return false;
    if (whole && v->real >= 0x1p63)
        return out_of_range(t, v, "at most", 0x1p63);
    diag_error(t->cx->diag, v->at, "\"%s\" of %s must be an integer (got %s)", t->param->name, t->owner,
               sema_describe(t->cx, v));
    sema_note_origin(t->cx, v);
    return false;
}

static bool to_integer(const target *t, const sema_value *v, int64_t *out)
{
    if (v->kind == SEMA_INT) {
        *out = v->integer;
    } else if (v->kind == SEMA_REAL) {
        if (!is_exact(t, v))
            return false;
        *out = (int64_t)v->real;
    } else {
        return not_a_number(t, v, lang_type_text(t->param->type));
    }
    return check_range(t, v, (double)*out);
}

bool sema_is_float(double x)
{
    return x == 0 || (fabs(x) >= FLT_MIN && fabs(x) <= FLT_MAX);
}

static const char *float_range(double x)
{
    return fabs(x) > 1 ? "at most 3.4e38" : "0 or at least 1.2e-38";
}

bool sema_check_derived(sema_context *cx, const sema_bound *from, const char *what, double value)
{
    if (sema_is_float(value))
        return true;
    diag_error(cx->diag, from->at, "%s does not fit a 32-bit number (got %s, expected %s)", what,
               str_double(cx->arena, value), float_range(value));
    sema_note_origin(cx, &(sema_value){.origin = from->origin});
    return false;
}

static bool to_real(const target *t, const sema_value *v, double *out)
{
    if (v->kind != SEMA_INT && v->kind != SEMA_REAL)
        return not_a_number(t, v, lang_type_text(t->param->type));
    const double x = v->kind == SEMA_INT ? (double)v->integer : v->real;
    if (!check_range(t, v, x))
        return false;
    /* training computes in 32-bit numbers: there, too, it must be finite and in its range */
    if (!sema_is_float(x)) {
        diag_error(t->cx->diag, v->at, "\"%s\" of %s does not fit a 32-bit number (got %s, expected %s)",
                   t->param->name, t->owner, sema_describe(t->cx, v), float_range(x));
        sema_note_origin(t->cx, v);
        return false;
    }
    *out = x;
    return t->param->range.high_open ? check_range(t, v, (double)(float)x) : true;
}

static bool to_pair(const target *t, const sema_value *v, ir_pair *out)
{
    if (v->kind == SEMA_TUPLE || v->kind == SEMA_LIST) {
        if (v->items.count != 2)
            return wrong_type(t, v, lang_type_text(t->param->type));
        const bool h = to_integer(t, &v->items.item[0], &out->h);
        return to_integer(t, &v->items.item[1], &out->w) && h;
    }
    if (!to_integer(t, v, &out->h))
        return false;
    out->w = out->h;
    return true;
}

static bool is_several(const sema_value *v, int count)
{
    return (v->kind == SEMA_TUPLE || v->kind == SEMA_LIST) && v->items.count == count;
}

/** One integer for all sides, one for both sides of each dimension, or one for each side. */
static bool to_margins(const target *t, const sema_value *v, ir_shape *out)
{
    out->rank = 4;
    for (int side = 0; side < out->rank; side++) {
        const sema_value *item = is_several(v, 2) ? &v->items.item[side / 2] : v;
        if (item != v && is_several(item, 2))
            item = &item->items.item[side % 2];
        if (!to_integer(t, item, &out->dim[side]))
            return false;
    }
    return true;
}

/** Keras's shapes may hold the batch, as None or -1. */
static bool to_dimension(const target *t, const sema_value *v, int64_t *out)
{
    if (to_integer(t, v, out))
        return true;
    if (v->kind == SEMA_NONE || (v->kind == SEMA_INT && v->integer == -1))
        diag_hint(t->cx->diag, "a shape is that of one sample: omit the batch");
    return false;
}

static bool to_shape(const target *t, const sema_value *v, ir_shape *out)
{
    const bool several = v->kind == SEMA_TUPLE || v->kind == SEMA_LIST;
    const int count = several ? v->items.count : 1;
    const sema_value *item = several ? v->items.item : v;
    if (count < 1 || count > IR_MAX_RANK) {
        diag_error(t->cx->diag, v->at, "%s has the wrong number of dimensions (got %d, expected 1 to %d)", t->owner,
                   count, (int)IR_MAX_RANK);
        return false;
    }
    bool ok = true;
    int64_t elements = 1;
    for (int i = 0; i < count; i++) {
        ok = to_dimension(t, &item[i], &out->dim[i]) && ok;
        if (ok && (!checked_mul(elements, out->dim[i], &elements) || elements > INT32_MAX)) {
            diag_error(t->cx->diag, v->at, "the shape of %s is too large (expected at most %d elements)", t->owner,
                       (int)INT32_MAX);
            return false;
        }
    }
    out->rank = count;
    return ok;
}

static bool to_numbers(const target *t, const sema_value *v, bool integers, sema_bound *out)
{
    const bool list = v->kind == SEMA_LIST || v->kind == SEMA_TUPLE;
    const int count = list ? v->items.count : 1;
    const sema_value *item = list ? v->items.item : v;
    double *numbers = arena_array(t->cx->arena, (size_t)count, sizeof *numbers);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        int64_t integer = 0;
        const bool one = integers ? to_integer(t, &item[i], &integer) : to_real(t, &item[i], &numbers[i]);
        if (integers)
            numbers[i] = (double)integer;
        ok = ok && one;
    }
    out->numbers = numbers;
    out->count = count;
    return ok;
}

/* --- texts ------------------------------------------------------------------------------------------ */

static bool to_path(const target *t, const sema_value *v, const char **out)
{
    if (v->kind != SEMA_STRING)
        return wrong_type(t, v, lang_type_text(t->param->type));
    if (v->string.length == 0) {
        diag_error(t->cx->diag, v->at, "\"%s\" of %s is empty (expected %s)", t->param->name, t->owner,
                   lang_type_text(t->param->type));
        return false;
    }
    *out = v->string.text;
    return true;
}

/** Names and indices of columns: an index is written "#-1", a name that begins so "##...". */
static bool to_names(const target *t, const sema_value *v, sema_bound *out)
{
    const bool list = v->kind == SEMA_LIST || v->kind == SEMA_TUPLE;
    const int count = list ? v->items.count : 1;
    const sema_value *item = list ? v->items.item : v;
    const char **names = arena_array(t->cx->arena, (size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++) {
        if (item[i].kind == SEMA_INT)
            names[i] = arena_printf(t->cx->arena, "#%lld", (long long)item[i].integer);
        else if (item[i].kind == SEMA_STRING)
            names[i] =
                arena_printf(t->cx->arena, "%s%s", item[i].string.text[0] == '#' ? "#" : "", item[i].string.text);
        else
            return wrong_type(t, &item[i], lang_type_text(t->param->type));
    }
    out->names = names;
    out->count = count;
    return true;
}

/** The value of missing cells. */
static bool to_fill(const target *t, const sema_value *v, const char **out)
{
    static const char *const words[] = {"mean", "median", "zero"};
    const char *text = v->kind == SEMA_WORD ? v->word : v->kind == SEMA_STRING ? v->string.text : "";
    double value = 0;
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i == 2 ? "0" : words[i];
            return true;
        }
    if (v->kind != SEMA_INT && v->kind != SEMA_REAL)
        return wrong_type(t, v, lang_type_text(t->param->type));
    if (!to_real(t, v, &value))
        return false;
    *out = str_double(t->cx->arena, value);
    return true;
}

/** Names of layers become names of tensors in files, and parts of names in C. */
static bool to_layer_name(const target *t, const sema_value *v, const char **out)
{
    enum { LONGEST = 64 };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    if (v->kind != SEMA_STRING && v->kind != SEMA_WORD)
        return wrong_type(t, v, lang_type_text(t->param->type));
    const char *text = v->kind == SEMA_WORD ? v->word : v->string.text;
    const size_t length = v->kind == SEMA_WORD ? strlen(v->word) : v->string.length;
    if (length == 0 || length > LONGEST) {
        diag_error(t->cx->diag, v->at, "the name of %s has the wrong length (got %zu, expected 1 to %d characters)",
                   t->owner, length, (int)LONGEST);
        return false;
    }
    if (strspn(text, letters) != length) {
        diag_error(t->cx->diag, v->at, "the name of %s cannot hold this character (got \"%s\", expected %s)", t->owner,
                   str_printable(t->cx->arena, text, length), "letters, digits, \"_\", \".\", \"/\" and \"-\"");
        diag_hint(t->cx->diag, "it becomes the name of tensors in files");
        return false;
    }
    *out = text;
    return true;
}

/* --- words of a table ------------------------------------------------------------------------------- */

/** The words of the table, or the one that a string resembles. */
static void hint_table(const target *t, const sema_value *v, const lang_table *table)
{
    if (table == &lang_validations && v->kind == SEMA_REAL) {
        diag_hint(t->cx->diag, "write split(train, %s)", str_double(t->cx->arena, v->real));
        return;
    }
    sema_words w = sema_words_new(t->cx);
    sema_words_add_table(&w, table);
    sema_hint_words(&w, v->kind == SEMA_STRING ? v->string.text : "", table->plural);
}

/** Whether a string can only be a word in quotes, and no path. */
static bool is_quoted_word(const target *t, const sema_value *v)
{
    if (v->kind != SEMA_STRING || t->param->type == LANG_TYPE_SOURCE || t->param->type == LANG_TYPE_VALIDATION)
        return false;
    return str_is_word(v->string.text, v->string.length);
}

static bool to_word(const target *t, const sema_value *v, sema_bound *out)
{
    const lang_table *table = lang_type_table(t->param->type);
    sema_value word = {.kind = SEMA_WORD, .at = v->at, .origin = v->origin, .word = "linear"};
    if (is_quoted_word(t, v)) {
        word.word = v->string.text;
        v = &word;
    } else if (v->kind == SEMA_NONE && t->param->type == LANG_TYPE_ACTIVATION) {
        v = &word;
    }
    if (v->kind != SEMA_WORD && v->kind != SEMA_CALL) {
        wrong_type(t, v, lang_type_text(t->param->type));
        if (v->kind != SEMA_ERROR && v->kind != SEMA_NONE && v->kind != SEMA_WORD)
            hint_table(t, v, table);
        return false;
    }
    const sema_call bare = {.callee = {v->kind == SEMA_WORD ? v->word : NULL, v->at}};
    const sema_call *call = v->kind == SEMA_CALL ? v->call : &bare;
    const lang_entry *entry = lang_find(table, call->callee.text);
    if (entry == NULL) {
        sema_unknown(t->cx, call->callee.at, call->callee.text, table);
        sema_note_origin(t->cx, v);
        return false;
    }
    out->word = entry->id;
    out->args = sema_bind(t->cx, entry, table->what, call);
    return out->args->ok;
}

/** One word, or a list of them. */
static bool to_words(const target *t, const sema_value *v, sema_bound *out)
{
    const bool list = v->kind == SEMA_LIST || v->kind == SEMA_TUPLE;
    const int count = list ? v->items.count : 1;
    const sema_value *item = list ? v->items.item : v;
    sema_bound *words = arena_array(t->cx->arena, (size_t)count, sizeof *words);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        words[i].at = item[i].at;
        ok = to_word(t, &item[i], &words[i]) && ok;
    }
    out->items = words;
    out->count = count;
    return ok;
}

static bool to_choice(const target *t, const sema_value *v, int *out)
{
    if (v->kind != SEMA_WORD && v->kind != SEMA_STRING)
        return wrong_type(t, v, lang_type_text(t->param->type));
    const char *word = v->kind == SEMA_WORD ? v->word : v->string.text;
    *out = lang_choice(&t->param->range, word);
    if (*out >= 0)
        return true;
    char range[96];
    diag_error(t->cx->diag, v->at, "unknown \"%s\" of %s (got \"%s\", expected %s)", t->param->name, t->owner,
               sema_quote(t->cx, word), lang_range_text(&t->param->range, range, sizeof range));
    sema_note_origin(t->cx, v);
    return false;
}

/** One name of a result, or several. */
static bool to_values(const target *t, const sema_value *v, sema_bound *out)
{
    const bool list = v->kind == SEMA_LIST || v->kind == SEMA_TUPLE;
    const int count = list ? v->items.count : 1;
    const sema_value *item = list ? v->items.item : v;
    sema_bound *names = arena_array(t->cx->arena, (size_t)count, sizeof *names);
    for (int i = 0; i < count; i++) {
        if (item[i].kind != SEMA_WORD)
            return wrong_type(t, &item[i], "the name of a result");
        names[i] = (sema_bound){.at = item[i].at, .text = item[i].word};
    }
    out->items = names;
    out->count = count;
    return true;
}

/** A number, or a word of the table. */
static bool to_rate(const target *t, const sema_value *v, sema_bound *out)
{
    out->word = -1;
    const lang_table *table = lang_type_table(t->param->type);
    const bool word = (v->kind == SEMA_WORD && lang_find(table, v->word) != NULL) ||
                      (v->kind == SEMA_STRING && lang_find(table, v->string.text) != NULL);
    return word || v->kind == SEMA_CALL ? to_word(t, v, out) : to_real(t, v, &out->real);
}

/** The monitored values are known only once the metrics are. */
static bool to_monitor(const target *t, const sema_value *v, const char **out)
{
    if (v->kind != SEMA_STRING && v->kind != SEMA_WORD)
        return wrong_type(t, v, lang_type_text(t->param->type));
    *out = v->kind == SEMA_STRING ? v->string.text : v->word;
    return true;
}

static bool to_bool(const target *t, const sema_value *v, bool *out)
{
    if (v->kind != SEMA_BOOL)
        return wrong_type(t, v, lang_type_text(t->param->type));
    *out = v->boolean;
    return true;
}

/** Whether none is a value of this parameter. */
static bool takes_none(const lang_param *p)
{
    return p->type == LANG_TYPE_PAIR_OR_NONE || (p->initial != NULL && strcmp(p->initial, "none") == 0);
}

static bool convert(const target *t, const sema_value *v, sema_bound *out)
{
    switch (t->param->type) {
    case LANG_TYPE_INT:
        return to_integer(t, v, &out->integer);
    case LANG_TYPE_REAL:
        return to_real(t, v, &out->real);
    case LANG_TYPE_BOOL:
        return to_bool(t, v, &out->boolean);
    case LANG_TYPE_PATH:
    case LANG_TYPE_TEXT:
        return to_path(t, v, &out->text);
    case LANG_TYPE_FILL:
        return to_fill(t, v, &out->text);
    case LANG_TYPE_LAYER_NAME:
        return to_layer_name(t, v, &out->text);
    case LANG_TYPE_NAMES:
        return to_names(t, v, out);
    case LANG_TYPE_PAIR:
    case LANG_TYPE_PAIR_OR_NONE:
        return to_pair(t, v, &out->pair);
    case LANG_TYPE_MARGINS:
        return to_margins(t, v, &out->shape);
    case LANG_TYPE_CHOICE:
        return to_choice(t, v, &out->word);
    case LANG_TYPE_SHAPE:
        return to_shape(t, v, &out->shape);
    case LANG_TYPE_VALUES:
        return to_values(t, v, out);
    case LANG_TYPE_INTS:
    case LANG_TYPE_REALS:
        return to_numbers(t, v, t->param->type == LANG_TYPE_INTS, out);
    case LANG_TYPE_METRICS:
        return to_words(t, v, out);
    case LANG_TYPE_RATE:
        return to_rate(t, v, out);
    case LANG_TYPE_MONITOR:
        return to_monitor(t, v, &out->text);
    default:
        return to_word(t, v, out);
    }
}

bool sema_convert(sema_context *cx, const lang_param *p, const char *owner, const sema_value *v, sema_bound *out)
{
    const target t = {cx, p, owner};
    if (v->kind == SEMA_ERROR)
        return false;
    out->none = v->kind == SEMA_NONE && takes_none(p);
    out->valid = out->none || convert(&t, v, out);
    return out->valid;
}
