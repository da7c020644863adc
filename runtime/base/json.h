/* Values as JSON text (RFC 8259). */
#ifndef MNN_BASE_JSON_H
#define MNN_BASE_JSON_H

#include <stdbool.h>
#include <stdio.h>

/** Write text as a JSON string with its quotes, escaped as JSON requires; ill-formed UTF-8 becomes U+FFFD. */
void mnn_json_string(FILE *out, const char *text);

/** Write JSON as printf() writes text. A "'" of the format is written as a quote; %s is a string as above,
 *  %g a number as below, %i a boolean; %d and %u, or those of PRId64 and PRIu64, are integers. */
void mnn_json(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A value as JSON: the shortest form of at most 9 digits; null if it is not finite or not present.
 *  @return buffer */
const char *mnn_json_number(char buffer[32], double value, bool present);

#endif
