/* mnnc --emit=inference and --emit=onnx: weights from any file for a program that is there. What comes of the weights
 * that are taken must be C whose numbers are all finite, in floats and in 8-bit integers, and the same one twice.
 *
 * An input is a byte that says which program and form, and the file. */
#define _GNU_SOURCE
#include "safetensors_input.h"

#include <ctype.h>
#include <setjmp.h>

#include "deploy/quantize.h"
#include "driver/weights.h"
#include "emit/inference.h"
#include "mnn/status.h"
#include "passes/passes.h"
#include "sema/sema.h"
#include "syntax/parse.h"

#define DATA "data d {\n    train = idx(\"i\", \"l\")\n    scale(1/255)\n    reshape(4, 4, 1)\n}\nmodel m {\n"
#define TRAIN "}\ntrain {\n    loss = sparse_categorical_crossentropy\n    optimizer = sgd\n}\n"

/* What changes weights: batchnorms that are folded, and that are not, behind kernels of three kinds. */
static const char *const programs[] = {
    DATA "conv2d(2, 3, use_bias=false)\nbatchnorm()\nactivation(relu)\nmaxpool2d(2)\nflatten()\n"
         "dense(3, activation=softmax)\n" TRAIN,
    DATA "batchnorm()\ndepthwise_conv2d(3)\nactivation(relu)\nbatchnorm()\nflatten()\ndense(3)\nlayernorm()\n"
         "activation(softmax)\n" TRAIN,
};
enum { PROGRAMS = sizeof programs / sizeof *programs, PIXELS = 16, SAMPLES = 4 };

static plan *plan_of(arena *a, const char *text)
{
    source *s = NULL;
    span at = {0};
    const char *message = NULL;
    diag_list *d = diag_new(a, "x.mnn");
    must(source_from_text(a, "x.mnn", text, strlen(text), &s, &at, &message) == MNN_OK, "the program is text");
    ast_file *file = parse_file(a, d, s);
    ir_program *program = file ? sema_analyze(a, d, file, &(sema_options){.definitions = NULL}) : NULL;
    ir_context cx = {a, d, program};
    const bool passed = program && run_passes(&cx, &message);
    plan *p = passed ? plan_make(a, d, program, &(plan_options){0}) : NULL;
    if (!p)
        diag_print(d, stderr);
    must(p != NULL, "the program is a right one");
    return p;
}

/* weights_load() reports on stderr: what it says is caught, and must name the file. */
static int load(arena *a, const plan *p, const char *path, float ***weights)
{
    FILE *shown = stderr;
    char *said = NULL;
    size_t size = 0;
    FILE *caught = open_memstream(&said, &size);
    if (!caught)
        abort();
    stderr = caught;
    const int status = weights_load(a, p->program, path, "0", weights);
    stderr = shown;
    fclose(caught);
    must(status == MNN_OK || status == MNN_EFORMAT || status == MNN_ENOMEM, "a status that is named");
    must((status != MNN_OK) == (strstr(said, "error:") != NULL), "a message for what is refused, and for nothing else");
    must(size == 0 || strstr(said, path) != NULL, "the message names the file");
    free(said);
    return status;
}

/* Whether a number stands there that is none in C: "nanf", "inf". Behind a letter these are parts of words. */
static bool has_no_number(const char *text)
{
    static const char *const words[] = {"nan", "inf"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (const char *at = strstr(text, words[i]); at; at = strstr(at + 1, words[i])) {
            const char *end = at + strlen(words[i]) + (at[strlen(words[i])] == 'f');
            if (at > text && !isalnum((unsigned char)at[-1]) && at[-1] != '_' && !isalnum((unsigned char)*end) &&
                *end != '_')
                return true;
        }
    return false;
}

static const char *emit(arena *a, const plan *p, float *const *weights, const net_options *choice)
{
    static uint8_t bytes[SAMPLES * PIXELS];
    static float floats[SAMPLES * PIXELS];
    const char *why = NULL;
    for (int i = 0; i < SAMPLES * PIXELS; i++) {
        bytes[i] = (uint8_t)(i * 37);
        floats[i] = (float)bytes[i] / 255.0f;
    }
    network *n = net_make(a, p, weights, choice);
    int64_t element;
    if (net_not_finite(n, &element) != NULL)
        return "";
    if (choice->quantized && net_not_quantizable(n, &why) != NULL) {
        must(why != NULL, "a reason");
        return "";
    }
    net_loss loss;
    if (choice->quantized &&
        !net_quantize(n, &(net_samples){.bytes = bytes, .floats = floats, .count = SAMPLES}, NULL, &loss))
        return "";
    const emit_inference_options options = {.emit = {.source_name = "x.mnn", .description = "0"}, .prefix = "m"};
    const char *code = emit_inference(n, &options);
    return code ? code : ""; /* a constant that C cannot express: mnnc refuses the weights */
}

/* Weights that can be read can be written: the size of the ONNX model depends on the shapes only. */
static size_t onnx_size(arena *a, const plan *p, float *const *weights)
{
    plan own = *p;
    size_t size = 0;
    own.arena = a;
    must(emit_onnx(&own, &(emit_options){.description = "0"}, weights, &size) != NULL, "a small model fits the format");
    return size;
}

/* Made once. */
static const plan *program(int number)
{
    static const plan *made[PROGRAMS];
    static jmp_buf out_of_memory;
    if (made[number])
        return made[number];
    if (setjmp(out_of_memory) != 0)
        abort();
    made[number] = plan_of(arena_new(&out_of_memory), programs[number]);
    return made[number];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    jmp_buf out_of_memory;
    if (size == 0)
        return 0;
    if (setjmp(out_of_memory) != 0)
        abort();
    arena *a = arena_new(&out_of_memory);
    const plan *p = program(data[0] % PROGRAMS);
    const net_options choice = {
        .input = NET_BYTES, .argmax_only = data[0] / PROGRAMS % 2, .quantized = data[0] / PROGRAMS / 2 % 2};
    const input_file file = input_open(data + 1, size - 1);
    float **weights;
    if (load(a, p, file.path, &weights) == MNN_OK) {
        const char *code = emit(a, p, weights, &choice);
        must(!has_no_number(code), "numbers that C can write");
        must(strcmp(code, emit(a, p, weights, &choice)) == 0, "the same C twice");
        must(onnx_size(a, p, weights) == onnx_size(a, p, weights), "the same model twice");
    }
    input_close(&file);
    arena_free(a);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    const size_t changed = LLVMFuzzerMutate(data, size, room);
    if (seed % 2)
        safetensors_set_length(data, changed, 1);
    return changed;
}
