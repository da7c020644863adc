#include "train/tree.h"

#include <string.h>

bool mnn_forest_can_join(const mnn_forest *f)
{
    if (f->count < 2)
        return false;
    const mnn_subtree *left = &f->part[f->count - 2], *right = left + 1;
    return left->count == right->count && left->first % (2 * left->count) == 0;
}

void mnn_forest_join(mnn_forest *f)
{
    f->count--;
    f->part[f->count - 1].count *= 2;
}

mnn_forest mnn_forest_of(const mnn_division *d, int rank, int *most)
{
    mnn_forest f = {.count = 0};
    for (int shard = mnn_rank_begin(d, rank); shard < mnn_rank_begin(d, rank + 1); shard++) {
        f.part[f.count++] = (mnn_subtree){.first = shard, .count = 1};
        if (most && f.count > *most)
            *most = f.count;
        while (mnn_forest_can_join(&f))
            mnn_forest_join(&f);
    }
    return f;
}

void mnn_tree_add(const mnn_division *d, float *out, const mnn_subtree *left, const mnn_subtree *right, int rows,
                  int begin, int end)
{
    const int left_rows = mnn_subtree_rows(d, left, rows), right_rows = mnn_subtree_rows(d, right, rows);
    const size_t bytes = (size_t)(end - begin) * sizeof *out;
    if (left_rows > 0 && right_rows > 0)
        for (int i = begin; i < end; i++)
            out[i] = left->grads[i] + right->grads[i];
    else if (right_rows > 0 && out != right->grads)
        memcpy(out + begin, right->grads + begin, bytes);
    else if (left_rows > 0 && out != left->grads)
        memcpy(out + begin, left->grads + begin, bytes);
}

void mnn_tree_add_small(const mnn_division *d, const mnn_subtree *left, const mnn_subtree *right, int rows,
                        size_t count)
{
    const bool has_left = mnn_subtree_rows(d, left, rows) > 0, has_right = mnn_subtree_rows(d, right, rows) > 0;
    for (size_t i = 0; i < count && has_right; i++)
        left->small[i] = has_left ? left->small[i] + right->small[i] : right->small[i];
}
