/* Tensors of PyTorch and Keras by their names. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "exchange/import.h"

/* The roles of the last part of their names; the first row that fits a tensor of the layer counts. */
typedef struct role {
    const char *theirs, *ours;
} role;

static const role pytorch_roles[] = {
    {"weight", "kernel"},
    {"weight", "gamma"},
    {"bias", "bias"},
    {"bias", "beta"},
    {"running_mean", "moving_mean"},
    {"running_var", "moving_variance"},
    {NULL, NULL},
};

static const role keras_roles[] = {
    {"kernel", "kernel"},
    {"depthwise_kernel", "kernel"},
    {"bias", "bias"},
    {"gamma", "gamma"},
    {"beta", "beta"},
    {"moving_mean", "moving_mean"},
    {"moving_variance", "moving_variance"},
    {NULL, NULL},
};

/* A name in two parts: "conv1", "weight". ":0" after it, as TensorFlow writes it, does not count. */
typedef struct part {
    size_t group; /* length of the first */
    const char *role;
    size_t role_length;
} part;

static part split(const char *name)
{
    const size_t length = strcspn(name, ":");
    size_t at = length;
    while (at > 0 && name[at - 1] != '.' && name[at - 1] != '/')
        at--;
    return (part){at > 0 ? at - 1 : 0, name + at, length - at};
}

static bool is_role(const part *p, const char *word)
{
    return strlen(word) == p->role_length && memcmp(p->role, word, p->role_length) == 0;
}

static bool same_group(const char *a, const char *b)
{
    const size_t length = split(a).group;
    return length == split(b).group && memcmp(a, b, length) == 0;
}

/* A piece of a name. */
typedef struct piece {
    const char *text;
    size_t length;
} piece;

static size_t digits(const piece *p)
{
    size_t n = 0;
    while (n < p->length && isdigit((unsigned char)p->text[n]))
        n++;
    return n;
}

static void skip(piece *p, size_t n)
{
    p->text += n;
    p->length -= n;
}

static void skip_zeros(piece *p)
{
    while (p->length > 1 && p->text[0] == '0' && isdigit((unsigned char)p->text[1]))
        skip(p, 1);
}

/* Like strcmp(), but numbers go by their value: "2" before "10". */
static int compare(piece a, piece b)
{
    while (a.length > 0 && b.length > 0) {
        if (digits(&a) > 0 && digits(&b) > 0) {
            skip_zeros(&a);
            skip_zeros(&b);
            const size_t m = digits(&a), n = digits(&b);
            const int order = m != n ? (m < n ? -1 : 1) : memcmp(a.text, b.text, m);
            if (order)
                return order;
            skip(&a, m);
            skip(&b, n);
        } else if (*a.text != *b.text) {
            return (unsigned char)*a.text < (unsigned char)*b.text ? -1 : 1;
        } else {
            skip(&a, 1);
            skip(&b, 1);
        }
    }
    return (a.length > 0) - (b.length > 0);
}

/* By group, so that the tensors of one are adjacent; groups that differ in zeros alone ("01", "1") are distinct. */
static int by_group(const void *a, const void *b)
{
    const char *p = (*(const mnn_foreign_tensor *const *)a)->name, *q = (*(const mnn_foreign_tensor *const *)b)->name;
    const size_t m = split(p).group, n = split(q).group;
    int order = compare((piece){p, m}, (piece){q, n});
    if (order == 0 && !same_group(p, q))
        order = m != n ? (m < n ? -1 : 1) : memcmp(p, q, m);
    return order ? order : strcmp(p, q);
}

/* --- one layer -------------------------------------------------------------------------------------- */

typedef struct matcher {
    mnn_matches *m;
    mnn_origin_kind kind;
    const mnn_foreign_tensor **sorted; /* [file->count], by group */
    bool *taken;                       /* [file->count] */
    int *next;                         /* [tensor_count]: the next tensor of the same layer; -1: none */
} matcher;

static const char *our_role(const mnn_model *model, int tensor)
{
    return strrchr(model->tensors[tensor].name, '.') + 1;
}

/* The name of a tensor's layer. */
static piece layer_name(const mnn_model *model, int tensor)
{
    const char *name = model->tensors[tensor].name;
    return (piece){name, (size_t)(strrchr(name, '.') - name)};
}

static bool same_layer(const mnn_model *model, int a, int b)
{
    const piece p = layer_name(model, a), q = layer_name(model, b);
    return p.length == q.length && memcmp(p.text, q.text, p.length) == 0;
}

