/* Print the operators of an ONNX file in their order, and check what every reader relies on: an operator's inputs are
 * there before it, and what it gives has a new name.
 *
 *   onnx_operators FILE
 *
 * The fields are those of onnx.proto: ModelProto.graph 7; GraphProto.node 1, initializer 5, input 11, output 12;
 * NodeProto.input 1, output 2, op_type 4; TensorProto.name 8; ValueInfoProto.name 1. Exit code: 0; 1 when something
 * does not hold. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 4096, MOST_BYTES = 1 << 24 };

/** A run of bytes: a message or a text. */
typedef struct piece {
    const unsigned char *at, *end;
} piece;

static piece names[MOST_NAMES];
static int name_count;

static void fail(const char *what, piece name)
{
    fprintf(stderr, "%s: %.*s\n", what, (int)(name.end - name.at), (const char *)name.at);
    exit(1);
}

static uint64_t number(piece *p)
{
    uint64_t value = 0;
    for (int shift = 0; p->at < p->end && shift < 64; shift += 7) {
        const unsigned char byte = *p->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    fail("a number has no end", (piece){p->end, p->end});
    return 0;
}

/** Take the next field off a message.
 *  @param content  of a field of bytes
 *  @return its number, 0 at the end */
static int next_field(piece *message, piece *content)
{
    if (message->at == message->end)
        return 0;
    const uint64_t key = number(message);
    const int kind = (int)(key & 7);
    uint64_t length = kind == 1 ? 8 : kind == 5 ? 4 : 0;
    if (kind == 0)
        number(message);
    else if (kind == 2)
        length = number(message);
    if (length > (uint64_t)(message->end - message->at))
        fail("a field has no end", *message);
    *content = (piece){message->at, message->at + length};
    message->at += length;
    return (int)(key >> 3);
}

static bool known(piece name)
{
    for (int i = 0; i < name_count; i++)
        if (names[i].end - names[i].at == name.end - name.at &&
            memcmp(names[i].at, name.at, (size_t)(name.end - name.at)) == 0)
            return true;
    return false;
}

static void add_name(piece name)
{
    if (known(name) || name_count == MOST_NAMES)
        fail("named twice, or too many names", name);
    names[name_count++] = name;
}

/** The names of initializers or values, which stand in this field of theirs. */
static void add_names(piece graph, int kind, int field)
{
    piece content, name;
    for (int found; (found = next_field(&graph, &content)) != 0;)
        for (int inner; found == kind && (inner = next_field(&content, &name)) != 0;)
            if (inner == field)
                add_name(name);
}

static void check_operator(piece node)
{
    piece content, rest = node;
    for (int found; (found = next_field(&rest, &content)) != 0;) {
        if (found == 1 && content.at < content.end && !known(content)) /* an empty name: left out */
            fail("an input that is nowhere made", content);
        if (found == 4)
            printf("%.*s\n", (int)(content.end - content.at), (const char *)content.at);
    }
    rest = node;
    for (int found; (found = next_field(&rest, &content)) != 0;)
        if (found == 2)
            add_name(content);
}

static void check_graph(piece graph)
{
    piece content, name, rest = graph;
    add_names(graph, 5, 8);
    add_names(graph, 11, 1);
    for (int found; (found = next_field(&rest, &content)) != 0;)
        if (found == 1)
            check_operator(content);
    for (int found; (found = next_field(&graph, &content)) != 0;)
        for (int inner; found == 12 && (inner = next_field(&content, &name)) != 0;)
            if (inner == 1 && !known(name))
                fail("an output that is nowhere made", name);
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    unsigned char *bytes = malloc(MOST_BYTES);
    if (!f || !bytes)
        return 1;
    piece model = {bytes, bytes + fread(bytes, 1, MOST_BYTES, f)}, content;
    int graphs = 0;
    fclose(f);
    for (int found; (found = next_field(&model, &content)) != 0;)
        if (found == 7) {
            check_graph(content);
            graphs++;
        }
    free(bytes);
    return graphs == 1 ? 0 : 1;
}
