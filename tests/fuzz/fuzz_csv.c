/* CSV tables: the first byte chooses the options of the source, the rest is the file. What is accepted must be whole:
 * as many finite inputs as rows times columns, and a label for each row. */
#define _GNU_SOURCE
#include "input.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "data/table.h"

static void check(const mnn_array *x, const mnn_array *y, const mnn_reading *r)
{
    must(x->rank == 2 && x->count == (size_t)x->dims[0] * x->dims[1] && x->count > 0, "the shape has the count");
    for (size_t i = 0; i < x->count; i++)
        must(isfinite(x->values[i]), "every input is there and finite");
    if (!r->labels)
        return;
    must(y->dims[0] == x->dims[0], "as many labels as rows");
    unsigned long sum = 0;
    for (size_t i = 0; i < y->count; i++)
        if (y->data)
            sum += y->data[i];
        else
            must(isfinite(y->values[i]), "every target is there and finite");
    must(sum <= 255 * y->count, "every label is there");
}

static void look(const mnn_reading *r)
{
    mnn_looked looked;
    mnn_error err = {""};
    if (mnn_table_look(r, &looked, &err) != MNN_OK)
        return;
    must(looked.columns > 0 && looked.classes <= MNN_CHECK_CLASSES, "columns and classes are counted");
    for (int i = 0; i < looked.columns && looked.names; i++)
        must(looked.names[i] != NULL, "every column has its name");
    mnn_looked_free(&looked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const by_name[] = {"target=y", "missing=0", NULL};
    static const char *const by_index[] = {"target_index=-1", "header=false", "decimal=,", "separator=;", NULL};
    static const char *const two[] = {"target_index=0", "target_index=1", "ignore_index=2", NULL};
    static const char *const *const options[] = {by_name, by_index, two, by_name + 2};
    if (size == 0)
        return 0;
    const input_file file = input_open(data + 1, size - 1);
    char path[sizeof file.path];
    strcpy(path, file.path);
    const mnn_source source = {.reader = "csv", .samples = path, .options = options[data[0] & 3]};
    const mnn_found found = {path, NULL};
    const mnn_reading r = {.source = &source,
                           .files = &found,
                           .labels = (data[0] & 3) != 3,
                           .classes = data[0] & 4,
                           .first = data[0] & 8 ? 2 : UINT32_MAX};
    mnn_array x = {0}, y = {0};
    mnn_error err = {""};
    const mnn_status status = mnn_table_read(&r, &x, &y, &err);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that table.h names");
    must(status == MNN_OK || strstr(err.text, path) != NULL, "the message names the file");
    if (status == MNN_OK)
        check(&x, &y, &r);
    mnn_array_free(&x);
    mnn_array_free(&y);
    look(&r);
    input_close(&file);
    return 0;
}
