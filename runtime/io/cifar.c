/* See cifar.h. */
#define _POSIX_C_SOURCE 200809L

#include "io/cifar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/report.h"
#include "io/stream.h"

enum { SIDE = 32, PLANE = SIDE * SIDE, CHANNELS = 3, IMAGE = PLANE * CHANNELS, MOST_LABELS = 2, FIRST_ROOM = 1024 };

/* A part while its files are read. */
typedef struct reading {
    const mnn_cifar *part;
    uint32_t most, count, room;
    uint8_t *images, *labels;
    uint32_t image_sum, label_sum;
    mnn_error *err;
} reading;

/* Plain, or compressed if only that is there. */
static mnn_status open_file(const reading *r, const char *name, char *path, size_t size, mnn_stream *s)
{
    if ((size_t)snprintf(path, size, "%s/%s", r->part->folder, name) >= size - 4)
        return mnn_fail_file(r->err, MNN_EIO, r->part->folder, "the path is too long");
    if (access(path, F_OK) != 0) {
        snprintf(path, size, "%s/%s.gz", r->part->folder, name);
        if (access(path, F_OK) != 0)
            snprintf(path, size, "%s/%s", r->part->folder, name); /* which is named as missing */
    }
    return mnn_stream_open(s, path, "CIFAR", r->err);
}

static mnn_status grow(reading *r)
{
    const uint32_t room = r->room ? 2 * r->room : FIRST_ROOM;
    uint8_t *images = realloc(r->images, (size_t)room * IMAGE);
    if (!images)
        return mnn_fail_memory(r->err, r->part->folder, (uint64_t)room * IMAGE);
    r->images = images;
    uint8_t *labels = realloc(r->labels, room);
    if (!labels)
        return mnn_fail_memory(r->err, r->part->folder, room);
    r->labels = labels;
    r->room = room;
    return MNN_OK;
}

/* Planes become pixels. */
static void take(reading *r, const uint8_t *record, size_t labels)
{
    const uint8_t *planes = record + labels, *label = record + (r->part->hundred && !r->part->coarse ? 1 : 0);
    uint8_t *image = r->images + (size_t)r->count * IMAGE;
    for (size_t i = 0; i < PLANE; i++)
        for (size_t k = 0; k < CHANNELS; k++)
            image[i * CHANNELS + k] = planes[k * PLANE + i];
    r->image_sum = (uint32_t)crc32_z(r->image_sum, planes, IMAGE);
    r->label_sum = (uint32_t)crc32_z(r->label_sum, label, 1);
    r->labels[r->count++] = *label;
}

static mnn_status read_records(reading *r, mnn_stream *s)
{
    uint8_t record[MOST_LABELS + IMAGE];
    const size_t labels = r->part->hundred ? 2 : 1, size = labels + IMAGE;
    for (uint64_t n = 0; r->count < r->most; n++) {
        size_t got = 0;
        mnn_status status = mnn_stream_read(s, record, size, &got, r->err);
        if (status || got == 0)
            return status;
        if (got < size)
            return mnn_fail_at(r->err, MNN_EFORMAT, s->path, n * size + got,
                               "file ends in record %" PRIu64 " (got %zu bytes, expected %zu)", n, got, size);
        if (r->count == r->room)
            status = grow(r);
        if (status)
            return status;
        take(r, record, labels);
    }
    return MNN_OK;
}

static mnn_status read_file(reading *r, const char *name)
{
    char path[4096];
    mnn_stream s;
    mnn_status status = open_file(r, name, path, sizeof path, &s);
    if (status)
        return status;
    status = read_records(r, &s);
    mnn_stream_close(&s);
    return status;
}

static mnn_status read_part(reading *r)
{
    char name[32];
    if (r->part->hundred)
        return read_file(r, r->part->test ? "test.bin" : "train.bin");
    if (r->part->test)
        return read_file(r, "test_batch.bin");
    mnn_status status = MNN_OK;
    for (int i = 1; i <= 5 && !status && r->count < r->most; i++) {
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        status = read_file(r, name);
    }
    return status;
}

mnn_status mnn_cifar_load(const mnn_cifar *part, uint32_t most, mnn_array *images, mnn_array *labels, mnn_error *err)
{
    reading r = {.part = part, .most = most, .err = err};
    const mnn_status status = read_part(&r);
    if (status) {
        free(r.images);
        free(r.labels);
        return status;
    }
    *images = (mnn_array){.rank = 4,
                          .dims = {r.count, SIDE, SIDE, CHANNELS},
                          .total = r.count,
                          .count = (size_t)r.count * IMAGE,
                          .data = r.images,
                          .checksum = r.image_sum};
    const mnn_array all = {
        .rank = 1, .dims = {r.count}, .total = r.count, .count = r.count, .data = r.labels, .checksum = r.label_sum};
    if (labels)
        *labels = all;
    else
        free(r.labels);
    return MNN_OK;
}
