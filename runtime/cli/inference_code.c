/* See inference_code.h. The code is compiled in a process of its own, into a folder that is removed at once. */
#define _GNU_SOURCE
#include "cli/inference_code.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/place.h"
#include "base/process.h"
#include "base/report.h"

enum { BANNER_BYTES = 65536 };

static const char MARK[] = "\n * mnn-inference 1: ";

/* --- the form ------------------------------------------------------------------------------------- */

static mnn_status no_code(const char *path, mnn_error *err)
{
    return mnn_fail_file(err, MNN_EFORMAT, path,
                         "not inference code of this version of mnnc (expected \"%s\" at the end of its first comment)",
                         MARK + 4);
}

/* The value of a hexadecimal digit, or -1. */
static int digit_of(char c)
{
    const char *digits = "0123456789ABCDEF", *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* A word in which %XX is a byte, as mnnc writes a file name.
 * @return false: it is no such word, or no name of a file beside the code */
static bool decode_name(const char *word, char name[MNN_INFERENCE_NAME])
{
    size_t length = 0;
    for (; *word; length++) {
        if (length == MNN_INFERENCE_NAME - 1)
            return false;
        if (*word != '%') {
            name[length] = *word++;
            continue;
        }
        const int high = digit_of(word[1]), low = high < 0 ? -1 : digit_of(word[2]);
        if (low < 0)
            return false;
        name[length] = (char)(16 * high + low);
        word += 3;
    }
    name[length] = '\0';
    return length > 0 && strlen(name) == length && !strchr(name, '/');
}

static bool is_identifier(const char *text)
{
    bool is = !isdigit((unsigned char)*text);
    for (; *text && is; text++)
        is = isalnum((unsigned char)*text) || *text == '_';
    return is;
}

static mnn_status parse_form(const char *path, const char *line, mnn_inference_form *form, mnn_error *err)
{
    char input[16], output[16], work[16], arithmetic[16], where[16], name[3 * MNN_INFERENCE_NAME + 1] = "";
    memset(form, 0, sizeof *form);
    const int words = sscanf(
        line, "%319s input %15s %ld output %15s %ld work %15s %ld arithmetic %15s weights %15s %768s", form->prefix,
        input, &form->inputs, output, &form->outputs, work, &form->work_bytes, arithmetic, where, name);
    form->takes_bytes = strcmp(input, "uint8") == 0;
    form->gives_class = strcmp(output, "class") == 0;
    form->callers_work = strcmp(work, "caller") == 0;
    form->is_quantized = strcmp(arithmetic, "int8") == 0;
    const bool is_file = words == 10 && strcmp(where, "file") == 0;
    const bool is_right = words >= 9 && is_identifier(form->prefix) && form->inputs > 0 && form->outputs > 0 &&
                          form->work_bytes >= 0 && (!is_file || decode_name(name, form->weights));
    return is_right ? MNN_OK : no_code(path, err);
}

/* The last line of the first comment: names in the lines before it may be anything but the comment's end.
 * @return what follows MARK, or NULL */
static char *find_form(char *text)
{
    char *end = strncmp(text, "/* ", 3) == 0 ? strstr(text, " */\n") : NULL, *line;
    if (!end)
        return NULL;
    *end = '\0';
    line = strrchr(text, '\n');
    return line && strncmp(line, MARK, strlen(MARK)) == 0 ? line + strlen(MARK) : NULL;
}

static mnn_status read_form(const char *path, mnn_inference_form *form, mnn_error *err)
{
    char *text;
    size_t got;
    mnn_status status = mnn_file_load(path, BANNER_BYTES, &text, &got, err);
    if (status)
        return status;
    const char *line = find_form(text);
    status = line ? parse_form(path, line, form, err) : no_code(path, err);
    free(text);
    return status;
}

/* --- compiling ------------------------------------------------------------------------------------ */

enum { MAX_WORDS = 32 };

/* Words of the environment's CC, or "cc"; text is cut up.
 * @return their number */
static int compiler_words(char *text, char *words[MAX_WORDS])
{
    int count = 0;
    for (char *rest = NULL, *word = strtok_r(text, " \t", &rest); word && count < MAX_WORDS;
         word = strtok_r(NULL, " \t", &rest))
        words[count++] = word;
    return count;
}

static mnn_status compile(const char *path, const char *library, FILE *log, mnn_error *err)
{
    char *words[MAX_WORDS + 10];
    int how = 0;
    const char *cc = getenv("CC");
    char *text = strdup(cc && cc[strspn(cc, " \t")] ? cc : "cc"), *source = NULL;
    /* a name that begins with "-" is no option */
    if (!text || asprintf(&source, "%s%s", path[0] == '/' ? "" : "./", path) < 0) {
        free(text);
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    }
    int count = compiler_words(text, words);
    const char *const rest[] = {"-O2", "-shared", "-fPIC", "-o", library, source, "-lm", NULL};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        words[count++] = (char *)(uintptr_t)rest[i];
    mnn_status status = mnn_child_run(words, "the C compiler", "CC", log, &how, err);
    if (!status && (!WIFEXITED(how) || WEXITSTATUS(how) != 0))
        status = mnn_fail(err, MNN_EINTERNAL, "the C compiler rejected the code");
    free(source);
    free(text);
    return status;
}

/* --- loading -------------------------------------------------------------------------------------- */

static void *symbol_of(const mnn_inference_code *code, const char *suffix)
{
    char name[400];
    snprintf(name, sizeof name, "%s_%s", code->form.prefix, suffix);
    return dlsym(code->library, name);
}

static mnn_status load_library(const char *path, const char *library, mnn_inference_code *code, mnn_error *err)
{
    char reason[256];
    code->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!code->library)
        return mnn_fail_file(err, MNN_EINTERNAL, path, "could not load the compiled code: %s",
                             mnn_printable(reason, sizeof reason, dlerror()));
    code->predict = symbol_of(code, "predict");
    return code->predict ? MNN_OK
                         : mnn_fail_file(err, MNN_EFORMAT, path, "there is no %s_predict()", code->form.prefix);
}

