/* UTF-8: one character at a time. */
#ifndef MNNC_SUPPORT_UTF8_H
#define MNNC_SUPPORT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX_BYTES = 4 };

/** Read one character.
 *  @param code  filled with its code point
 *  @return its length in bytes, or 0 when it is ill-formed: overlong, a surrogate, cut short,
 *          above U+10FFFF, or length is 0 */
int utf8_decode(const char *text, size_t length, uint32_t *code);

/** Write one character (a code point that is no surrogate); @return its length in bytes. */
int utf8_encode(uint32_t code, char out[UTF8_MAX_BYTES]);

/** How many characters a text has; an ill-formed byte counts as one. */
size_t utf8_length(const char *text, size_t length);

#endif
