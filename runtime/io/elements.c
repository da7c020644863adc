#include "io/elements.h"

#include <float.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [MNN_IDX_UBYTE] = {"unsigned byte", 1}, [MNN_IDX_BYTE] = {"signed byte", 1},
    [MNN_IDX_SHORT] = {"short", 2},         [MNN_IDX_INT] = {"int", 4},
    [MNN_IDX_FLOAT] = {"float", 4},         [MNN_IDX_DOUBLE] = {"double", 8},
};

enum { TYPES = sizeof types / sizeof types[0] };

size_t mnn_element_size(unsigned type)
{
    return type < TYPES ? types[type].size : 0;
}

const char *mnn_element_name(unsigned type)
{
    return mnn_element_size(type) ? types[type].name : "unknown";
}

static uint64_t big_endian(const unsigned char *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word = word << 8 | bytes[i];
    return word;
}

double mnn_float_of_bits(uint64_t word)
{
    const uint32_t bits = (uint32_t)word;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

double mnn_double_of_bits(uint64_t word)
{
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static double element(unsigned type, uint64_t word)
{
    switch (type) {
    case MNN_IDX_BYTE:
        return (double)(int8_t)word;
    case MNN_IDX_SHORT:
        return (double)(int16_t)word;
    case MNN_IDX_INT:
        return (double)(int32_t)word;
    case MNN_IDX_FLOAT:
        return mnn_float_of_bits(word);
    case MNN_IDX_DOUBLE:
        return mnn_double_of_bits(word);
    default:
        return (double)word;
    }
}

size_t mnn_elements_to_float(unsigned type, const unsigned char *bytes, size_t count, float *out)
{
    const size_t size = mnn_element_size(type);
    for (size_t i = 0; i < count; i++) {
        const double value = element(type, big_endian(bytes + i * size, size));
        if (!(value >= (double)-FLT_MAX && value <= (double)FLT_MAX)) /* also when it is no number */
            return i;
        out[i] = (float)value;
    }
    return count;
}
