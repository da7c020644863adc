#include "syntax/tokens.h"

#include <string.h>

#include "parse.tab.h"
#include "support/str.h"

/* After an error inside brackets the stream looks ahead for where they close: so far, and so often.
 * The bounds keep a hopeless file from costing the square of its length. */
enum { LOOKAHEAD_TOKENS = 4096, LOOKAHEADS = 100 };

const char *token_closing(int opening)
{
    return opening == LPAREN ? ")" : opening == LBRACKET ? "]" : "}";
}

static const char *opening_text(int opening)
{
    return opening == LPAREN ? "(" : opening == LBRACKET ? "[" : "{";
}

static bool is_opening_bracket(int kind)
{
    return kind == LPAREN || kind == LBRACKET;
}

static bool is_closing_bracket(int kind)
{
    return kind == RPAREN || kind == RBRACKET;
}

static bool is_brace_or_end(int kind)
{
    return kind == LBRACE || kind == RBRACE || kind == YYEOF;
}

static bool ends_operand(int kind)
{
    return kind == NAME || kind == NUMBER || kind == STRING || kind == TRUE || kind == FALSE || kind == NONE ||
           is_closing_bracket(kind);
}

/* ---- what was read too far */

static token_link *new_link(parse_state *p, token t, token_link *next)
{
    token_link *link = p->free_links;
    if (link != NULL)
        p->free_links = link->next;
    else
        link = ARENA_NEW(p->arena, token_link);
    *link = (token_link){t, next};
    return link;
}

static token_link *free_link(parse_state *p, token_link *link)
{
    token_link *next = link->next;
    link->next = p->free_links;
    p->free_links = link;
    return next;
}

static token fetch(parse_state *p)
{
    if (p->pushed_back == NULL)
        return scan_next(p);
    token t = p->pushed_back->token;
    p->pushed_back = free_link(p, p->pushed_back);
    return t;
}

static void push_back(parse_state *p, token t)
{
    p->pushed_back = new_link(p, t, p->pushed_back);
}

/* ---- what is open */

static bool in_brackets(const parse_state *p)
{
    return p->depth > 0 && is_opening_bracket(p->frames[p->depth - 1].opening.kind);
}

/* The nesting directly inside what is open now, where no operator is pending. */
static int base_nesting(const parse_state *p)
{
    return p->depth > 0 ? p->frames[p->depth - 1].outside + 1 : 0;
}

static void leave(parse_state *p)
{
    p->depth--;
    p->nesting = p->frames[p->depth].outside;
}

static void leave_brackets(parse_state *p)
{
    while (in_brackets(p))
        leave(p);
}

