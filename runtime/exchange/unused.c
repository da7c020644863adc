/* Tensors of a file that no tensor of the model takes. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/import.h"

/* Last parts of names of tensors that training needs and inference does not: PyTorch's count of batches in a batch
 * normalization, Keras's state of a random generator in a dropout. */
static const char *const counters[] = {"num_batches_tracked", "seed_generator_state"};

/* First parts of the names of Keras's optimizer state: "adam/iteration", "adam/dense_kernel_momentum". */
static const char *const optimizers[] = {"optimizer", "optimizer_variables",
                                         "sgd",       "rmsprop",
                                         "adam",      "adamw",
                                         "nadam",     "adamax",
                                         "adagrad",   "adadelta",
                                         "ftrl",      "lion"};

/* Last parts of the names of layers' tensors: a layer may be called like an optimizer. */
static const char *const roles[] = {"kernel",      "depthwise_kernel", "bias",         "gamma",      "beta", "weight",
                                    "moving_mean", "moving_variance",  "running_mean", "running_var"};

static bool is_one_of(const char *text, size_t length, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == length && memcmp(text, words[i], length) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(text, length, words) is_one_of(text, length, words, sizeof(words) / sizeof(*(words)))

bool mnn_foreign_is_state(const char *name)
{
    const size_t length = strcspn(name, ":");
    size_t last = length, first = strcspn(name, "./");
    while (last > 0 && name[last - 1] != '.' && name[last - 1] != '/')
        last--;
    if (IS_ONE_OF(name + last, length - last, counters))
        return true;
    if (last == 0 || IS_ONE_OF(name + last, length - last, roles))
        return false;
    size_t digits = first; /* "adam_1" */
    while (digits > 0 && isdigit((unsigned char)name[digits - 1]))
        digits--;
    if (digits > 0 && digits < first && name[digits - 1] == '_')
        first = digits - 1;
    return IS_ONE_OF(name, first, optimizers);
}

static bool is_used(const mnn_matches *m, const mnn_foreign_tensor *theirs)
{
    bool used = false;
    for (int i = 0; i < m->model->tensor_count && !used; i++)
        used = m->of[i].theirs == theirs;
    return used;
}

int mnn_unused(const mnn_matches *m, char *list, size_t size)
{
    enum { MOST = 8, NAME = 48 };
    int count = 0;
    size_t length = 0;
    list[0] = '\0';
    for (int i = 0; i < m->file->count; i++) {
        const mnn_foreign_tensor *t = &m->file->tensors[i];
        char name[NAME], shape[128];
        if (is_used(m, t) || mnn_foreign_is_state(t->name) || ++count > MOST || length >= size)
            continue;
        length += (size_t)snprintf(list + length, size - length, "%s%s %s", count > 1 ? ", " : "",
                                   mnn_printable(name, NAME, t->name), mnn_foreign_shape(shape, t->dims, t->rank));
    }
    if (count > MOST && length < size)
        snprintf(list + length, size - length, " and %d more", count - MOST);
    return count;
}
