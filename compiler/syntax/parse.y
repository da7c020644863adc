/* The form of a .mnn file: blocks, statements, calls, expressions. No layer, loss or optimizer is known
 * here. Actions only build nodes. */
%require "3.8"
%expect 0
%define api.pure full
%define api.value.type {union syntax_value}
%define api.location.type {span}
%define parse.error custom
%define parse.lac full
/* The stack of the look-ahead correction never grows: see YYMAXDEPTH. */
%define parse.lac.es-capacity-initial {4096}

%param {parse_state *p}

%code requires {
#include "syntax/parse.h"
#include "syntax/tokens.h"
}

%code {
#include <string.h>

/* tokens.c bounds the nesting to AST_MAX_NESTING, and a level takes a dozen entries of the stack at
 * the most. The memory that few descriptions need is not in yyparse()'s frame, which has to fit into a small stack:
 * the parser's own grows to its full size at once, in the arena. */
#define YYINITDEPTH 200
#define YYMAXDEPTH 4096

#define yyoverflow(message, states, states_size, values, values_size, places, places_size, depth)                  \
    do {                                                                                                           \
        if (*(depth) == YYMAXDEPTH) {                                                                              \
            yyerror(&yylloc, p, (message));                                                                        \
            break;                                                                                                 \
        }                                                                                                          \
        *(states) = full_stack(p->arena, *(states), (states_size), sizeof **(states));                             \
        *(values) = full_stack(p->arena, *(values), (values_size), sizeof **(values));                             \
        *(places) = full_stack(p->arena, *(places), (places_size), sizeof **(places));                             \
        *(depth) = YYMAXDEPTH;                                                                                     \
    } while (0)

#define YYLLOC_DEFAULT(current, rhs, n)                                                                            \
    do {                                                                                                           \
        (current).source = p->source;                                                                              \
        (current).begin = (n) > 0 ? YYRHSLOC(rhs, 1).begin : YYRHSLOC(rhs, 0).end;                                  \
        (current).end = YYRHSLOC(rhs, n).end;                                                                      \
    } while (0)

static int yylex(YYSTYPE *value, YYLTYPE *at, parse_state *p);
static void yyerror(YYLTYPE *at, parse_state *p, const char *message);
static void add_block(parse_state *p, ast_block *block);
static void *full_stack(arena *a, const void *stack, ptrdiff_t size, size_t entry);
}

%initial-action { @$ = (span){p->source, 0, 0}; }

%token
    YYEOF 0     "end of file"
    NEWLINE     "end of line"
    TRUE        "true"
    FALSE       "false"
    NONE        "none"
    LPAREN      "("
    RPAREN      ")"
    LBRACKET    "["
    RBRACKET    "]"
    LBRACE      "{"
    RBRACE      "}"
    COMMA       ","
    EQUALS      "="
    PLUS        "+"
    MINUS       "-"
    STAR        "*"
    SLASH       "/"
    POWER       "**"
    LESS        "<"
    LESS_EQUAL  "<="
    GREATER     ">"
    GREATER_EQUAL ">="
    COLON       ":"
    SEMICOLON   ";"
    START_FILE       "start of a file"
    START_DEFINITION "start of a definition"
    START_FORMULA    "start of a formula"

%token <name> NAME   "name"
%token <expr> NUMBER "number"
%token <expr> STRING "string"

%nonassoc "<" "<=" ">" ">="
%left "+" "-"
%left "*" "/"
%precedence SIGN
%right "**"

%type <block> block
%type <body>  body
%type <stmts> stmts formula
%type <stmt>  stmt set step braced
%type <call>  call
%type <args>  args arg_items
%type <arg>   arg
%type <exprs> items
%type <expr>  expr

%%

start
    : START_FILE top
    | START_DEFINITION set NEWLINE              { p->definition = $2; }
    | START_DEFINITION error
    | START_FORMULA formula                     { p->formula = $2; }
    | START_FORMULA error
    ;

formula
    : %empty                                    { $$ = (stmt_list){0}; }
    | formula NEWLINE                           { $$ = $1; }
    | formula set NEWLINE                       { $$ = build_stmt_append($1, $2); }
    | formula expr NEWLINE
        { $$ = build_stmt_append($1, build_set(p->arena, @2, (ast_name){0}, $2)); }
    ;

