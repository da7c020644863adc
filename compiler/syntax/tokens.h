/* The stream of tokens between scanner and parser. It knows what is open: it drops newlines inside
 * brackets, bounds the nesting, closes what the end of the file leaves open, and after an error finds the position
 * where parsing continues. */
#ifndef MNNC_SYNTAX_TOKENS_H
#define MNNC_SYNTAX_TOKENS_H

#include "syntax/build.h"

typedef struct token {
    int kind; /* of enum yytokentype */
    span at;
    syntax_value value;
} token;

/** Something opened and not yet closed: a bracket or a brace. */
typedef struct token_frame {
    token opening;
    int outside; /* the nesting around it */
} token_frame;

typedef struct token_link {
    token token;
    struct token_link *next;
} token_link;

/** All that is known while one source is parsed. */
typedef struct parse_state {
    arena *arena;
    diag_list *diags;
    const source *source;
    int start;          /* the token that comes first, for the kind of source */
    bool is_definition; /* the source is one statement: nothing separates it from others */
    bool is_formula;    /* the source is a formula: it may compare */

    /* results */
    ast_file *file;
    stmt_list constants;
    ast_block *last_block;
    ast_comment *last_comment;
    ast_stmt *definition;
    stmt_list formula;

    /* the stream */
    void *scanner;
    uint32_t scanned;  /* bytes of the source that are tokens by now */
    int open_brackets; /* where the scanner is */
    token_link *pushed_back;
    token_link *free_links;
    token last;            /* what the parser was given last ... */
    token previous;        /* ... and before that */
    token_frame innermost; /* what was open before last; opening.kind 0: nothing */
    token skipped_newline; /* dropped directly before last; kind 0: none */
    token_frame frames[AST_MAX_NESTING];
    token misaligned; /* the first "{" whose "}" is not indented as its line is; kind 0: none */
    int depth;        /* of frames */
    int nesting;      /* brackets, braces, unary operators and powers that are open */
    bool recovering;
    bool end_reported;
    int lookaheads;
} parse_state;

/** Give the next token to the parser; @return its kind. */
int token_next(parse_state *p, syntax_value *value, span *at);

/** After a syntax error at p->last: get ready to go on at the end of the statement. */
void token_recover(parse_state *p);

/** The text of the token that closes a bracket or brace. */
const char *token_closing(int opening);

/* Of the scanner (scan.l). */
void *scan_open(parse_state *p);

/** The next token as it is written: every newline, no comments. */
token scan_next(parse_state *p);

/** Report characters that are none of the language's; @return YYerror */
int scan_unexpected(parse_state *p, span at);

/* Of the parser (message.c): report p->last. expected: the names of the tokens that could be there, as in parse.y. */
void message_unexpected(parse_state *p, const char *const *expected, int count);

/** Report that a "=" is missing between p->last, a name, and the token instead of it or after it. */
void message_missing_equals(parse_state *p, const token *got);

#endif
