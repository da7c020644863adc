/* The constants of inference code: in the C, or in a file of their own that is loaded.
 *
 * The file, little-endian:
 *   0  "MNNW"          4  1, the version of this layout
 *   8  FNV-1a 64 of the tensors' names and shapes        16  FNV-1a 64 of the weights
 *  24  bytes of the weights                              32  the weights, float32, one tensor behind the other */
#include "emit/inference_parts.h"

#include <string.h>

#include "support/bytes.h"

enum { HEADER_BYTES = 32, LAYOUT_VERSION = 1 };

static const uint64_t FNV_BASIS = 0xcbf29ce484222325u, FNV_PRIME = 0x100000001b3u;

static uint64_t fnv(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

/** The layout that a file must have: the tensors in their order. */
static uint64_t architecture(const network *n)
{
    uint64_t hash = FNV_BASIS;
    for (const net_tensor *t = n->tensors; t; t = t->next) {
        const char *line = arena_printf(n->arena, "%s %s\n", t->c_name, ir_shape_text(n->arena, t->shape));
        hash = fnv(hash, line, strlen(line));
    }
    return hash;
}

/* --- in the C ------------------------------------------------------------------------------------- */

/** Eight values per line, each in the fewest digits that read back as the same float; dimensions in braces. */
static void write_numbers(inference *i, const net_tensor *t)
{
    enum { LINE = 8 };
    cwriter *w = &i->e.w;
    const nest_tensor *shown = t->shown;
    const int64_t row = shown->rank ? shown->dim[shown->rank - 1] : 1;
    for (int64_t k = 0; k < t->elements; k++) {
        int64_t size = row;
        for (int d = shown->rank - 2; d >= 0; size *= shown->dim[d--])
            if (k % size == 0 && k % row == 0)
                continue;
        str_add(&w->out, k % row % LINE == 0 ? (k ? "\n    " : "    ") : " ");
        size = row;
        for (int d = shown->rank - 2; d >= 0; size *= shown->dim[d--])
            if (k % size == 0)
                str_add_char(&w->out, '{');
        str_add(&w->out, cw_f32(w, (double)t->data[k]));
        size = row;
        for (int d = shown->rank - 2; d >= 0; size *= shown->dim[d--])
            if ((k + 1) % size == 0)
                str_add_char(&w->out, '}');
        str_add(&w->out, k + 1 == t->elements ? "\n" : ",");
    }
}

static const char *declaration(inference *i, const net_tensor *t, bool pointer)
{
    const ct_type type = lower_type(i->n->arena, t->shown, &i->n->form, pointer);
    return ct_declaration(i->n->arena, &type, t->c_name);
}

static void write_tensors(inference *i)
{
    for (const net_tensor *t = i->n->tensors; t; t = t->next) {
        cw_blank(&i->e.w);
        cw_line(&i->e.w, "static %s = { /* %s */", declaration(i, t, false), inference_dims(i, t->shape));
        write_numbers(i, t);
        cw_line(&i->e.w, "};");
    }
}

/* --- in a file ------------------------------------------------------------------------------------ */

const char *inference_layout(inference *i)
{
    str s = str_new(i->n->arena);
    long long at = HEADER_BYTES;
    str_add(&s, "    byte 0 \"MNNW\", 4 the version 1 (uint32), 8 hash of the model (uint64), 16 FNV-1a of the weights "
                "(uint64),\n"
                "    24 bytes of the weights (uint64), all little-endian, then float32:\n");
    for (const net_tensor *t = i->n->tensors; t; t = t->next) {
        str_printf(&s, "    %9lld %s %s\n", at, t->c_name, inference_dims(i, t->shape));
        at += 4 * t->elements;
    }
    return s.text;
}

const char *emit_inference_weights(const network *n, size_t *length)
{
    const int64_t weight_bytes = net_weight_bytes(n);
    *length = (size_t)weight_bytes + HEADER_BYTES;
    unsigned char *file = arena_alloc(n->arena, *length), *to = file + HEADER_BYTES;
    for (const net_tensor *t = n->tensors; t; t = t->next)
        for (int64_t k = 0; k < t->elements; k++, to += 4)
            bytes_put_float(to, t->data[k]);
    memcpy(file, "MNNW", 4);
    bytes_put_number(file + 4, LAYOUT_VERSION, 4);
    bytes_put_number(file + 8, architecture(n), 8);
    bytes_put_number(file + 16, fnv(FNV_BASIS, file + HEADER_BYTES, (size_t)weight_bytes), 8);
    bytes_put_number(file + 24, (uint64_t)weight_bytes, 8);
    return (const char *)file;
}

/** A constant of 64 bits. */
static const char *hex(inference *i, uint64_t number)
{
    return emit_text(&i->e, "0x%016llxull", (unsigned long long)number);
}

static void write_reader(inference *i)
{
    cwriter *w = &i->e.w;
    cw_blank(w);
    cw_comment(w, "A little-endian integer of the given number of bytes.");
    cw_line(w, "static uint64_t read_number(const unsigned char *from, int bytes)");
    cw_body(w);
    cw_line(w, "uint64_t number = 0;");
    cw_line(w, "for (int j = bytes - 1; j >= 0; j--)");
    cw_line(w, "    number = number << 8 | from[j];");
    cw_line(w, "return number;");
    cw_close(w, "");
}

static void write_loader(inference *i)
{
    cwriter *w = &i->e.w;
    const long long bytes = (long long)net_weight_bytes(i->n);
    cw_blank(w);
    cw_line(w, "int %s_load(const void *data, size_t size)", i->o->prefix);
    cw_body(w);
    cw_line(w, "const unsigned char *file = data;");
    cw_line(w, "const float *weights = (const float *)((const char *)data + %d);", HEADER_BYTES);
    cw_line(w, "const uint32_t one = 1;");
    cw_line(w, "uint64_t sum = %s;", hex(i, FNV_BASIS));
    cw_line(w, "if (((uintptr_t)data & 3) != 0)");
    cw_line(w, "    return 1;");
    cw_line(w, "if (size != %lld)", bytes + HEADER_BYTES);
    cw_line(w, "    return 2;");
    cw_line(w, "if (file[0] != 'M' || file[1] != 'N' || file[2] != 'N' || file[3] != 'W'"
               " || *(const unsigned char *)&one != 1)");
    cw_line(w, "    return 3;");
    cw_line(w,
            "if (read_number(file + 4, 4) != %d || read_number(file + 8, 8) != %s"
            " || read_number(file + 24, 8) != %lld)",
            LAYOUT_VERSION, hex(i, architecture(i->n)), bytes);
    cw_line(w, "    return 4;");
    cw_line(w, "for (size_t j = %d; j < size; j++)", HEADER_BYTES);
    cw_line(w, "    sum = (sum ^ file[j]) * %s;", hex(i, FNV_PRIME));
    cw_line(w, "if (read_number(file + 16, 8) != sum)");
    cw_line(w, "    return 5;");
    long long at = 0;
    for (const net_tensor *t = i->n->tensors; t; t = t->next) {
        const ct_type type = lower_type(i->n->arena, t->shown, &i->n->form, true);
        cw_line(w, type.rank > 1 ? "%s = %s(weights + %lld);" : "%s = %sweights + %lld;", t->c_name,
                type.rank > 1 ? ct_cast(i->n->arena, &type) : "", at);
        at += t->elements;
    }
    cw_line(w, "return 0;");
    cw_close(w, "");
}

void inference_constants(inference *i)
{
    cwriter *w = &i->e.w;
    emit_section(&i->e, "weights");
    if (!i->o->weights_file) {
        write_tensors(i);
        return;
    }
    cw_blank(w);
    for (const net_tensor *t = i->n->tensors; t; t = t->next)
        cw_line(w, "static %s; /* %s */", declaration(i, t, true), inference_dims(i, t->shape));
    write_reader(i);
    write_loader(i);
}
