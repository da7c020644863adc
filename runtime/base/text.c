#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

const char *mnn_count_text(char buffer[32], int64_t value)
{
    char digits[32];
    const size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRId64, value);
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            buffer[at++] = ',';
        buffer[at++] = digits[i];
    }
    buffer[at] = '\0';
    return buffer;
}

const char *mnn_bytes_text(char buffer[32], int64_t bytes)
{
    static const char *const unit[] = {"B", "KB", "MB", "GB", "TB"};
    double size = (double)bytes;
    int u = 0;
    while (size >= 1024 && u < 4) {
        size /= 1024;
        u++;
    }
    snprintf(buffer, 32, u ? "%.2f %s" : "%.0f %s", size, unit[u]);
    return buffer;
}

const char *mnn_duration_text(char buffer[32], double seconds)
{
    const long whole = (long)(seconds + 0.5);
    if (seconds < 59.95)
        snprintf(buffer, 32, "%.1fs", seconds);
    else if (whole < 3600)
        snprintf(buffer, 32, "%ldm%02lds", whole / 60, whole % 60);
    else
        snprintf(buffer, 32, "%ldh%02ldm", whole / 3600, whole % 3600 / 60);
    return buffer;
}

const char *mnn_time_text(char buffer[32], double seconds)
{
    static const char *const unit[] = {"s", "ms", "us", "ns"};
    int u = 0;
    while (seconds < 1 && u < 3) {
        seconds *= 1000;
        u++;
    }
    snprintf(buffer, 32, "%.3g %s", seconds, unit[u]);
    return buffer;
}

const char *mnn_dims_text(char *buffer, size_t size, const char *between, const uint32_t *dims, int rank)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (int i = 0; i < rank && length < size; i++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%" PRIu32, i ? between : "", dims[i]);
    return buffer;
}
