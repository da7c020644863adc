/* Misleading characters: mnnc refuses them in a source; mnnc and programs escape them in messages. */
#ifndef MNN_BASE_UNICODE_H
#define MNN_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Code points from first to last. */
typedef struct mnn_code_range {
    uint32_t first, last;
} mnn_code_range;

static inline bool mnn_in_ranges(const mnn_code_range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/** A bidirectional control (Unicode 15, property Bidi_Control): it can make text look unlike what it is. */
static inline bool mnn_is_bidi(uint32_t code)
{
    static const mnn_code_range ranges[] = {{0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};
    return mnn_in_ranges(ranges, sizeof ranges / sizeof ranges[0], code);
}

/** A character that a terminal would interpret or not show: controls, line separators, and Unicode 15's
 *  Default_Ignorable_Code_Point, which includes the bidirectional controls and characters of zero width. */
static inline bool mnn_is_invisible(uint32_t code)
{
    static const mnn_code_range ranges[] = {{0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},  {0x034F, 0x034F},
                                            {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},  {0x180B, 0x180F},
                                            {0x200B, 0x200F},   {0x2028, 0x202F},   {0x2060, 0x206F},  {0x3164, 0x3164},
                                            {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},  {0xFFF0, 0xFFFB},
                                            {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
    return mnn_in_ranges(ranges, sizeof ranges / sizeof ranges[0], code);
}

#endif
