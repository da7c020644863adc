/* Writing protocol buffers. Format: https://protobuf.dev/programming-guides/encoding */
#ifndef MNN_EXCHANGE_PROTOBUF_H
#define MNN_EXCHANGE_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where a field of a message stands. */
typedef struct mnn_pb_field {
    unsigned number;
    size_t begin, end;
} mnn_pb_field;

/** A message that grows; zeros: an empty one. When memory runs out it stays as it is, and failed is set. */
typedef struct mnn_pb {
    unsigned char *data;
    size_t size, room;
    mnn_pb_field *fields; /* in the order in which they were appended */
    size_t count, field_room;
    bool failed;
} mnn_pb;

/** Append a field. */
void mnn_pb_int(mnn_pb *m, unsigned field, int64_t value);
void mnn_pb_float(mnn_pb *m, unsigned field, float value);
void mnn_pb_text(mnn_pb *m, unsigned field, const char *text);

/** Append a field of bytes.
 *  @return where to write them, size bytes; NULL when memory ran out */
unsigned char *mnn_pb_bytes(mnn_pb *m, unsigned field, size_t size);

/** Append a message as a field, and release it. Its fields come in the order of their numbers, those of one number as
 *  they were appended: that is how the encoders of the format's authors write them. */
void mnn_pb_message(mnn_pb *m, unsigned field, mnn_pb *inner);

void mnn_pb_free(mnn_pb *m);

#endif
