#include "syntax/tokens.h"

#include <string.h>

#include "parse.tab.h"

/* After a mistake inside brackets the stream looks ahead for where they close: so far, and so often.
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

/* Blanks in front of a token that is the first on its line; false for another token. */
static bool stands_first(const token *t, uint32_t *blanks)
{
    const char *text = t->at.source->text;
    uint32_t begin = t->at.begin;
    while (begin > 0 && is_blank(text[begin - 1]))
        begin--;
    *blanks = t->at.begin - begin;
    return begin == 0 || text[begin - 1] == '\n';
}

/* Where a "}" is missing, the next one closes another block than its writer meant: it is indented otherwise. */
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

/* Take a token into account; false when it nests too deep, and then nothing is changed. */
static bool track(parse_state *p, const token *t)
{
    switch (t->kind) {
    case LBRACE:
        leave_brackets(p); /* a bracket that was never closed; the parser says so */
        p->nesting = base_nesting(p);
        break;
    case RBRACE:
        leave_brackets(p);
        if (p->depth > 0) {
            note_alignment(p, &p->frames[p->depth - 1].opening, t);
            leave(p);
        }
        return true;
    case LPAREN:
    case LBRACKET:
        break;
    case RPAREN:
    case RBRACKET:
        if (in_brackets(p))
            leave(p);
        return true;
    case PLUS:
    case MINUS:
        if (!ends_operand(p->last.kind))
            break; /* a sign */
        p->nesting = base_nesting(p);
        return true;
    case POWER:
        break;
    case NEWLINE:
    case COMMA:
    case EQUALS:
    case STAR:
    case SLASH:
        p->nesting = base_nesting(p);
        return true;
    default:
        return true;
    }
    if (p->nesting >= AST_MAX_NESTING)
        return false;
    if (t->kind == LBRACE || is_opening_bracket(t->kind))
        p->frames[p->depth++] = (token_frame){*t, p->nesting};
    p->nesting++;
    return true;
}

/* ---- mistakes */

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
 * there is dropped: the mistake was inside. If not, a bracket was forgotten: nothing is dropped, and
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
    /* What stands first on a line behind a forgotten bracket is a statement: read it again as one. */
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
            diag_note(p->diags, p->misaligned.at, "but this one may be meant: the \"}\" for it is indented otherwise");
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
    diag_error(p->diags, t.at, "expected \"{\" at the end of the line before, got it on a line of its own");
    *brace = t;
    return true;
}

static token next_significant(parse_state *p)
{
    p->skipped_newline = (token){0};
    for (;;) {
        token t = fetch(p);
        if (t.kind == NEWLINE) {
            if (in_brackets(p)) {
                p->skipped_newline = t;
                continue;
            }
            if (p->last.kind == NEWLINE)
                continue;
            token brace;
            return brace_follows(p, &brace) ? brace : t;
        }
        if (t.kind == YYEOF && !in_brackets(p) && p->last.kind != NEWLINE) {
            push_back(p, t);
            return (token){.kind = NEWLINE, .at = t.at};
        }
        if (t.kind == YYEOF && p->depth > 0)
            return close_at_end(p, t);
        return t;
    }
}

int token_next(parse_state *p, syntax_value *value, span *at)
{
    p->previous = p->last;
    if (p->start != 0) {
        /* as behind a newline: blank lines at the top mean nothing */
        *at = (span){p->source, 0, 0};
        int start = p->start;
        p->start = 0;
        p->last = (token){.kind = NEWLINE, .at = *at};
        return start;
    }
    token t = next_significant(p);
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
