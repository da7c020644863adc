/* The JSON header of a safetensors file, checked against what is expected. */
#include "io/safetensors_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "base/sha256.h"
#include "io/tensor_bytes.h"

/* The range of bytes of an expected tensor, for the check that they follow each other. */
typedef struct st_place {
    uint64_t begin, end;
    const char *name;
} st_place;

/* Whether jansson has been refused memory: it reports that as an error of the text, or continues with half a string. */
static _Thread_local bool refused;

static void *watched_malloc(size_t size)
{
    void *memory = malloc(size);
    if (!memory)
        refused = true;
    return memory;
}

/* json_loadb() that knows whether memory was refused; other users of jansson keep their functions. */
static json_t *load_watched(const char *text, size_t size, json_error_t *e, bool *out_of_memory)
{
    json_malloc_t old_malloc;
    json_free_t old_free;
    json_get_alloc_funcs(&old_malloc, &old_free);
    json_set_alloc_funcs(watched_malloc, free);
    refused = false;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, e);
    *out_of_memory = refused;
    json_set_alloc_funcs(old_malloc, old_free);
    return root;
}

mnn_status mnn_st_parse(mnn_st_header *h, const char *text, size_t size)
{
    json_error_t e;
    bool out_of_memory;
    h->root = load_watched(text, size, &e, &out_of_memory);
    if (out_of_memory)
        return mnn_fail_file(h->err, MNN_ENOMEM, h->path, "not enough memory for the header");
    if (!h->root) {
        char shown[sizeof e.text];
        const uint64_t at = MNN_ST_LENGTH_BYTES + (e.position > 0 ? (uint64_t)e.position : 0);
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, at, "safetensors header is not strict JSON (%s)",
                           mnn_printable(shown, sizeof shown, e.text));
    }
    if (!json_is_object(h->root))
        return mnn_fail_at(h->err, MNN_EFORMAT, h->path, MNN_ST_LENGTH_BYTES,
                           "safetensors header is not a JSON object");
    return MNN_OK;
}

/* --- one tensor ----------------------------------------------------------------------------------- */

/* A value as the file has it, cut to what a message can hold. */
static const char *shown_json(char *buffer, int size, const json_t *value)
{
    if (!value)
        return "nothing";
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    mnn_printable(buffer, size, text ? text : "?");
    free(text);
    return buffer;
}

static mnn_status tensor_error(const mnn_st_header *h, const mnn_st_tensor *tensor, const char *what, const json_t *got,
                               const char *expected)
{
    char name[MNN_NAME_SHOWN], value[MNN_NAME_SHOWN];
    return mnn_fail_file(h->err, MNN_EFORMAT, h->path, "tensor \"%s\": %s (got %s, expected %s)",
                         mnn_printable(name, sizeof name, tensor->name), what, shown_json(value, sizeof value, got),
                         expected);
}

static mnn_status check_dtype(const mnn_st_header *h, const mnn_st_tensor *tensor, const json_t *entry)
{
    const json_t *dtype = json_object_get(entry, "dtype");
    if (json_is_string(dtype) && strcmp(json_string_value(dtype), "F32") == 0)
        return MNN_OK;
    return tensor_error(h, tensor, "dtype", dtype, "\"F32\"");
}

static mnn_status check_shape(const mnn_st_header *h, const mnn_st_tensor *tensor, const json_t *entry)
{
    const json_t *shape = json_object_get(entry, "shape");
    bool same = json_is_array(shape) && json_array_size(shape) == (size_t)tensor->rank;
    for (int i = 0; i < tensor->rank && same; i++) {
        const json_t *dim = json_array_get(shape, (size_t)i);
        same = json_is_integer(dim) && json_integer_value(dim) == tensor->dims[i];
    }
    if (same)
        return MNN_OK;
    char text[160];
    size_t used = (size_t)snprintf(text, sizeof text, "[");
    for (int i = 0; i < tensor->rank && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i ? "," : "", tensor->dims[i]);
    if (used < sizeof text)
        snprintf(text + used, sizeof text - used, "]");
    return tensor_error(h, tensor, "shape", shape, text);
}

bool mnn_st_offset(const json_t *value, uint64_t limit, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return *out <= limit;
}

static mnn_status check_offsets(const mnn_st_header *h, const mnn_st_tensor *tensor, const json_t *entry,
                                st_place *place)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    char text[120];
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !mnn_st_offset(json_array_get(offsets, 0), h->data_size, &place->begin) ||
        !mnn_st_offset(json_array_get(offsets, 1), h->data_size, &place->end)) {
        snprintf(text, sizeof text, "two integers from 0 to %" PRIu64, h->data_size);
        return tensor_error(h, tensor, "data_offsets", offsets, text);
    }
    uint64_t bytes = 0;
    if (!mnn_tensor_bytes(tensor, &bytes))
        return mnn_fail_file(h->err, MNN_EINTERNAL, h->path, "tensor \"%s\" is expected without a proper shape",
                             tensor->name);
    if (place->end < place->begin || place->end - place->begin != bytes) {
        snprintf(text, sizeof text, "%" PRIu64 " bytes from begin to end", bytes);
        return tensor_error(h, tensor, "data_offsets", offsets, text);
    }
    place->name = tensor->name;
    return MNN_OK;
}

