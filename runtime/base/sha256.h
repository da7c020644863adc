/* SHA-256: libmd's functions, and the size of their text. */
#ifndef MNN_BASE_SHA256_H
#define MNN_BASE_SHA256_H

#include <sha2.h>

enum { MNN_SHA256_TEXT = SHA256_DIGEST_STRING_LENGTH /* in hexadecimal, with its NUL */ };

#endif
