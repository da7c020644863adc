#include "train/state_text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"

/* --- to texts ------------------------------------------------------------------------------------ */

static void write_field(void *context, const char *key, mnn_field_kind kind, void *value)
{
    mnn_state_text *t = context;
    if (t->count == MNN_STATE_FIELDS)
        return;
    char *out = t->field[t->count].value;
    const size_t size = sizeof t->field[0].value;
    snprintf(t->field[t->count].key, sizeof t->field[0].key, "%s", key);
    t->count++;
    switch (kind) {
    case MNN_FIELD_FLAG:
        snprintf(out, size, "%s", *(const bool *)value ? "yes" : "no");
        break;
    case MNN_FIELD_INT:
        snprintf(out, size, "%d", *(const int *)value);
        break;
    case MNN_FIELD_COUNT:
        snprintf(out, size, "%" PRIu32, *(const uint32_t *)value);
        break;
    case MNN_FIELD_LONG:
        snprintf(out, size, "%" PRIu64, *(const uint64_t *)value);
        break;
    case MNN_FIELD_NUMBER:
    case MNN_FIELD_RATE:
        snprintf(out, size, "%.17g", *(const double *)value);
        break;
    }
}

void mnn_state_write(mnn_state *s, mnn_state_text *out)
{
    out->count = 0;
    mnn_state_fields(s, write_field, out);
}

/* --- from texts ---------------------------------------------------------------------------------- */

typedef struct reader {
    char *const *values;
    int next;
    int bad; /* the first field whose value does not fit; negative: none */
} reader;

/* Digits alone. */
static bool read_whole(const char *text, uint64_t most, uint64_t *out)
{
    if (!*text || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0 && *out <= most;
}

static bool read_number(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return *text && !*end;
}

static bool read_value(const char *text, mnn_field_kind kind, void *value)
{
    uint64_t whole = 0;
    switch (kind) {
    case MNN_FIELD_FLAG:
        *(bool *)value = strcmp(text, "yes") == 0;
        return *(bool *)value || strcmp(text, "no") == 0;
    case MNN_FIELD_INT:
        if (!read_whole(text, INT_MAX, &whole))
            return false;
        *(int *)value = (int)whole;
        return true;
    case MNN_FIELD_COUNT:
        if (!read_whole(text, UINT32_MAX, &whole))
            return false;
        *(uint32_t *)value = (uint32_t)whole;
        return true;
    case MNN_FIELD_LONG:
        return read_whole(text, UINT64_MAX, value);
    case MNN_FIELD_NUMBER:
        return read_number(text, value);
    case MNN_FIELD_RATE:
        return read_number(text, value) && isfinite(*(const double *)value) && !signbit(*(const double *)value);
    }
    return false;
}

static void read_field(void *context, const char *key, mnn_field_kind kind, void *value)
{
    (void)key; /* texts and values have one order */
    reader *r = context;
    const int i = r->next++;
    if (r->bad < 0 && (!r->values[i] || !read_value(r->values[i], kind, value)))
        r->bad = i;
}

mnn_status mnn_state_read(mnn_state *s, const mnn_state_text *text, char *const *values, const char *path,
                          mnn_error *err)
{
    reader r = {.values = values, .bad = -1};
    mnn_state_fields(s, read_field, &r);
    if (r.bad < 0)
        return MNN_OK;
    char shown[MNN_NAME_SHOWN];
    const char *got = values[r.bad];
    return mnn_fail_file(err, MNN_EFORMAT, path, "metadata \"%s\" (got %s%s%s, expected a value like \"%s\")",
                         text->field[r.bad].key, got ? "\"" : "",
                         got ? mnn_printable(shown, sizeof shown, got) : "nothing", got ? "\"" : "",
                         text->field[r.bad].value);
}
