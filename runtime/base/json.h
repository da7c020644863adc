/* Values as JSON text (RFC 8259). */
#ifndef MNN_BASE_JSON_H
#define MNN_BASE_JSON_H

#include <stdbool.h>
#include <stdio.h>

/** Write text as a JSON string with its quotes, escaped as JSON requires; ill-formed UTF-8 becomes U+FFFD. */
void mnn_json_string(FILE *out, const char *text);

/** A value as JSON: the shortest form of at most 9 digits; null if it is not finite or not present.
 *  @return buffer */
const char *mnn_json_number(char buffer[32], double value, bool present);

#endif
