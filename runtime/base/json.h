/* Values as JSON text. */
#ifndef MNN_BASE_JSON_H
#define MNN_BASE_JSON_H

#include <stdio.h>

/** Write text as a JSON string with its quotes, escaped as JSON requires; ill-formed UTF-8 becomes U+FFFD. */
void mnn_json_string(FILE *out, const char *text);

#endif