/* Whether a tensor of theirs can be one of ours by its role. */
static bool has_role(const matcher *x, const mnn_foreign_tensor *theirs, int tensor)
{
    const role *roles = x->kind == MNN_FROM_PYTORCH ? pytorch_roles : keras_roles;
    const part p = split(theirs->name);
    bool named = false;
    for (; roles->theirs; roles++)
        named = named || (is_role(&p, roles->theirs) && strcmp(roles->ours, our_role(x->m->model, tensor)) == 0);
    return named;
}

/* ... and by its shape, too. */
static bool fits(const matcher *x, const mnn_foreign_tensor *theirs, int tensor)
{
    int64_t dims[MNN_FOREIGN_RANK];
    const int rank = mnn_their_shape(x->m->model, tensor, x->kind == MNN_FROM_PYTORCH, dims);
    if (!has_role(x, theirs, tensor) || theirs->rank != rank)
        return false;
    for (int i = 0; i < rank; i++)
        if (theirs->dims[i] != dims[i])
            return false;
    return true;
}

/* One past the last tensor of the group that begins at first. */
static int group_end(const matcher *x, int first)
{
    int end = first + 1;
    while (end < x->m->file->count && same_group(x->sorted[end]->name, x->sorted[first]->name))
        end++;
    return end;
}

/* Whether a tensor of theirs is like one of ours. */
typedef bool likeness(const matcher *x, const mnn_foreign_tensor *theirs, int ours);

/* The tensor of a group that is like one of ours.
 * @return its index in sorted, or -1 */
static int find_in_group(const matcher *x, int first, int tensor, likeness *is_like)
{
    for (int i = first, end = group_end(x, first); i < end; i++)
        if (!x->taken[i] && is_like(x, x->sorted[i], tensor))
            return i;
    return -1;
}

/* A layer of the model is its first tensor and those that follow it in the matcher's list. */
static int count_tensors(const matcher *x, int layer)
{
    int count = 0;
    for (int tensor = layer; tensor >= 0; tensor = x->next[tensor])
        count++;
    return count;
}

/* Whether a group has everything that the layer needs, and nothing that it does not have: a bias too many means another
 * layer. */
static bool group_fits(const matcher *x, int first, int layer)
{
    int there = 0;
    for (int tensor = layer; tensor >= 0; tensor = x->next[tensor])
        if (find_in_group(x, first, tensor, fits) < 0)
            return false;
    for (int i = first, end = group_end(x, first); i < end; i++)
        there += !mnn_foreign_is_state(x->sorted[i]->name);
    return there == count_tensors(x, layer);
}

/* Whether a group is called like a layer, or ends so: "model/conv2d". */
static bool is_named(const matcher *x, int first, int layer)
{
    const char *name = x->sorted[first]->name;
    const piece own = layer_name(x->m->model, layer);
    const size_t group = split(name).group;
    if (group < own.length || memcmp(name + group - own.length, own.text, own.length) != 0)
        return false;
    return group == own.length || name[group - own.length - 1] == '/' || name[group - own.length - 1] == '.';
}

/* The first tensor of the group for a layer: of the group with its name, else of the first that fits; -1: none.
 * @param others  how many more would fit */
static int find_group(const matcher *x, int layer, int *others)
{
    int found = -1;
    *others = 0;
    for (int i = 0; i < x->m->file->count; i = group_end(x, i)) {
        if (!group_fits(x, i, layer))
            continue;
        if (is_named(x, i, layer)) {
            *others = 0;
            return i;
        }
        *others += found >= 0;
        found = found >= 0 ? found : i;
    }
    return found;
}

/* How many of a layer's tensors have a counterpart by role in a group. */
static int count_roles(const matcher *x, int first, int layer)
{
    int count = 0;
    for (int tensor = layer; tensor >= 0; tensor = x->next[tensor])
        count += find_in_group(x, first, tensor, has_role) >= 0;
    return count;
}

/* The group that a layer without a match was most likely meant to take: that of its own name, else the first by names
 * with its kinds of tensors; -1: there is none. */
static int nearest_group(const matcher *x, int layer, bool *by_name)
{
    int found = -1;
    *by_name = false;
    for (int i = 0; i < x->m->file->count; i = group_end(x, i)) {
        const int count = count_roles(x, i, layer);
        if (count > 0 && is_named(x, i, layer)) {
            *by_name = true;
            return i;
        }
        if (found < 0 && count == count_tensors(x, layer))
            found = i;
    }
    return found;
}

/* Say of the first tensor of a layer that has no counterpart in a group, or one of another shape, what is there and
 * what was expected; or of the group that it has a tensor too many. */
