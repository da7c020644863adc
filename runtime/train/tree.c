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

mnn_forest mnn_forest_of(const mnn_division *d, int rank)
{
    mnn_forest f = {.count = 0};
    for (int shard = mnn_rank_begin(d, rank); shard < mnn_rank_begin(d, rank + 1); shard++) {
        f.part[f.count++] = (mnn_subtree){.first = shard, .count = 1};
        while (mnn_forest_can_join(&f))
            mnn_forest_join(&f);
    }
    return f;
}

bool mnn_cut_subtree(const mnn_division *d, int begin, int first, int count, int rows, mnn_cuts *cuts)
{
    const mnn_subtree p = {.first = first, .count = count};
    const int row = mnn_shard_begin(d, first, rows) - mnn_shard_begin(d, begin, rows);
    const int size = mnn_subtree_rows(d, &p, rows);
    if (size == 0)
        return false;
    if (count == 1) {
        cuts->cut[cuts->count++] = (mnn_cut){.shard = first - begin, .first = row, .rows = size};
        return true;
    }
    const bool left = mnn_cut_subtree(d, begin, first, count / 2, rows, cuts);
    const bool right = mnn_cut_subtree(d, begin, first + count / 2, count / 2, rows, cuts);
    cuts->cut[cuts->count - 1].adds += left && right;
    return true;
}

void mnn_tree_add(const mnn_division *d, const mnn_subtree *left, const mnn_subtree *right, int rows, int size)
{
    if (mnn_subtree_rows(d, right, rows) == 0)
        return;
    if (mnn_subtree_rows(d, left, rows) == 0)
        memcpy(left->grads, right->grads, (size_t)size * sizeof *left->grads);
    else
        for (int i = 0; i < size; i++)
            left->grads[i] += right->grads[i];
}

void mnn_tree_add_small(const mnn_division *d, const mnn_subtree *left, const mnn_subtree *right, int rows,
                        size_t count)
{
    const bool has_left = mnn_subtree_rows(d, left, rows) > 0, has_right = mnn_subtree_rows(d, right, rows) > 0;
    for (size_t i = 0; i < count && has_right; i++)
        left->small[i] = has_left ? left->small[i] + right->small[i] : right->small[i];
}
