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

static void add_tag(mnn_pb *m, unsigned field, unsigned type)
{
    add_varint(m, (uint64_t)field << 3 | type);
}

void mnn_pb_int(mnn_pb *m, unsigned field, int64_t value)
{
    add_tag(m, field, VARINT);
    add_varint(m, (uint64_t)value);
}

void mnn_pb_float(mnn_pb *m, unsigned field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_tag(m, field, FIXED32);
    unsigned char *at = grow(m, sizeof bits);
    for (size_t i = 0; at && i < sizeof bits; i++)
        at[i] = (unsigned char)(bits >> (8 * i) & 255);
}

unsigned char *mnn_pb_bytes(mnn_pb *m, unsigned field, size_t size)
{
    add_tag(m, field, LENGTH_DELIMITED);
    add_varint(m, size);
    return grow(m, size);
}

void mnn_pb_text(mnn_pb *m, unsigned field, const char *text)
{
    const size_t length = strlen(text);
    unsigned char *at = mnn_pb_bytes(m, field, length);
    if (at)
        memcpy(at, text, length);
}

void mnn_pb_message(mnn_pb *m, unsigned field, mnn_pb *inner)
{
    unsigned char *at = mnn_pb_bytes(m, field, inner->size);
    if (at && inner->size > 0)
        memcpy(at, inner->data, inner->size);
    m->failed = m->failed || inner->failed;
    mnn_pb_free(inner);
}

void mnn_pb_free(mnn_pb *m)
{
    free(m->data);
    *m = (mnn_pb){0};
}
