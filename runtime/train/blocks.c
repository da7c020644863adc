#include "train/blocks.h"

enum { LINE = 16 /* floats of a cache line */ };

/* How the parameters are cut into pieces of which a block has whole ones. */
typedef struct pieces {
    int count;
    int size;       /* parameters per piece ... */
    bool by_tensor; /* ... the last one of every tensor has fewer */
} pieces;

static int divide_up(int a, int b)
{
    return a / b + (a % b != 0);
}

static pieces pieces_of(const mnn_model *model)
{
    int elements = model->param_count; /* of the update */
    for (int i = 0; i < model->step_count; i++)
        if (model->steps[i].phase == MNN_UPDATE)
            elements = model->steps[i].size;
    if (model->square_count == 0)
        return (pieces){divide_up(model->param_count, LINE), LINE, false};
    return (pieces){model->square_count, MNN_NORM_PIECE, elements != model->param_count};
}

/* The first parameter of a piece. */
static int offset_of(const mnn_model *model, const pieces *p, int piece)
{
    if (piece == p->count)
        return model->param_count;
    if (!p->by_tensor)
        return piece * p->size;
    const mnn_tensor *t = model->tensors;
    for (; !t->trainable || piece >= divide_up(t->size, p->size); t++)
        piece -= t->trainable ? divide_up(t->size, p->size) : 0;
    return t->offset + piece * p->size;
}

mnn_block mnn_block_of(const mnn_model *model, int ranks, int rank)
{
    const pieces p = pieces_of(model);
    const int first = (int)((int64_t)p.count * rank / ranks), last = (int)((int64_t)p.count * (rank + 1) / ranks);
    mnn_block b = {.begin = offset_of(model, &p, first), .end = offset_of(model, &p, last)};
    b.first = p.by_tensor ? first : b.begin;
    b.last = p.by_tensor ? last : b.end;
    if (model->square_count > 0) {
        b.first_square = first;
        b.last_square = last;
    }
    return b;
}
