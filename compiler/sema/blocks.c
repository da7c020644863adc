/* The blocks of a file. */

#include "sema/stages.h"

static void report_repeated(sema_context *cx, const ast_block *b, const ast_block *first)
{
    diag_error(cx->diag, b->at, "the %s block is given twice", first->keyword.text);
    diag_note(cx->diag, first->at, "the first one is here");
}

/** One of data, model and train. */
static void take(sema_context *cx, const ast_block **place, const ast_block *b)
{
    if (b->has_params)
        diag_error(cx->diag, b->at, "the %s block takes no parameters", b->keyword.text);
    if (*place != NULL)
        report_repeated(cx, b, *place);
    else
        *place = b;
}

/** Words of the model block cannot be names of blocks: both begin a statement there. */
static bool is_taken(const char *name)
{
    return lang_find_exact(&lang_layers, name) != NULL || lang_find_exact(&lang_structures, name) != NULL;
}

static void take_user_block(sema_context *cx, const ast_block *b)
{
    if (b->title.text == NULL) {
        diag_error(cx->diag, b->at, "a block of layers needs a name (expected block NAME(...) { ... })");
        return;
    }
    const char *name = sema_quote(cx, b->title.text);
    if (is_taken(b->title.text)) {
        diag_error(cx->diag, b->title.at, "block \"%s\" has the name of a layer", name);
        return;
    }
    const sema_block *first = name_map_get(&cx->blocks, b->title.text);
    if (first != NULL) {
        diag_error(cx->diag, b->title.at, "block \"%s\" is given twice", name);
        diag_note(cx->diag, first->ast->title.at, "the first one is here");
        return;
    }
    sema_block *block = ARENA_NEW(cx->arena, sema_block);
    block->ast = b;
    name_map_put(&cx->blocks, b->title.text, block);
}

static void report_missing(sema_context *cx)
{
    const struct {
        const ast_block *block;
        const char *name;
    } needed[] = {{cx->data, "data"}, {cx->model, "model"}, {cx->train, "train"}};
    const span file = {cx->file->source, 0, 0};
    if (cx->data == NULL && cx->model == NULL && cx->train == NULL) {
        diag_error(cx->diag, file, "the file describes nothing (expected the blocks data, model and train)");
        return;
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (needed[i].block == NULL)
            diag_error(cx->diag, file, "missing block \"%s\" (expected data, model and train)", needed[i].name);
}

void sema_blocks(sema_context *cx)
{
    cx->blocks = name_map_new(cx->arena);
    for (const ast_block *b = cx->file->blocks; b != NULL; b = b->next) {
        const lang_entry *entry = lang_find(&lang_blocks, b->keyword.text);
        if (entry == NULL) {
            sema_unknown(cx, b->keyword.at, b->keyword.text, &lang_blocks);
            cx->incomplete = true; /* it may be the one that will be missing */
            continue;
        }
        switch ((lang_block)entry->id) {
        case LANG_BLOCK_DATA:
            take(cx, &cx->data, b);
            break;
        case LANG_BLOCK_MODEL:
            take(cx, &cx->model, b);
            break;
        case LANG_BLOCK_TRAIN:
            take(cx, &cx->train, b);
            break;
        case LANG_BLOCK_BLOCK:
            take_user_block(cx, b);
            break;
        case LANG_BLOCK_COUNT:
            break;
        }
    }
    if (!cx->incomplete)
        report_missing(cx);
}
