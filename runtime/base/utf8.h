/* UTF-8, one character at a time, and characters that could mislead a reader. */
#ifndef MNN_BASE_UTF8_H
#define MNN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MNN_UTF8_BYTES = 4, MNN_ESCAPED = 12 };

/** The length of a text that ends with a NUL, for mnn_utf8_decode() and mnn_escape(), which never read past the NUL. */
#define MNN_TO_NUL SIZE_MAX

/** Read one character.
 *  Ill-formed: stray or missing continuation bytes, overlong forms, surrogates, above U+10FFFF (Unicode 15, table
 *  3-7), or length is 0.
 *  @param code  its code point; unchanged if ill-formed
 *  @return its length in bytes, 1 to 4; 0 if ill-formed */
int mnn_utf8_decode(const char *text, size_t length, uint32_t *code);

/** Write one character (a code point that is no surrogate); @return its length in bytes. */
int mnn_utf8_encode(uint32_t code, char out[MNN_UTF8_BYTES]);

/** The number of characters of a text; an ill-formed byte counts as one. */
size_t mnn_utf8_length(const char *text, size_t length);

/** A bidirectional control (Unicode 15, property Bidi_Control): it can make text look unlike its bytes. */
bool mnn_is_bidi(uint32_t code);

/** A character that a terminal would interpret or not show: controls, line separators, and Unicode 15's
 *  Default_Ignorable_Code_Point, which includes the bidirectional controls and characters of zero width. */
bool mnn_is_invisible(uint32_t code);

/** The printable form of the first character of a text: itself, or an escape if it is ill-formed or invisible.
 *  @param length  at least 1
 *  @return the bytes of the text that were used */
int mnn_escape(char out[MNN_ESCAPED], const char *text, size_t length);

#endif
