/* The parser's messages: what could be here, after what, and what is here instead. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "parse.tab.h"
#include "syntax/habits.h"
#include "syntax/tokens.h"

/* The parts of an "expected" list; at most one for each token, and the rest is summed up. */
typedef struct choices {
    const char *items[16];
    int count;
} choices;

static bool has(const char *const *names, int count, const char *wanted)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], wanted) == 0)
            return true;
    }
    return false;
}

static void add(choices *c, const char *item)
{
    if (c->count < (int)(sizeof c->items / sizeof c->items[0]))
        c->items[c->count++] = item;
}

static void add_if(choices *c, const char *const *names, int count, const char *name, const char *item)
{
    if (has(names, count, name))
        add(c, item);
}

/* The contexts in which a statement may begin. */
static void choose_statement(choices *c, const parse_state *p, const char *const *names, int count)
{
    if (p->innermost.opening.kind == 0)
        add(c, "a block or a constant");
    else
        add(c, "a statement");
    add_if(c, names, count, "}", "\"}\"");
}

/* Sum up what the parser would take as a person would say it: a value, not eleven tokens. An operator or
 * "(" could follow nearly everything, so they are said only where nothing else could. */
static choices choose(const parse_state *p, const char *const *names, int count)
{
    choices c = {0};
    bool value = has(names, count, "number");
    bool newline = has(names, count, "end of line");
    if (!value && newline && has(names, count, "name")) {
        choose_statement(&c, p, names, count);
        return c;
    }
    if (value)
        add(&c, "a value");
    else
        add_if(&c, names, count, "name", "a name");
    add_if(&c, names, count, "=", "\"=\"");
    add_if(&c, names, count, ",", "\",\"");
    add_if(&c, names, count, ")", "\")\"");
    add_if(&c, names, count, "]", "\"]\"");
    if (!value && !newline && !has(names, count, ",") && !has(names, count, ")"))
        add_if(&c, names, count, "(", "\"(\"");
    add_if(&c, names, count, "{", "\"{\"");
    if (newline)
        add(&c, "end of line");
    else
        add_if(&c, names, count, "}", "\"}\"");
    add_if(&c, names, count, "end of file", "end of file");
    return c;
}

static const char *join(arena *a, const choices *c)
{
    str text = str_new(a);
    str_add(&text, "");
    for (int i = 0; i < c->count; i++) {
        if (i > 0)
            str_add(&text, i + 1 == c->count ? " or " : ", ");
        str_add(&text, c->items[i]);
    }
    return text.text;
}

static const char *as_written(arena *a, const token *t)
{
    const char *text = t->at.source->text + t->at.begin;
    size_t length = t->at.end - t->at.begin;
    /* the quotes of a string are those of the message */
    bool quoted = t->kind == STRING && length >= 2;
    return str_printable(a, quoted ? text + 1 : text, quoted ? length - 2 : length);
}

/* A token of the user's: end of line, number "10", "+". */
static const char *describe(arena *a, const token *t)
{
    switch (t->kind) {
    case YYEOF:
        return "end of file";
    case NEWLINE:
        return t->at.source != NULL && t->at.begin == t->at.source->size ? "end of file" : "end of line";
    case NAME:
        return arena_printf(a, "name \"%s\"", as_written(a, t));
    case NUMBER:
        return arena_printf(a, "number \"%s\"", as_written(a, t));
    case STRING:
        return arena_printf(a, "string \"%s\"", as_written(a, t));
    default:
        return arena_printf(a, "\"%s\"", as_written(a, t));
    }
}

static bool is_on_another_line(span first, span second)
{
    for (uint32_t i = first.end; i < second.begin; i++) {
        if (first.source->text[i] == '\n')
            return true;
    }
    return false;
}

/* Point at the open bracket where it cannot be seen from the position of the error. */
static void note_opening(parse_state *p, const char *const *names, int count)
{
    const token *opening = &p->innermost.opening;
    if (opening->kind == 0)
        return;
    if (!has(names, count, token_closing(opening->kind)) || has(names, count, "end of line"))
        return;
    int kind = p->last.kind;
    bool closes = kind == RPAREN || kind == RBRACKET || kind == RBRACE || kind == LBRACE;
    if (closes || is_on_another_line(opening->at, p->last.at))
        diag_note(p->diags, opening->at, "\"%s\" is opened here", as_written(p->arena, opening));
}