static mnn_status check_tensor(const mnn_st_header *h, const mnn_st_tensor *tensor, st_place *place)
{
    const json_t *entry = json_object_get(h->root, tensor->name);
    if (!json_is_object(entry))
        return tensor_error(h, tensor, "entry", entry, "an object with dtype, shape and data_offsets");
    mnn_status status = check_dtype(h, tensor, entry);
    if (status == MNN_OK)
        status = check_shape(h, tensor, entry);
    if (status == MNN_OK)
        status = check_offsets(h, tensor, entry, place);
    if (status == MNN_OK && json_object_size(entry) != 3)
        status = tensor_error(h, tensor, "entry", entry, "dtype, shape and data_offsets alone");
    return status;
}

/* --- all tensors ---------------------------------------------------------------------------------- */

static bool is_expected(const mnn_st_header *h, const char *name)
{
    for (int i = 0; i < h->expected_count; i++)
        if (strcmp(name, h->expected[i].name) == 0)
            return true;
    return false;
}

/* The first name in the file that is no expected tensor's, or NULL. */
static const char *first_extra(const mnn_st_header *h)
{
    for (void *i = json_object_iter(h->root); i; i = json_object_iter_next(h->root, i)) {
        const char *name = json_object_iter_key(i);
        if (strcmp(name, MNN_ST_METADATA) != 0 && !is_expected(h, name))
            return name;
    }
    return NULL;
}

static mnn_status check_names(const mnn_st_header *h)
{
    char name[MNN_NAME_SHOWN], other[MNN_NAME_SHOWN];
    const char *extra = first_extra(h);
    if (extra)
        mnn_printable(other, sizeof other, extra);
    for (int i = 0; i < h->expected_count; i++) {
        if (json_object_get(h->root, h->expected[i].name))
            continue;
        mnn_printable(name, sizeof name, h->expected[i].name);
        if (extra)
            return mnn_fail_file(h->err, MNN_EFORMAT, h->path,
                                 "weights of another model (got tensor \"%s\", expected \"%s\")", other, name);
        return mnn_fail_file(h->err, MNN_EFORMAT, h->path, "tensor \"%s\" is missing (expected %d tensors)", name,
                             h->expected_count);
    }
    if (extra)
        return mnn_fail_file(h->err, MNN_EFORMAT, h->path,
                             "tensor \"%s\" is not one of the model's (expected %d tensors)", other, h->expected_count);
    return MNN_OK;
}

static int by_place(const void *a, const void *b)
{
    const st_place *p = a, *q = b;
    if (p->begin != q->begin)
        return p->begin < q->begin ? -1 : 1;
    return p->end < q->end ? -1 : p->end > q->end;
}

/* Every byte after the header belongs to one tensor. */
static mnn_status check_places(const mnn_st_header *h, st_place *places)
{
    char name[MNN_NAME_SHOWN];
    if (h->expected_count > 1)
        qsort(places, (size_t)h->expected_count, sizeof *places, by_place);
    uint64_t end = 0;
    for (int i = 0; i < h->expected_count; i++) {
        if (places[i].begin != end)
            return mnn_fail_file(h->err, MNN_EFORMAT, h->path,
                                 "tensor \"%s\": data_offsets leave a gap or overlap (got a begin of %" PRIu64
                                 ", expected %" PRIu64 ")",
                                 mnn_printable(name, sizeof name, places[i].name), places[i].begin, end);
        end = places[i].end;
    }
    if (end != h->data_size)
        return mnn_fail_file(h->err, MNN_EFORMAT, h->path,
                             "%" PRIu64 " bytes follow the last tensor (expected the end of the file)",
                             h->data_size - end);
    return MNN_OK;
}

/* --- metadata ------------------------------------------------------------------------------------- */

const char *mnn_st_metadata(const mnn_st_header *h, const char *key)
{
    return json_string_value(json_object_get(json_object_get(h->root, MNN_ST_METADATA), key));
}

/* The tensor's name in a digest's key, or NULL. */
static const char *digest_of(const char *key)
{
    const size_t prefix = strlen(MNN_ST_DIGEST);
    return strncmp(key, MNN_ST_DIGEST, prefix) == 0 ? key + prefix : NULL;
}

/* Collect the entries without the digests.
 * @param digests  whether there are any */
static mnn_status collect_entries(const mnn_st_header *h, json_t *metadata, mnn_st_entry *entries, size_t *count,
                                  bool *digests)
{
    char shown[MNN_NAME_SHOWN];
    *count = 0;
    *digests = false;
    for (void *i = json_object_iter(metadata); i; i = json_object_iter_next(metadata, i)) {
        const mnn_st_entry entry = {json_object_iter_key(i), json_string_value(json_object_iter_value(i))};
        mnn_printable(shown, sizeof shown, entry.key);
        if (!entry.value)
            return mnn_fail_file(h->err, MNN_EFORMAT, h->path, "metadata \"%s\" is not a string", shown);
        if (digest_of(entry.key))
            *digests = true;
        else
            entries[(*count)++] = entry;
    }
    return MNN_OK;
}

