#include "syntax/format.h"

#include <stdlib.h>
#include <string.h>

#include "syntax/format_expr.h"

/* The comments in the order of the text, to be found by place. */
typedef struct formatter {
    str *out;
    const ast_file *file;
    format_names names;
    const ast_comment **comments;
    size_t comment_count;
} formatter;

/* One line, or more, of a body: a comment, a statement or a block. */
typedef struct item {
    const ast_comment *comment;
    const ast_stmt *stmt;
    const ast_block *block;
    const ast_comment *trailing; /* after its last line */
    bool blank_before;
    int name_width; /* AST_SET: the "=" of neighbours are aligned */
} item;

typedef struct item_list {
    item *items;
    size_t count;
    size_t capacity;
} item_list;

/* A part of the text: a body, or the file. */
typedef struct extent {
    uint32_t begin;
    uint32_t end;
} extent;

static void format_body(formatter *f, const ast_stmt *body, span braces, uint32_t after, int indent);

/* ---- what the text looks like between the nodes */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Whether there is an empty line directly before an offset. */
static bool blank_line_before(const formatter *f, uint32_t place)
{
    const char *text = f->file->source->text;
    int newlines = 0;
    while (place > 0 && (is_blank(text[place - 1]) || text[place - 1] == '\n')) {
        newlines += text[place - 1] == '\n';
        place--;
    }
    return newlines >= 2;
}

/* Nothing but blanks, or the comma that some write after a statement. */
static bool only_blanks_between(const formatter *f, uint32_t begin, uint32_t end)
{
    const char *text = f->file->source->text;
    while (begin < end && (is_blank(text[begin]) || text[begin] == ',' || text[begin] == ';'))
        begin++;
    return begin == end;
}

/* The first comment that begins at an offset or after it. */
static size_t comment_from(const formatter *f, uint32_t place)
{
    size_t low = 0;
    size_t high = f->comment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->comments[middle]->at.begin < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The comment after something on its last line, or NULL. */
static const ast_comment *comment_behind(const formatter *f, uint32_t end)
{
    size_t i = comment_from(f, end);
    if (i < f->comment_count && only_blanks_between(f, end, f->comments[i]->at.begin))
        return f->comments[i];
    return NULL;
}

/* ---- items: statements and comments in order, each comment once */

/* Make space for count more; the memory that the arena gave before is lost, so a large block is allocated at once. */
static void reserve_items(formatter *f, item_list *list, size_t more)
{
    if (more <= list->capacity - list->count)
        return;
    size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
    if (capacity < list->count + more)
        capacity = list->count + more;
    item *items = arena_array(f->out->arena, capacity, sizeof *items);
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    list->capacity = capacity;
}

static item *add_item(formatter *f, item_list *list)
{
    reserve_items(f, list, 1);
    return &list->items[list->count++];
}

/* Add the comments that begin in [from, to) as lines of their own; @return how many. */
static size_t add_comments(formatter *f, item_list *list, uint32_t from, uint32_t to)
{
    const size_t first = comment_from(f, from), end = comment_from(f, to);
    if (end <= first)
        return 0;
    reserve_items(f, list, end - first);
    for (size_t i = first; i < end; i++) {
        bool blank = blank_line_before(f, f->comments[i]->at.begin);
        *add_item(f, list) = (item){.comment = f->comments[i], .blank_before = blank};
    }
    return end - first;
}

/* Add a statement or a block with the comments before it and in it. A comment between its arguments
 * moves to a line before it.
 *  head  from its first byte to its brace, or its last byte
 *  end   after its closing brace, or head.end
 *  @return where the text goes on */
static uint32_t add_node(formatter *f, item_list *list, uint32_t from, item node, extent head, uint32_t end)
{
    add_comments(f, list, from, head.begin);
    bool blank = blank_line_before(f, head.begin);
    size_t before = list->count;
    if (add_comments(f, list, head.begin, head.end) > 0) {
        list->items[before].blank_before = blank;
        for (size_t i = before + 1; i < list->count; i++)
            list->items[i].blank_before = false;
        blank = false;
    }
    node.blank_before = blank;
    node.trailing = comment_behind(f, end);
    *add_item(f, list) = node;
    return node.trailing != NULL ? node.trailing->at.end : end;
}

static uint32_t add_stmt(formatter *f, item_list *list, uint32_t from, const ast_stmt *s)
{
    if (s->moved) {
        *add_item(f, list) = (item){.stmt = s};
        return from;
    }
    extent head = {s->at.begin, s->has_body ? s->braces.begin : s->at.end};
    const uint32_t end = s->has_else ? s->else_braces.end : s->has_body ? s->braces.end : s->at.end;
    return add_node(f, list, from, (item){.stmt = s}, head, end);
}

static uint32_t add_block(formatter *f, item_list *list, uint32_t from, const ast_block *b)
{
    extent head = {b->at.begin, b->braces.begin};
    return add_node(f, list, from, (item){.block = b}, head, b->braces.end);
}

/* ---- looks that depend on the neighbours */

static bool is_set(const item *i)
{
    return i->stmt != NULL && i->stmt->kind == AST_SET;
}

/* Settings that follow each other without an empty line or a comment between are one column. */
static void align_settings(item_list *list)
{
    size_t i = 0;
    while (i < list->count) {
        size_t end = i;
        size_t widest = 0;
        while (end < list->count && is_set(&list->items[end]) && (end == i || !list->items[end].blank_before)) {
            size_t width = strlen(list->items[end].stmt->name.text);
            if (width <= FORMAT_WIDTH / 4 && width > widest)
                widest = width;
            end++;
        }
        for (size_t k = i; k < end; k++)
            list->items[k].name_width = (int)widest;
        i = end > i ? end : i + 1;
    }
}

/* One empty line around each block; the comment lines directly above a block belong to it. */
static void separate_blocks(item_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].block == NULL)
            continue;
        size_t first = i;
        while (first > 0 && !list->items[first].blank_before && list->items[first - 1].comment != NULL)
            first--;
        list->items[first].blank_before = true;
        if (i + 1 < list->count)
            list->items[i + 1].blank_before = true;
    }
}

