#include "io/elements.h"

#include <float.h>
#include <math.h>
#include <string.h>

static double from_bits32(uint64_t word)
{
    const uint32_t bits = (uint32_t)word;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double from_bits64(uint64_t word)
{
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* The high half of a float32. */
static double from_bfloat16(uint64_t word)
{
    return from_bits32(word << 16);
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static double from_float16(uint64_t word)
{
    const int exponent = (int)(word >> 10 & 31), fraction = (int)(word & 1023);
    const double sign = word >> 15 & 1 ? -1 : 1;
    if (exponent == 31)
        return sign * (fraction ? (double)NAN : (double)INFINITY);
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static double from_bool(uint64_t word)
{
    return word != 0;
}

static double from_unsigned(uint64_t word)
{
    return (double)word;
}

static double from_int8(uint64_t word)
{
    return (double)(int8_t)word;
}

static double from_int16(uint64_t word)
{
    return (double)(int16_t)word;
}

static double from_int32(uint64_t word)
{
    return (double)(int32_t)word;
}

static double from_int64(uint64_t word)
{
    return (double)(int64_t)word;
}

static const struct {
    const char *name;
    size_t size;
    double (*read)(uint64_t word);
} types[MNN_ELEMENTS] = {
    [MNN_ELEMENT_NONE] = {"unknown", 0, NULL},    [MNN_BOOL] = {"bool", 1, from_bool},
    [MNN_UINT8] = {"uint8", 1, from_unsigned},    [MNN_INT8] = {"int8", 1, from_int8},
    [MNN_UINT16] = {"uint16", 2, from_unsigned},  [MNN_INT16] = {"int16", 2, from_int16},
    [MNN_UINT32] = {"uint32", 4, from_unsigned},  [MNN_INT32] = {"int32", 4, from_int32},
    [MNN_UINT64] = {"uint64", 8, from_unsigned},  [MNN_INT64] = {"int64", 8, from_int64},
    [MNN_FLOAT16] = {"float16", 2, from_float16}, [MNN_BFLOAT16] = {"bfloat16", 2, from_bfloat16},
    [MNN_FLOAT32] = {"float32", 4, from_bits32},  [MNN_FLOAT64] = {"float64", 8, from_bits64},
};

size_t mnn_element_size(mnn_element type)
{
    return types[type].size;
}

const char *mnn_element_name(mnn_element type)
{
    return types[type].name;
}

bool mnn_element_is_byte(mnn_element type)
{
    return type == MNN_UINT8 || type == MNN_BOOL;
}

static uint64_t word_of(const unsigned char *bytes, size_t size, bool big_endian)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word = word << 8 | bytes[big_endian ? i : size - 1 - i];
    return word;
}

double mnn_element_value(mnn_element type, bool big_endian, const unsigned char *bytes)
{
    return types[type].read(word_of(bytes, types[type].size, big_endian));
}

size_t mnn_elements_to_float(mnn_element type, bool big_endian, const unsigned char *bytes, size_t count, float *out)
{
    const size_t size = mnn_element_size(type);
    for (size_t i = 0; i < count; i++) {
        const double value = mnn_element_value(type, big_endian, bytes + i * size);
        if (!(value >= (double)-FLT_MAX && value <= (double)FLT_MAX)) /* also when it is NaN */
            return i;
        out[i] = (float)value;
    }
    return count;
}