/* Compile into a temporary folder; what is loaded stays when the folder is gone. */
static mnn_status build(const char *path, FILE *log, mnn_inference_code *code, mnn_error *err)
{
    const char *base = getenv("TMPDIR");
    char *folder = NULL, *library = NULL;
    mnn_status status = MNN_OK;
    if (asprintf(&folder, "%s/mnn-verify-XXXXXX", base && *base ? base : "/tmp") < 0)
        return mnn_fail(err, MNN_ENOMEM, "out of memory");
    if (!mkdtemp(folder)) {
        status = mnn_fail_file(err, MNN_EIO, folder, "could not create: %s", strerror(errno));
    } else if (asprintf(&library, "%s/code.so", folder) < 0) {
        library = NULL;
        status = mnn_fail(err, MNN_ENOMEM, "out of memory");
    } else {
        const int places[] = {mnn_leftover_note(folder), mnn_leftover_note(library)};
        status = compile(path, library, log, err);
        if (!status)
            status = load_library(path, library, code, err);
        unlink(library);
        mnn_leftover_forget(places[0]);
        mnn_leftover_forget(places[1]);
    }
    rmdir(folder);
    free(library);
    free(folder);
    return status;
}

/* "out/digits.c", "digits.bin" -> "out/digits.bin" */
static char *beside(const char *path, const char *name)
{
    char *made = NULL;
    return asprintf(&made, "%.*s%s", (int)mnn_place_folder(path), path, name) < 0 ? NULL : made;
}

static mnn_status read_weights(const char *path, mnn_inference_code *code, mnn_error *err)
{
    size_t got;
    const mnn_status status = mnn_file_load(path, SIZE_MAX, &code->weights, &got, err);
    if (status)
        return status;
    int (*load)(const void *, size_t);
    *(void **)&load = symbol_of(code, "load");
    const int verdict = load ? load(code->weights, got) : -1;
    return verdict ? mnn_fail_file(err, MNN_EFORMAT, path, "the code rejects these weights (%s_load() gives %d)",
                                   code->form.prefix, verdict)
                   : MNN_OK;
}

mnn_status mnn_inference_open(const char *path, FILE *log, mnn_inference_code *out, mnn_error *err)
{
    mnn_inference_code code = {0};
    mnn_status status = read_form(path, &code.form, err);
    if (!status)
        status = build(path, log, &code, err);
    if (!status && code.form.callers_work && !(code.work = malloc((size_t)code.form.work_bytes + 1)))
        status = mnn_fail_memory(err, path, (uint64_t)code.form.work_bytes);
    if (!status && code.form.weights[0]) {
        char *weights = beside(path, code.form.weights);
        status = weights ? read_weights(weights, &code, err) : mnn_fail(err, MNN_ENOMEM, "out of memory");
        free(weights);
    }
    if (status)
        mnn_inference_close(&code);
    else
        *out = code;
    return status;
}

void mnn_inference_close(mnn_inference_code *code)
{
    if (code->library)
        dlclose(code->library);
    free(code->work);
    free(code->weights);
    *code = (mnn_inference_code){0};
}

int mnn_inference_predict(const mnn_inference_code *code, const void *input, float *output)
{
    int class = -1;
    if (code->form.gives_class && code->work) {
        int (*predict)(const void *, void *);
        *(void **)&predict = code->predict;
        class = predict(input, code->work);
    } else if (code->form.gives_class) {
        int (*predict)(const void *);
        *(void **)&predict = code->predict;
        class = predict(input);
    } else if (code->work) {
        void (*predict)(const void *, float *, void *);
        *(void **)&predict = code->predict;
        predict(input, output, code->work);
    } else {
        void (*predict)(const void *, float *);
        *(void **)&predict = code->predict;
        predict(input, output);
    }
    return class;
}