/* ---- writing */

static void write_comment(formatter *f, const ast_comment *comment)
{
    const char *text = comment->at.source->text + comment->at.begin;
    const size_t sign = text[0] == '#' ? 1 : 2;
    str_add_char(f->out, '#');
    str_add_n(f->out, text + sign, comment->at.end - comment->at.begin - sign);
}

static void write_stmt(formatter *f, const item *i, int indent)
{
    const ast_stmt *s = i->stmt;
    if (s->kind == AST_SET) {
        size_t begin = f->out->length;
        str_printf(f->out, "%-*s = ", i->name_width, s->name.text);
        int column = indent + (int)(f->out->length - begin);
        format_expr(f->out, &f->names, s->value, indent, column, 0);
        return;
    }
    const size_t begin = f->out->length;
    if (s->name.text != NULL)
        str_printf(f->out, "%s = ", s->name.text);
    format_call(f->out, &f->names, &s->call, indent, indent + (int)(f->out->length - begin), s->has_body ? 2 : 0);
    if (s->has_body)
        format_body(f, s->body, s->braces, s->braces.begin, indent);
    if (s->has_else) {
        str_add(f->out, " else");
        format_body(f, s->otherwise, s->else_braces, s->braces.end, indent);
    }
}

static void write_block(formatter *f, const ast_block *b)
{
    size_t begin = f->out->length;
    str_add(f->out, format_name(&f->names, b->keyword.text));
    if (b->title.text != NULL)
        str_printf(f->out, " %s", b->title.text);
    if (b->has_params)
        format_args(f->out, &f->names, b->params, 0, (int)(f->out->length - begin), 2);
    format_body(f, b->body, b->braces, b->braces.begin, 0);
}

