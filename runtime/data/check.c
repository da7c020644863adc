#include "mnn/check.h"

#include <stdlib.h>

#include "data/dataset.h"

static bool is_there(const mnn_places *places, const char *path)
{
    char *found = NULL;
    const mnn_status status = path ? mnn_find(places, path, &found, NULL) : MNN_EIO;
    free(found);
    return status != MNN_EIO;
}

static int count_classes(const mnn_dataset *set)
{
    int largest = 0;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->labels.data[i] > largest)
            largest = set->labels.data[i];
    return largest + 1;
}

mnn_status mnn_check_files(const mnn_model *model, const mnn_files *files, int limit, mnn_checked *out, mnn_error *err)
{
    const mnn_places places = {NULL, mnn_search_path()};
    mnn_found found;
    mnn_dataset set;
    *out = (mnn_checked){.found = is_there(&places, files->images) || is_there(&places, files->labels)};
    if (!out->found)
        return MNN_OK;
    mnn_status status = mnn_find_pair(&places, files, &found, err);
    if (status)
        return status;
    status = mnn_dataset_load(model, &found, limit, &set, err);
    mnn_found_free(&found);
    if (status)
        return status;
    out->samples = set.count;
    out->classes = model->label_kind == MNN_LABEL_CLASS ? count_classes(&set) : 0;
    mnn_dataset_free(&set);
    return MNN_OK;
}
