/* See hash.h. */
#include "driver/hash.h"

#include <sha2.h>
#include <stdint.h>

const char *hash_hex(arena *a, const char *text, size_t length)
{
    char *hex = arena_alloc(a, SHA256_DIGEST_STRING_LENGTH);
    SHA256Data((const uint8_t *)text, length, hex);
    return hex;
}