static mnn_status explain(const matcher *x, int group, int layer, bool by_name, mnn_error *err)
{
    const mnn_model *model = x->m->model;
    const piece own = layer_name(x->m->model, layer);
    const char *rule = by_name ? "by its name" : "as the first by name order";
    char name[MNN_NAME_SHOWN], got[128], expected[MNN_EXPECTED_TEXT];
    for (int tensor = layer; tensor >= 0; tensor = x->next[tensor]) {
        const mnn_tensor *ours = &model->tensors[tensor];
        const int at = find_in_group(x, group, tensor, has_role);
        mnn_expected_shape(model, tensor, x->kind == MNN_FROM_PYTORCH, expected);
        if (at >= 0 && fits(x, x->sorted[at], tensor))
            continue;
        mnn_printable(name, sizeof name, x->sorted[at >= 0 ? at : group]->name);
        if (at < 0)
            return mnn_fail_file(err, MNN_EFORMAT, x->m->file->path,
                                 "no tensor next to \"%s\" for \"%s\" (expected %s; layer \"%.*s\" was matched %s)\n"
                                 "hint: --map FILE assigns tensors one by one",
                                 name, ours->name, expected, (int)own.length, own.text, rule);
        return mnn_fail_file(err, MNN_EFORMAT, x->m->file->path,
                             "tensor \"%s\" does not fit \"%s\" (got %s, expected %s; layer \"%.*s\" was matched %s)\n"
                             "hint: --map FILE assigns tensors one by one",
                             name, ours->name, mnn_foreign_shape(got, x->sorted[at]->dims, x->sorted[at]->rank),
                             expected, (int)own.length, own.text, rule);
    }
    mnn_printable(name, sizeof name, x->sorted[group]->name);
    return mnn_fail_file(err, MNN_EFORMAT, x->m->file->path,
                         "more tensors next to \"%s\" than layer \"%.*s\" has (expected %d; matched %s)\n"
                         "hint: --map FILE assigns tensors one by one",
                         name, (int)own.length, own.text, count_tensors(x, layer), rule);
}

static mnn_status no_group(const matcher *x, int layer, mnn_error *err)
{
    bool by_name;
    const piece own = layer_name(x->m->model, layer);
    const int group = nearest_group(x, layer, &by_name);
    if (group >= 0)
        return explain(x, group, layer, by_name, err);
    return mnn_fail_file(err, MNN_EFORMAT, x->m->file->path,
                         "no tensors with names and shapes for layer \"%.*s\" of the model \"%s\"\n"
                         "hint: --map FILE assigns tensors one by one",
                         (int)own.length, own.text, x->m->model->name);
}

static mnn_status match_layer(matcher *x, int layer, mnn_error *err)
{
    int others;
    const bool pytorch = x->kind == MNN_FROM_PYTORCH;
    const int group = find_group(x, layer, &others);
    if (group < 0)
        return no_group(x, layer, err);
    x->m->ambiguous += others > 0;
    for (int tensor = layer; tensor >= 0; tensor = x->next[tensor]) {
        const mnn_tensor *ours = &x->m->model->tensors[tensor];
        const int at = find_in_group(x, group, tensor, fits);
        x->m->of[tensor] = (mnn_match){
            .theirs = x->sorted[at], .transpose = pytorch && ours->rank > 1, .chw = pytorch && ours->layout.image[0]};
        x->taken[at] = true;
    }
    return MNN_OK;
}

/* Link each tensor to the next of its layer; a layer's state may come long after its parameters.
 * @return next, [tensor_count] with -1 at each layer's end, or NULL */
static int *link_tensors(const mnn_model *model)
{
    int *next = malloc(((size_t)model->tensor_count + 1) * sizeof *next);
    for (int i = 0; next && i < model->tensor_count; i++) {
        int before = i - 1;
        while (before >= 0 && !same_layer(model, before, i))
            before--;
        if (before >= 0)
            next[before] = i;
        next[i] = -1;
    }
    return next;
}

mnn_status mnn_match_by_names(mnn_matches *m, mnn_origin_kind kind, mnn_error *err)
{
    const size_t count = (size_t)m->file->count;
    matcher x = {m, kind, malloc((count + 1) * sizeof *x.sorted), calloc(count + 1, sizeof *x.taken),
                 link_tensors(m->model)};
    mnn_status status = x.sorted && x.taken && x.next ? MNN_OK : mnn_fail(err, MNN_ENOMEM, "out of memory");
    for (size_t i = 0; i < count && !status; i++)
        x.sorted[i] = &m->file->tensors[i];
    if (!status && count > 1)
        qsort(x.sorted, count, sizeof *x.sorted, by_group);
    for (int i = 0; i < m->model->tensor_count && !status; i++)
        if (!m->of[i].theirs) /* the first of its layer */
            status = match_layer(&x, i, err);
    free(x.sorted);
    free(x.taken);
    free(x.next);
    return status;
}