/* The meaning of the line in another language, or NULL. */
static const char *foreign(const parse_state *p)
{
    const source *s = p->last.at.source;
    size_t length;
    const char *line = source_line(s, p->last.at.begin, &length);
    const char *hint = p->last.kind == NEWLINE ? NULL : habit_of_operator(s->text, s->text + p->last.at.begin);
    while (length > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    size_t word = 0;
    while (word < length && (isalnum((unsigned char)line[word]) || line[word] == '_'))
        word++;
    return hint != NULL ? hint : habit_of_word(arena_strndup(p->arena, line, word));
}

/* The expected words where statements begin and where they could end, or NULL. */
static const char *misplaced(const parse_state *p, const char *const *names, int count)
{
    const bool statement = has(names, count, "end of line") && has(names, count, "name");
    const bool inside = p->innermost.opening.kind == LBRACE;
    const int last = p->last.kind, previous = p->previous.kind;
    if (last == LBRACKET && statement)
        return "write one layer or step per line, without a list around them";
    if (last == EQUALS && previous == NAME && has(names, count, "{"))
        return "a constant is written name = value, with nothing before its name";
    if (last == COMMA && previous == STRING && has(names, count, "end of line"))
        return "the files of a set are written idx(\"images\", \"labels\"), other lists [a, b]";
    if (last == NAME && previous == RPAREN && has(names, count, "end of line"))
        return "write one layer per line, or the activation as an argument: dense(10, activation=relu)";
    if (last == COMMA && has(names, count, "end of line"))
        return "several values need brackets: [a, b]";
    if (last == LBRACE && has(names, count, "end of line"))
        return "a block has no \"=\": NAME { ... }, or NAME NAME { ... }";
    if (inside && last == NAME && previous == NAME)
        return "blocks are written at the top level, not inside another";
    if (last == MINUS && previous == NAME)
        return "names consist of letters, digits and \"_\"";
    if (statement && (last == TRUE || last == FALSE || last == NONE))
        return "true, false and none are not names";
    return NULL;
}

/* Hints for what is often meant by what was written. */
static void hint(parse_state *p, const char *const *names, int count)
{
    const char *known = foreign(p);
    if (known == NULL)
        known = misplaced(p, names, count);
    if (known != NULL) {
        diag_hint(p->diags, "%s", known);
        return;
    }
    if (p->last.kind != NEWLINE || !has(names, count, "{"))
        return;
    bool inside = p->innermost.opening.kind != 0;
    if (inside && p->previous.kind == NAME)
        diag_hint(p->diags, "a step without arguments is written \"%s()\"", as_written(p->arena, &p->previous));
    else if (!inside && p->previous.kind == RPAREN)
        diag_hint(p->diags, "steps are written inside a block: data { ... }, model NAME { ... } or train { ... }");
}

/* The text after a missing "=" on its line, without a comment; a long line is cut. */
static const char *value_text(parse_state *p, const token *got)
{
    enum { MOST = 60 };
    const char *value = got->at.source->text + (got->kind == COLON ? got->at.end : got->at.begin);
    value += *value == '=';
    value += strspn(value, " \t");
    const char *end = value;
    while (end - value < MOST && *end != '\0' && *end != '\n' && *end != '#')
        end++;
    while (end > value && strchr(" \t\r,;}", end[-1]) != NULL)
        end--;
    str shown = str_new(p->arena);
    str_add(&shown, "");
    if (end > value)
        str_add_escaped(&shown, value, (size_t)(end - value));
    return shown.text;
}

/* Whether an offset is inside the model, or a block of layers, where no settings are. */
static bool among_layers(const parse_state *p)
{
    size_t length;
    if (p->depth == 0)
        return false;
    const span at = p->frames[0].opening.at;
    const char *line = source_line(at.source, at.begin, &length);
    return strncmp(line, "model", strlen("model")) == 0 || strncmp(line, "block", strlen("block")) == 0;
}

/* The kind of a line without "=": "dense 10" is a layer, "epochs 5" a setting. */
static void hint_value(parse_state *p, const char *name, const char *value)
{
    if (!among_layers(p))
        diag_hint(p->diags, "write %s = %s", name, value);
    else
        diag_hint(p->diags, "write %s(%s)", name, strchr(value, ' ') != NULL ? "..." : value);
}

void message_missing_equals(parse_state *p, const token *got)
{
    if (diag_is_full(p->diags)) {
        diag_error(p->diags, got->at, "form not known"); /* only counted */
        return;
    }
    const char *name = as_written(p->arena, &p->last);
    const bool argument = p->innermost.opening.kind == LPAREN || p->innermost.opening.kind == LBRACKET;
    diag_error(p->diags, got->at, "expected \"=\" after \"%s\", got %s", name, describe(p->arena, got));
    if (argument)
        diag_hint(p->diags, "an argument is written name=value");
    else
        hint_value(p, name, value_text(p, got));
}

void message_unexpected(parse_state *p, const char *const *names, int count)
{
    const token *got = &p->last;
    if (got->kind == RBRACE && p->innermost.opening.kind == 0) {
        diag_error(p->diags, got->at, "\"}\" closes nothing: no \"{\" is open here");
        return;
    }
    if (diag_is_full(p->diags)) {
        diag_error(p->diags, got->at, "form not known"); /* only counted */
        return;
    }
    choices c = choose(p, names, count);
    const char *expected = join(p->arena, &c);
    const char *described = describe(p->arena, got);
    if (p->previous.kind == NEWLINE || p->previous.at.source == NULL || p->previous.at.begin == p->previous.at.end)
        diag_error(p->diags, got->at, "expected %s, got %s", expected, described);
    else
        diag_error(p->diags, got->at, "expected %s after \"%s\", got %s", expected, as_written(p->arena, &p->previous),
                   described);
    note_opening(p, names, count);
    hint(p, names, count);
}