top
    : %empty
    | top NEWLINE
    | top set NEWLINE                           { p->constants = build_stmt_append(p->constants, $2); }
    | top block                                 { add_block(p, $2); }
    | top error NEWLINE                         { yyerrok; }
    | top error body                            { yyerrok; }
    ;

block
    : NAME body                                 { $$ = build_block(p->arena, @1, $1, (ast_name){0}, $2); }
    | NAME NAME body                            { $$ = build_block(p->arena, span_join(@1, @2), $1, $2, $3); }
    | NAME "(" args ")" body
        {
            ast_block *block = build_block(p->arena, @1, $1, (ast_name){0}, $5);
            $$ = build_block_params(p->diags, block, $3);
        }
    | NAME NAME "(" args ")" body
        {
            ast_block *block = build_block(p->arena, span_join(@1, @2), $1, $2, $6);
            $$ = build_block_params(p->diags, block, $4);
        }
    ;

body
    : opening stmts "}"                         { $$ = (stmt_body){$2.first, @$}; }
    | opening stmts stmt "}"                    { $$ = (stmt_body){build_stmt_append($2, $3).first, @$}; }
    | opening stmts error "}"                   { $$ = (stmt_body){$2.first, @$}; yyerrok; }
    ;

/* After an error in the line that opens it, a body is read as any other. */
opening
    : "{"                                       { yyerrok; }
    ;

stmts
    : %empty                                    { $$ = (stmt_list){0}; }
    | stmts NEWLINE                             { $$ = $1; }
    | stmts stmt NEWLINE                        { $$ = build_stmt_append($1, $2); }
    | stmts braced                              { $$ = build_stmt_append($1, $2); }
    | stmts error NEWLINE                       { $$ = $1; yyerrok; }
    | stmts error body                          { $$ = $1; yyerrok; }
    ;

stmt
    : set
    | step
    ;

set
    : NAME "=" expr                             { $$ = build_set(p->arena, @$, $1, $3); }
    ;

step
    : call                                      { $$ = build_step(p->arena, @$, $1); }
    ;

braced
    : call body                                 { $$ = build_step_body(build_step(p->arena, @1, $1), $2); }
    | NAME body
        {
            ast_call call = {.callee = $1};
            $$ = build_step_body(build_step(p->arena, @1, call), $2);
        }
    | NAME "=" call body
        { $$ = build_step_body(build_named(build_step(p->arena, span_join(@1, @3), $3), $1), $4); }
    | NAME "=" NAME body
        {
            ast_call call = {.callee = $3};
            $$ = build_step_body(build_named(build_step(p->arena, span_join(@1, @3), call), $1), $4);
        }
    ;

call
    : NAME "(" args ")"                         { $$ = build_call(p->diags, $1, $3, span_join(@2, @4)); }
    | call "(" args ")"                         { $$ = build_inputs(p->diags, $1, $3, span_join(@2, @4)); }
    ;

args
    : %empty                                    { $$ = (arg_list){0}; }
    | arg_items
    | arg_items ","
    ;

arg_items
    : arg                                       { $$ = build_arg_append((arg_list){0}, $1); }
    | arg_items "," arg                         { $$ = build_arg_append($1, $3); }
    ;

arg
    : expr                                      { $$ = build_arg(p->arena, @$, (ast_name){0}, $1); }
    | NAME "=" expr                             { $$ = build_arg(p->arena, @$, $1, $3); }
    ;