static mnn_status check_digest_names(const mnn_st_header *h)
{
    char shown[MNN_NAME_SHOWN];
    json_t *metadata = json_object_get(h->root, MNN_ST_METADATA);
    for (void *i = json_object_iter(metadata); i; i = json_object_iter_next(metadata, i)) {
        const char *name = digest_of(json_object_iter_key(i));
        if (name && strcmp(name, MNN_ST_METADATA) != 0 && !is_expected(h, name))
            return mnn_fail_file(h->err, MNN_EFORMAT, h->path, "metadata \"%s\" belongs to no tensor",
                                 mnn_printable(shown, sizeof shown, json_object_iter_key(i)));
    }
    return MNN_OK;
}

mnn_status mnn_st_check_metadata(const mnn_st_header *h)
{
    json_t *metadata = json_object_get(h->root, MNN_ST_METADATA);
    if (!metadata)
        return MNN_OK;
    if (!json_is_object(metadata))
        return mnn_fail_file(h->err, MNN_EFORMAT, h->path, "\"" MNN_ST_METADATA "\" is not a JSON object");
    mnn_st_entry *entries = malloc((json_object_size(metadata) + 1) * sizeof *entries);
    if (!entries)
        return mnn_fail_file(h->err, MNN_ENOMEM, h->path, "not enough memory for the header");
    size_t count = 0;
    bool digests;
    mnn_status status = collect_entries(h, metadata, entries, &count, &digests);
    const char *expected = mnn_st_metadata(h, MNN_ST_DIGEST MNN_ST_METADATA);
    if (status == MNN_OK && expected) {
        char digest[MNN_SHA256_TEXT];
        mnn_digest_entries(entries, count, digest);
        if (strcmp(digest, expected) != 0)
            status = mnn_fail_file(h->err, MNN_EFORMAT, h->path, "metadata do not match their SHA-256");
    } else if (status == MNN_OK && digests) {
        status = mnn_fail_file(h->err, MNN_EFORMAT, h->path, "the metadata have no SHA-256, but tensors have");
    }
    free(entries);
    return status;
}

mnn_status mnn_st_check(const mnn_st_header *h, uint64_t *offsets)
{
    mnn_status status = check_names(h);
    if (status != MNN_OK)
        return status;
    st_place *places = calloc((size_t)h->expected_count + 1, sizeof *places);
    if (!places)
        return mnn_fail_file(h->err, MNN_ENOMEM, h->path, "not enough memory for the header");
    for (int i = 0; i < h->expected_count && status == MNN_OK; i++) {
        status = check_tensor(h, h->expected + i, places + i);
        offsets[i] = places[i].begin;
    }
    if (status == MNN_OK)
        status = check_places(h, places);
    free(places);
    if (status == MNN_OK)
        status = check_digest_names(h);
    return status == MNN_OK ? mnn_st_check_metadata(h) : status;
}

/* --- list ----------------------------------------------------------------------------------------- */

static mnn_status list_shape(const mnn_st_header *h, const char *name, const json_t *shape, int *dims)
{
    bool good = json_is_array(shape) && json_array_size(shape) <= MNN_ST_MAX_RANK;
    for (size_t d = 0; good && d < json_array_size(shape); d++) {
        const json_t *dim = json_array_get(shape, d);
        good = json_is_integer(dim) && json_integer_value(dim) >= 0 && json_integer_value(dim) <= INT32_MAX;
        dims[d] = good ? (int)json_integer_value(dim) : 0;
    }
    const mnn_st_tensor tensor = {.name = name};
    return good ? MNN_OK : tensor_error(h, &tensor, "shape", shape, "at most eight integers below 2^31");
}

/* One piece of memory: the list, then the dims, then the names. */
mnn_status mnn_st_list(const mnn_st_header *h, mnn_st_tensor **out, int *count)
{
    size_t bytes = 1;
    for (void *i = json_object_iter(h->root); i; i = json_object_iter_next(h->root, i))
        bytes += sizeof **out + MNN_ST_MAX_RANK * sizeof(int) + strlen(json_object_iter_key(i)) + 1;
    mnn_st_tensor *list = malloc(bytes);
    if (!list)
        return mnn_fail_memory(h->err, h->path, bytes);
    int *dims = (int *)(list + json_object_size(h->root));
    char *names = (char *)(dims + MNN_ST_MAX_RANK * json_object_size(h->root));
    mnn_status status = MNN_OK;
    *count = 0;
    for (void *i = json_object_iter(h->root); i && !status; i = json_object_iter_next(h->root, i)) {
        const char *name = json_object_iter_key(i);
        if (strcmp(name, MNN_ST_METADATA) == 0)
            continue;
        const json_t *shape = json_object_get(json_object_iter_value(i), "shape");
        status = list_shape(h, name, shape, dims);
        list[(*count)++] = (mnn_st_tensor){strcpy(names, name), (int)json_array_size(shape), dims, NULL};
        names += strlen(name) + 1;
        dims += MNN_ST_MAX_RANK;
    }
    if (status)
        free(list);
    else
        *out = list;
    return status;
}
