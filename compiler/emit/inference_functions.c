/* Functions of math.h that inference code contains itself. Layers are written as ever; what they call is then
 * replaced, so that their arithmetic has one form. */
#include "emit/inference_parts.h"

#include <ctype.h>
#include <string.h>

static const struct own_function {
    const char *own, *replaced, *method, *line[32];
} functions[] = {
#define OWN(own, replaced, method, ...) {#own, replaced, method, {__VA_ARGS__}},
#include "emit/inference_functions.def"
#undef OWN
};

enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

/** The next call of a function in a text, or NULL. */
static const char *find_call(const char *text, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = text; length > 0 && (at = strstr(at, name)); at += length)
        if (at[length] == '(' && (at == text || (at[-1] != '_' && !isalnum((unsigned char)at[-1]))))
            return at;
    return NULL;
}

/** Whether a function calls another one of the table. */
static bool uses(const struct own_function *f, const char *own)
{
    for (int k = 1; f->line[k]; k++)
        if (find_call(f->line[k], own))
            return true;
    return false;
}

/** The text with calls of own functions. */
static const char *with_own_calls(arena *a, const char *text, const struct own_function *f)
{
    str s = str_new(a);
    str_add(&s, "");
    for (const char *at; (at = find_call(text, f->replaced)); text = at + strlen(f->replaced)) {
        str_add_n(&s, text, (size_t)(at - text));
        str_add(&s, f->own);
    }
    str_add(&s, text);
    return s.text;
}

void inference_own_functions(inference *i, size_t begin)
{
    cwriter *w = &i->e.w;
    const char *text = arena_strdup(i->n->arena, w->out.text + begin);
    bool is_used[FUNCTION_COUNT] = {false};
    int count = 0;
    for (int k = FUNCTION_COUNT - 1; k >= 0; k--) {
        is_used[k] = find_call(text, functions[k].replaced);
        for (int user = k + 1; user < FUNCTION_COUNT; user++)
            is_used[k] = is_used[k] || (is_used[user] && uses(&functions[user], functions[k].own));
        count += is_used[k];
        text = with_own_calls(i->n->arena, text, &functions[k]);
    }
    w->out.text[w->out.length = begin] = '\0';
    if (count > 0)
        emit_section(&i->e, "functions in place of math.h");
    for (int k = 0; k < FUNCTION_COUNT; k++) {
        if (!is_used[k])
            continue;
        cw_blank(w);
        cw_comment(w, "%s", functions[k].method);
        for (int line = 0; functions[k].line[line]; line++)
            str_printf(&w->out, "%s\n", functions[k].line[line]);
    }
    str_add(&w->out, text);
}