expr
    : NUMBER
    | STRING
    | TRUE                                      { $$ = build_bool(p->arena, @$, true); }
    | FALSE                                     { $$ = build_bool(p->arena, @$, false); }
    | NONE                                      { $$ = build_none(p->arena, @$); }
    | NAME                                      { $$ = build_name(p->arena, $1); }
    | call                                      { $$ = build_call_expr(p->arena, @$, $1); }
    | "(" expr ")"                              { $$ = $2; }
    | "(" ")"                                   { $$ = build_items(p->arena, @$, AST_TUPLE, (expr_list){0}); }
    | "(" expr "," ")"
        { $$ = build_items(p->arena, @$, AST_TUPLE, build_expr_append((expr_list){0}, $2)); }
    | "(" expr "," items ")"
        { $$ = build_items(p->arena, @$, AST_TUPLE, build_expr_prepend($2, $4)); }
    | "(" expr "," items "," ")"
        { $$ = build_items(p->arena, @$, AST_TUPLE, build_expr_prepend($2, $4)); }
    | "[" "]"                                   { $$ = build_items(p->arena, @$, AST_LIST, (expr_list){0}); }
    | "[" items "]"                             { $$ = build_items(p->arena, @$, AST_LIST, $2); }
    | "[" items "," "]"                         { $$ = build_items(p->arena, @$, AST_LIST, $2); }
    | expr "+" expr                             { $$ = build_binary(p->arena, @$, $1, AST_ADD, @2, $3); }
    | expr "-" expr                             { $$ = build_binary(p->arena, @$, $1, AST_SUBTRACT, @2, $3); }
    | expr "*" expr                             { $$ = build_binary(p->arena, @$, $1, AST_MULTIPLY, @2, $3); }
    | expr "/" expr                             { $$ = build_binary(p->arena, @$, $1, AST_DIVIDE, @2, $3); }
    | expr "**" expr                            { $$ = build_binary(p->arena, @$, $1, AST_POWER, @2, $3); }
    | expr "<" expr                             { $$ = build_binary(p->arena, @$, $1, AST_LESS, @2, $3); }
    | expr "<=" expr                            { $$ = build_binary(p->arena, @$, $1, AST_LESS_EQUAL, @2, $3); }
    | expr ">" expr                             { $$ = build_binary(p->arena, @$, $1, AST_GREATER, @2, $3); }
    | expr ">=" expr                            { $$ = build_binary(p->arena, @$, $1, AST_GREATER_EQUAL, @2, $3); }
    | "-" expr %prec SIGN                       { $$ = build_unary(p->arena, @$, AST_NEGATE, @1, $2); }
    | "+" expr %prec SIGN                       { $$ = build_unary(p->arena, @$, AST_PLUS, @1, $2); }
    ;

items
    : expr                                      { $$ = build_expr_append((expr_list){0}, $1); }
    | items "," expr                            { $$ = build_expr_append($1, $3); }
    ;

%%

static int yylex(YYSTYPE *value, YYLTYPE *at, parse_state *p)
{
    return token_next(p, value, at);
}

/* Called for a full stack only; the bound on the nesting comes first. */
static void yyerror(YYLTYPE *at, parse_state *p, const char *message)
{
    (void)message;
    diag_error(p->diags, *at, "nested more than %d deep", AST_MAX_NESTING);
}

/* @return YYMAXDEPTH entries, with the old ones, of size bytes, first */
static void *full_stack(arena *a, const void *stack, ptrdiff_t size, size_t entry)
{
    return memcpy(arena_array(a, YYMAXDEPTH, entry), stack, (size_t)size);
}

static int yyreport_syntax_error(const yypcontext_t *context, parse_state *p)
{
    enum { MOST = YYNTOKENS };
    yysymbol_kind_t kinds[MOST];
    const char *names[MOST];
    int count = yypcontext_expected_tokens(context, kinds, MOST);
    for (int i = 0; i < count; i++)
        names[i] = yysymbol_name(kinds[i]);
    message_unexpected(p, names, count > 0 ? count : 0);
    token_recover(p);
    return 0;
}

static void add_block(parse_state *p, ast_block *block)
{
    if (p->last_block == NULL)
        p->file->blocks = block;
    else
        p->last_block->next = block;
    p->last_block = block;
}

/* Parse p->source, which starts as p->start says; the results are left in p. */
static void parse(parse_state *p, arena *a, diag_list *d, const source *s, int start)
{
    p->arena = a;
    p->diags = d;
    p->source = s;
    p->start = start;
    p->is_definition = start == START_DEFINITION;
    p->is_formula = start == START_FORMULA;
    p->file = ARENA_NEW(a, ast_file);
    p->file->source = s;
    p->scanner = scan_open(p);
    yyparse(p);
    p->file->constants = p->constants.first;
}

ast_file *parse_file(arena *a, diag_list *d, const source *s)
{
    parse_state *p = ARENA_NEW(a, parse_state);
    parse(p, a, d, s, START_FILE);
    return p->file;
}

ast_stmt *parse_definition(arena *a, diag_list *d, const source *s)
{
    parse_state *p = ARENA_NEW(a, parse_state);
    int errors = d->errors;
    parse(p, a, d, s, START_DEFINITION);
    return d->errors == errors ? p->definition : NULL;
}

ast_stmt *parse_formula(arena *a, diag_list *d, const source *s)
{
    parse_state *p = ARENA_NEW(a, parse_state);
    int errors = d->errors;
    parse(p, a, d, s, START_FORMULA);
    return d->errors == errors ? p->formula.first : NULL;
}
