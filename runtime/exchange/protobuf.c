#include "exchange/protobuf.h"

#include <stdlib.h>
#include <string.h>

/* How the value of a field is written. */
enum { VARINT = 0, LENGTH_DELIMITED = 2, FIXED32 = 5 };

/* @return room for size more bytes at the end, or NULL */
static unsigned char *grow(mnn_pb *m, size_t size)
{
    if (m->failed || size > SIZE_MAX / 2 - m->size) {
        m->failed = true;
        return NULL;
    }
    if (m->size + size > m->room) {
        const size_t room = 2 * (m->size + size) + 64;
        unsigned char *data = realloc(m->data, room);
        if (!data) {
            m->failed = true;
            return NULL;
        }
        m->data = data;
        m->room = room;
    }
    m->size += size;
    return m->data + m->size - size;
}

/* Seven bits a byte, the lowest first; the high bit says that another follows. */
static void add_varint(mnn_pb *m, uint64_t value)
{
    unsigned char bytes[10];
    size_t count = 0;
    for (; value > 127; value >>= 7)
        bytes[count++] = (unsigned char)(value & 127) | 128;
    bytes[count++] = (unsigned char)value;
    unsigned char *at = grow(m, count);
    if (at)
        memcpy(at, bytes, count);
}

static void begin_field(mnn_pb *m, unsigned number, unsigned type)
{
    if (m->count == m->field_room && !m->failed) {
        const size_t room = 2 * m->count + 8;
        mnn_pb_field *fields = realloc(m->fields, room * sizeof *fields);
        m->failed = !fields;
        if (fields) {
            m->fields = fields;
            m->field_room = room;
        }
    }
    if (!m->failed)
        m->fields[m->count++] = (mnn_pb_field){number, m->size, m->size};
    add_varint(m, (uint64_t)number << 3 | type);
}

static void end_field(mnn_pb *m)
{
    if (!m->failed)
        m->fields[m->count - 1].end = m->size;
}

void mnn_pb_int(mnn_pb *m, unsigned field, int64_t value)
{
    begin_field(m, field, VARINT);
    add_varint(m, (uint64_t)value);
    end_field(m);
}

void mnn_pb_float(mnn_pb *m, unsigned field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    begin_field(m, field, FIXED32);
    unsigned char *at = grow(m, sizeof bits);
    for (size_t i = 0; at && i < sizeof bits; i++)
        at[i] = (unsigned char)(bits >> (8 * i) & 255);
    end_field(m);
}

unsigned char *mnn_pb_bytes(mnn_pb *m, unsigned field, size_t size)
{
    begin_field(m, field, LENGTH_DELIMITED);
    add_varint(m, size);
    unsigned char *at = grow(m, size);
    end_field(m);
    return at;
}

void mnn_pb_text(mnn_pb *m, unsigned field, const char *text)
{
    const size_t length = strlen(text);
    unsigned char *at = mnn_pb_bytes(m, field, length);
    if (at)
        memcpy(at, text, length);
}

static int by_number(const void *a, const void *b)
{
    const mnn_pb_field *f = a, *g = b;
    if (f->number != g->number)
        return f->number < g->number ? -1 : 1;
    return (f->begin > g->begin) - (f->begin < g->begin);
}

void mnn_pb_message(mnn_pb *m, unsigned field, mnn_pb *inner)
{
    unsigned char *at = mnn_pb_bytes(m, field, inner->size);
    if (inner->count > 1)
        qsort(inner->fields, inner->count, sizeof *inner->fields, by_number);
    for (size_t i = 0; at && !inner->failed && i < inner->count; i++) {
        const mnn_pb_field *f = &inner->fields[i];
        memcpy(at, inner->data + f->begin, f->end - f->begin);
        at += f->end - f->begin;
    }
    m->failed = m->failed || inner->failed;
    mnn_pb_free(inner);
}

void mnn_pb_free(mnn_pb *m)
{
    free(m->data);
    free(m->fields);
    *m = (mnn_pb){0};
}