static int open_brackets(const parse_state *p)
{
    int count = 0;
    while (count < p->depth && is_opening_bracket(p->frames[p->depth - 1 - count].opening.kind))
        count++;
    return count;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Blanks before a token that is the first on its line; false for another token. */
static bool stands_first(const token *t, uint32_t *blanks)
{
    const char *text = t->at.source->text;
    uint32_t begin = t->at.begin;
    while (begin > 0 && is_blank(text[begin - 1]))
        begin--;
    *blanks = t->at.begin - begin;
    return begin == 0 || text[begin - 1] == '\n';
}

/* If a "}" is missing, the next one closes another block than its writer meant: it is indented otherwise. */
static void note_alignment(parse_state *p, const token *opening, const token *closing)
{
    uint32_t closes;
    size_t length;
    if (p->misaligned.kind != 0 || !stands_first(closing, &closes))
        return;
    const char *line = source_line(opening->at.source, opening->at.begin, &length);
    if (strspn(line, " \t") != closes)
        p->misaligned = *opening;
}

static void leave_block(parse_state *p, const token *closing)
{
    leave_brackets(p);
    if (p->depth > 0) {
        note_alignment(p, &p->frames[p->depth - 1].opening, closing);
        leave(p);
    }
}

/* Whether what follows the token is nested in it; what the token closes or ends is left. */
static bool nests(parse_state *p, const token *t)
{
    switch (t->kind) {
    case LBRACE:
        leave_brackets(p); /* a bracket that was never closed; the parser says so */
        p->nesting = base_nesting(p);
        return true;
    case LPAREN:
    case LBRACKET:
    case POWER:
        return true;
    case RBRACE:
        leave_block(p, t);
        return false;
    case RPAREN:
    case RBRACKET:
        if (in_brackets(p))
            leave(p);
        return false;
    case PLUS:
    case MINUS:
        if (!ends_operand(p->last.kind))
            return true; /* a sign */
        break;
    case NEWLINE:
    case COMMA:
    case EQUALS:
    case STAR:
    case SLASH:
        break;
    default:
        return false;
    }
    p->nesting = base_nesting(p);
    return false;
}

/* Take a token into account; false when it nests too deep, and then nothing is changed. */
static bool track(parse_state *p, const token *t)
{
    if (!nests(p, t))
        return true;
    if (p->nesting >= AST_MAX_NESTING)
        return false;
    if (t->kind == LBRACE || is_opening_bracket(t->kind))
        p->frames[p->depth++] = (token_frame){*t, p->nesting};
    p->nesting++;
    return true;
}

/* ---- errors */

static void forget_brackets(parse_state *p)
{
    leave_brackets(p);
    p->nesting = base_nesting(p);
    p->recovering = true;
}

/* Drop a block that nests too deep, to its closing brace. */
static void skip_block(parse_state *p)
{
    size_t open = 1;
    while (open > 0) {
        token t = fetch(p);
        if (t.kind == YYEOF) {
            push_back(p, t);
            p->end_reported = true;
            return;
        }
        open += t.kind == LBRACE;
        open -= t.kind == RBRACE;
    }
}

/* Drop all up to where the brackets are closed. */
static void skip_brackets(parse_state *p, size_t open)
{
    while (open > 0) {
        token t = fetch(p);
        if (is_brace_or_end(t.kind)) {
            push_back(p, t);
            p->end_reported |= t.kind == YYEOF;
            return;
        }
        open += is_opening_bracket(t.kind);
        open -= is_closing_bracket(t.kind);
    }
}

static void refuse_nesting(parse_state *p, const token *t)
{
    if (!p->recovering)
        diag_error(p->diags, t->at, "nested more than %d deep", AST_MAX_NESTING);
    if (t->kind == LBRACE)
        skip_block(p);
    else
        skip_brackets(p, (size_t)open_brackets(p) + is_opening_bracket(t->kind));
    forget_brackets(p);
}

/* Look whether the brackets that are open are closed further on, before any brace. If so, all up to
 * there is dropped: the error was inside. If not, a bracket was forgotten: nothing is dropped, and
 * newlines end statements again. */
static bool skip_if_closed(parse_state *p)
{
    int open = open_brackets(p);
    token_link *seen = NULL;
    for (int i = 0; open > 0 && i < LOOKAHEAD_TOKENS; i++) {
        seen = new_link(p, fetch(p), seen);
        int kind = seen->token.kind;
        if (is_brace_or_end(kind))
            break;
        open += is_opening_bracket(kind);
        open -= is_closing_bracket(kind);
    }
    while (seen != NULL) {
        if (open > 0)
            push_back(p, seen->token);
        seen = free_link(p, seen);
    }
    return open == 0;
}

void token_recover(parse_state *p)
{
    bool unclosed = in_brackets(p) && (p->lookaheads++ >= LOOKAHEADS || !skip_if_closed(p));
    /* The first word on a line after a forgotten bracket begins a statement: read it again as one. */
    if (unclosed && p->skipped_newline.kind != 0) {
        if (p->last.kind != YYerror)
            push_back(p, p->last);
        push_back(p, p->skipped_newline);
    }
    forget_brackets(p);
}

/* The end of the file, with something open: say it once, then close it for the parser. */
static token close_at_end(parse_state *p, token end)
{
    token_frame open = p->frames[p->depth - 1];
    bool bracket = in_brackets(p);
    push_back(p, end);
    if (!p->end_reported) {
        diag_error(p->diags, end.at, "expected \"%s\", got end of file", token_closing(open.opening.kind));
        diag_note(p->diags, open.opening.at, "\"%s\" is opened here", opening_text(open.opening.kind));
        if (p->misaligned.kind != 0 && !bracket)
            diag_note(p->diags, p->misaligned.at, "this one may be the cause: its \"}\" is indented differently");
        p->end_reported = true;
    }
    if (bracket) {
        forget_brackets(p);
        return (token){.kind = YYerror, .at = end.at};
    }
    return (token){.kind = RBRACE, .at = end.at};
}

/* ---- the stream */

/* A "{" on a line of its own: it belongs to the line before, and is read so after the message. */
static bool brace_follows(parse_state *p, token *brace)
{
    if (in_brackets(p) || p->recovering || (p->last.kind != NAME && p->last.kind != RPAREN))
        return false;
    token t = fetch(p);
    while (t.kind == NEWLINE)
        t = fetch(p);
    if (t.kind != LBRACE) {
        push_back(p, t);
        return false;
    }
    diag_error(p->diags, t.at, "expected \"{\" at the end of the previous line, got it on a line of its own");
    *brace = t;
    return true;
}

/* ---- separators and signs of other languages */

/* Whether a statement may end here: after a value, a call or a body. */
static bool may_separate(const parse_state *p)
{
    return !in_brackets(p) && !p->recovering && !p->is_definition &&
           (ends_operand(p->last.kind) || p->last.kind == RBRACE);
}

/* Whether what comes next is a statement, or the end of something. */
static bool statement_follows(parse_state *p)
{
    const token first = fetch(p);
    bool follows = first.kind == NEWLINE || first.kind == RBRACE || first.kind == YYEOF;
    if (first.kind == NAME) {
        const token second = fetch(p);
        follows = second.kind == EQUALS || second.kind == LPAREN || second.kind == LBRACE || second.kind == COLON;
        if (p->last.kind == RPAREN || p->last.kind == RBRACE) /* a step alone, and not a list without brackets */
            follows |=
                second.kind == NEWLINE || second.kind == RBRACE || second.kind == COMMA || second.kind == SEMICOLON;
        push_back(p, second);
    }
    push_back(p, first);
    return follows;
}

/* A semicolon at the end of its line, inside brackets: they were not closed. */
static token unclosed(parse_state *p, token t)
{
    const token next = fetch(p);
    push_back(p, next);
    if (next.kind != NEWLINE && !is_brace_or_end(next.kind))
        return (token){.kind = scan_unexpected(p, t.at), .at = t.at};
    const token *opening = &p->frames[p->depth - 1].opening;
    if (!p->recovering) {
        diag_error(p->diags, t.at, "expected \"%s\", got \";\"", token_closing(opening->kind));
        diag_note(p->diags, opening->at, "\"%s\" is opened here", opening_text(opening->kind));
    }
    return (token){.kind = YYerror, .at = t.at};
}

/* "class_weight = {0: 1.0}": Python's dictionary, read to its end. */
static bool is_dictionary(parse_state *p, const token *t)
{
    if (t->kind != LBRACE || p->last.kind != EQUALS || p->recovering)
        return false;
    const token first = fetch(p);
    token next = first;
    while (next.kind == NEWLINE)
        next = fetch(p);
    push_back(p, next);
    if (first.kind == NEWLINE)
        push_back(p, first); /* one stands for all */
    if (next.kind != NUMBER && next.kind != STRING && next.kind != RBRACE)
        return false;
    diag_error(p->diags, t->at, "expected a value after \"=\", got \"{\"");
    diag_hint(p->diags, "there are no dictionaries; a list is written [a, b]");
    skip_block(p);
    return true;
}

/* A comma or semicolon after a statement ends it as a newline does; the parser reports any other. */
static token separator(parse_state *p, token t)
{
    if (may_separate(p) && ((p->is_formula && t.kind == SEMICOLON) || statement_follows(p)))
        return (token){.kind = NEWLINE, .at = t.at};
    if (t.kind == SEMICOLON && in_brackets(p))
        return unclosed(p, t);
    if (t.kind == SEMICOLON)
        t.kind = scan_unexpected(p, t.at);
    return t;
}

/* "epochs: 5": say so, and go on as if there were a "=". */
static token colon(parse_state *p, token t)
{
    const token next = fetch(p);
    const bool named = p->last.kind == NAME && next.kind != NEWLINE && next.kind != YYEOF && !p->recovering;
    if (named && next.kind == LBRACE) {
        scan_unexpected(p, t.at);
        return next;
    }
    if (next.kind != EQUALS || !named)
        push_back(p, next);
    if (named)
        message_missing_equals(p, &t);
    return (token){.kind = named ? EQUALS : scan_unexpected(p, t.at), .at = t.at};
}

/* model "cnn" { ... }: a quoted title. */
static bool is_title(parse_state *p, const token *t)
{
    if (t->kind != STRING || p->last.kind != NAME || p->depth > 0 || p->recovering)
        return false;
    const token next = fetch(p);
    push_back(p, next);
    const ast_expr *e = t->value.expr;
    return next.kind == LBRACE && str_is_word(e->string.text, e->string.length);
}

/* Whether the line that holds an offset opens a body at its end. */
static bool line_opens_body(span at)
{
    size_t length;
    const char *line = source_line(at.source, at.begin, &length);
    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
        length--;
    return length > 0 && line[length - 1] == '{';
}

/* "epochs 5", "loss mse": a name that begins a statement, and a value. */
static bool misses_equals(parse_state *p, const token *t)
{
    const int before = p->previous.kind;
    const bool begins = before == NEWLINE || before == LBRACE || p->previous.at.source == NULL;
    if (p->last.kind != NAME || !begins || p->recovering || in_brackets(p) || p->lookaheads > LOOKAHEADS)
        return false;
    p->lookaheads++;
    if (line_opens_body(t->at))
        return false;
    if (t->kind != NAME)
        return t->kind == NUMBER || t->kind == STRING || t->kind == TRUE || t->kind == FALSE || t->kind == NONE;
    if (p->depth == 0)
        return false;
    const token next = fetch(p);
    push_back(p, next);
    return next.kind == NEWLINE || next.kind == COMMA || next.kind == SEMICOLON || next.kind == RBRACE ||
           next.kind == LPAREN;
}

/* "flatten" alone on its line: a step without arguments; the stream inserts its parentheses. */
static bool is_bare_step(const parse_state *p)
{
    const int before = p->previous.kind;
    return p->last.kind == NAME && (before == NEWLINE || before == LBRACE) && p->depth > 0 && !in_brackets(p) &&
           !p->recovering;
}

static token give_parentheses(parse_state *p, token t)
{
    const span here = {t.at.source, p->last.at.end, p->last.at.end};
    push_back(p, t);
    push_back(p, (token){.kind = RPAREN, .at = here});
    return (token){.kind = LPAREN, .at = here};
}

/* The end of a line: outside of brackets it counts, once, and a missing token follows or replaces it.
 * @return whether *t is to be handed on */
static bool take_newline(parse_state *p, token *t)
{
    token brace;
    if (in_brackets(p))
        p->skipped_newline = *t;
    if (in_brackets(p) || p->last.kind == NEWLINE)
        return false;
    if (brace_follows(p, &brace))
        *t = brace;
    else if (is_bare_step(p))
        *t = give_parentheses(p, *t);
    return true;
}

/* The end of the file ends its last line, then every block that is open. */
static token take_end(parse_state *p, token t)
{
    if (in_brackets(p) || p->last.kind == NEWLINE)
        return p->depth > 0 ? close_at_end(p, t) : t;
    push_back(p, t);
    return (token){.kind = NEWLINE, .at = t.at};
}

static token next_significant(parse_state *p)
{
    p->skipped_newline = (token){0};
    for (;;) {
        token t = fetch(p);
        if (t.kind == COMMA || t.kind == SEMICOLON)
            t = separator(p, t);
        else if (t.kind == COLON)
            t = colon(p, t);
        if (is_dictionary(p, &t))
            return (token){.kind = YYerror, .at = t.at};
        if (is_title(p, &t)) {
            t.kind = NAME;
            t.value.name = (ast_name){t.value.expr->string.text, t.at};
        } else if (misses_equals(p, &t)) {
            message_missing_equals(p, &t);
            push_back(p, t);
            return (token){.kind = EQUALS, .at = {t.at.source, p->last.at.end, p->last.at.end}};
        }
        if (t.kind == RBRACE && is_bare_step(p))
            return give_parentheses(p, t);
        if (t.kind == YYEOF)
            return take_end(p, t);
        if (t.kind != NEWLINE || take_newline(p, &t))
            return t;
    }
}

int token_next(parse_state *p, syntax_value *value, span *at)
{
    if (p->start != 0) {
        p->previous = p->last;
        /* as after a newline: blank lines at the top mean nothing */
        *at = (span){p->source, 0, 0};
        int start = p->start;
        p->start = 0;
        p->last = (token){.kind = NEWLINE, .at = *at};
        return start;
    }
    token t = next_significant(p);
    p->previous = p->last;
    p->innermost = p->depth > 0 ? p->frames[p->depth - 1] : (token_frame){0};
    if (t.kind == YYerror) {
        p->last = t;
        token_recover(p);
    } else if (!track(p, &t)) {
        refuse_nesting(p, &t);
        t.kind = YYerror;
    } else if (!in_brackets(p) && (t.kind == NEWLINE || t.kind == LBRACE || t.kind == RBRACE)) {
        p->recovering = false;
    }
    p->last = t;
    *value = t.value;
    *at = t.at;
    return t.kind;
}