static void write_items(formatter *f, const item_list *list, int indent)
{
    for (size_t n = 0; n < list->count; n++) {
        const item *i = &list->items[n];
        if (i->blank_before && n > 0)
            str_add_char(f->out, '\n');
        str_printf(f->out, "%*s", indent, "");
        if (i->comment != NULL)
            write_comment(f, i->comment);
        else if (i->block != NULL)
            write_block(f, i->block);
        else
            write_stmt(f, i, indent);
        if (i->trailing != NULL) {
            str_add(f->out, "  ");
            write_comment(f, i->trailing);
        }
        str_add_char(f->out, '\n');
    }
}

/* Comments from `after` to the opening brace become the first lines. */
static void format_body(formatter *f, const ast_stmt *body, span braces, uint32_t after, int indent)
{
    str_add(f->out, " {");
    uint32_t from = braces.begin + 1;
    const ast_comment *behind = comment_behind(f, from);
    if (behind != NULL) {
        str_add(f->out, "  ");
        write_comment(f, behind);
        from = behind->at.end;
    }
    str_add_char(f->out, '\n');
    item_list list = {0};
    add_comments(f, &list, after, braces.begin);
    for (const ast_stmt *s = body; s != NULL; s = s->next)
        from = add_stmt(f, &list, from, s);
    add_comments(f, &list, from, braces.end);
    align_settings(&list);
    write_items(f, &list, indent + FORMAT_INDENT);
    str_printf(f->out, "%*s}", indent, "");
}

/* ---- the file */

static void collect_comments(formatter *f)
{
    for (const ast_comment *c = f->file->comments; c != NULL; c = c->next)
        f->comment_count++;
    f->comments = arena_array(f->out->arena, f->comment_count, sizeof *f->comments);
    size_t i = 0;
    for (const ast_comment *c = f->file->comments; c != NULL; c = c->next)
        f->comments[i++] = c;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/** Add a name, if there is one, to the list, which has space for as many as the next power of two. */
static void own_name(formatter *f, const ast_name *name)
{
    const size_t count = f->names.own_count;
    if (name->text == NULL)
        return;
    if ((count & (count - 1)) == 0) {
        const char **more = arena_array(f->out->arena, 2 * count + 1, sizeof *more);
        for (size_t i = 0; i < count; i++)
            more[i] = f->names.own[i];
        f->names.own = more;
    }
    f->names.own[f->names.own_count++] = name->text;
}

/** Add the names of results. */
static void own_results(formatter *f, const ast_stmt *body)
{
    for (const ast_stmt *s = body; s != NULL; s = s->next) {
        if (s->kind == AST_STEP)
            own_name(f, &s->name);
        own_results(f, s->body);
        own_results(f, s->otherwise);
    }
}

/* Constants, blocks, parameters and results: a constant called as a layer is stays what it is. */
static void collect_own_names(formatter *f)
{
    for (const ast_stmt *s = f->file->constants; s != NULL; s = s->next)
        own_name(f, &s->name);
    for (const ast_block *b = f->file->blocks; b != NULL; b = b->next) {
        own_name(f, &b->title);
        for (const ast_arg *p = b->params; p != NULL; p = p->next)
            own_name(f, &p->name);
        own_results(f, b->body);
    }
    if (f->names.own_count > 0)
        qsort(f->names.own, f->names.own_count, sizeof *f->names.own, compare_texts);
}

void format_file(str *out, const ast_file *file, format_canonical *canonical)
{
    formatter f = {.out = out, .file = file, .names = {.canonical = canonical}};
    str_add(out, "");
    collect_comments(&f);
    collect_own_names(&f);
    item_list list = {0};
    uint32_t from = 0;
    const ast_stmt *constant = file->constants;
    const ast_block *block = file->blocks;
    while (constant != NULL || block != NULL) {
        if (block == NULL || (constant != NULL && constant->at.begin < block->at.begin)) {
            from = add_stmt(&f, &list, from, constant);
            constant = constant->next;
        } else {
            from = add_block(&f, &list, from, block);
            block = block->next;
        }
    }
    add_comments(&f, &list, from, (uint32_t)file->source->size);
    align_settings(&list);
    separate_blocks(&list);
    write_items(&f, &list, 0);
}
