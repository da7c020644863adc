/* Maps of names that the user writes: "theirs = ours [transpose] [chw]", one line per tensor. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/report.h"
#include "exchange/import.h"

enum { MAX_MAP = 1024 * 1024 };

typedef struct map_reader {
    mnn_matches *m;
    const char *path;
    int line;
    mnn_error *err;
} map_reader;

__attribute__((format(printf, 2, 3))) static mnn_status refuse(const map_reader *r, const char *format, ...)
{
    char shown[256], prefix[300];
    snprintf(prefix, sizeof prefix, "%s:%d: ", mnn_printable(shown, sizeof shown, r->path), r->line);
    va_list args;
    va_start(args, format);
    mnn_error_vset(r->err, prefix, format, args);
    va_end(args);
    return MNN_EFORMAT;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static const mnn_foreign_tensor *find_theirs(const map_reader *r, const char *name)
{
    const mnn_foreign *f = r->m->file;
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->tensors[i].name, name) == 0)
            return &f->tensors[i];
    return NULL;
}

static int find_ours(const map_reader *r, const char *name)
{
    const mnn_model *model = r->m->model;
    int i = 0;
    while (i < model->tensor_count && strcmp(model->tensors[i].name, name) != 0)
        i++;
    return i;
}

/* The words after our name. */
static mnn_status read_words(const map_reader *r, char *words, mnn_match *match)
{
    char shown[MNN_NAME_SHOWN], *rest = NULL;
    for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (strcmp(word, "transpose") == 0)
            match->transpose = true;
        else if (strcmp(word, "chw") == 0)
            match->chw = true;
        else
            return refuse(r, "unknown word \"%s\" (expected transpose or chw)",
                          mnn_printable(shown, sizeof shown, word));
    }
    return MNN_OK;
}

static mnn_status read_line(const map_reader *r, char *line)
{
    char shown[MNN_NAME_SHOWN];
    line[strcspn(line, "#")] = '\0';
    line = trim(line);
    if (!*line)
        return MNN_OK;
    char *equals = strchr(line, '=');
    if (!equals)
        return refuse(r, "no \"=\" (got \"%s\", expected source = target)", mnn_printable(shown, sizeof shown, line));
    *equals = '\0';
    char *ours = trim(equals + 1), *words = ours + strcspn(ours, " \t");
    if (*words)
        *words++ = '\0';
    const char *theirs = trim(line);
    mnn_match match = {.theirs = find_theirs(r, theirs)};
    const int tensor = find_ours(r, ours);
    if (!match.theirs)
        return refuse(r, "no tensor \"%s\" in the file", mnn_printable(shown, sizeof shown, theirs));
    if (tensor == r->m->model->tensor_count)
        return refuse(r, "the model \"%s\" has no tensor \"%s\"", r->m->model->name,
                      mnn_printable(shown, sizeof shown, ours));
    if (r->m->of[tensor].theirs)
        return refuse(r, "\"%s\" is given twice", r->m->model->tensors[tensor].name);
    const mnn_status status = read_words(r, words, &match);
    if (!status)
        r->m->of[tensor] = match;
    return status;
}

static mnn_status read_text(const char *path, char **text, mnn_error *err)
{
    size_t got;
    mnn_status status = mnn_file_load(path, MAX_MAP + 1, text, &got, err);
    if (status)
        return status;
    if (got > MAX_MAP)
        return mnn_fail_file(err, MNN_EFORMAT, path, "not a map of names (got more than %d bytes)", MAX_MAP);
    if (strlen(*text) != got)
        return mnn_fail_at(err, MNN_EFORMAT, path, strlen(*text), "not a map of names (got a NUL, expected text)");
    return MNN_OK;
}

mnn_status mnn_match_by_map(mnn_matches *m, const char *map, mnn_error *err)
{
    char *text = NULL;
    mnn_status status = read_text(map, &text, err);
    map_reader r = {.m = m, .path = map, .err = err};
    for (char *line = text; line && !status;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        r.line++;
        status = read_line(&r, line);
        line = end ? end + 1 : NULL;
    }
    free(text);
    return status;
}
