/* Inference code: one C99 file, from the banner to PREFIX_predict(). */
#include "emit/inference_parts.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "deploy/quantize.h"

/* --- what the layers share ------------------------------------------------------------------------ */

const char *inference_dims(inference *i, ir_shape shape)
{
    str s = str_new(i->n->arena);
    str_add_char(&s, '[');
    for (int d = 0; d < shape.rank; d++)
        str_printf(&s, "%s%lld", d ? ", " : "", (long long)shape.dim[d]);
    str_add_char(&s, ']');
    return s.text;
}

const char *inference_equation(inference *i, const net_op *op, const char *inside)
{
    if (op->pool)
        inside = emit_text(&i->e, "maxpool2d(%s)", inside);
    return emit_equation_of(&i->e, op->activation, inside);
}

/** "dense (mlp.mnn:10)" */
static const char *origin(inference *i, const ir_op *op)
{
    if (!op->at.source)
        return op->layer;
    return emit_text(&i->e, "%s (%s:%d)", op->layer, i->o->emit.source_name,
                     source_locate(op->at.source, op->at.begin).line);
}

void inference_open(inference *i, const net_op *op, const char *parameters, const char *equation, ...)
{
    str formula = str_new(i->n->arena);
    va_list args;
    va_start(args, equation);
    str_vprintf(&formula, equation, args);
    va_end(args);
    const char *where = ir_has(op->code, IR_STARTS) ? "factor and offset" : "kernel and bias";
    const char *folded = op->folded ? emit_text(&i->e, "\n%s is in %s", op->folded, where) : "";
    cw_blank(&i->e.w);
    cw_comment(&i->e.w, "%s: %s%s", origin(i, op->op), formula.text, folded);
    cw_line(&i->e.w, "static void %s_forward(%s)", op->c_name, parameters);
    cw_body(&i->e.w);
}

const char *inference_loop(inference *i, const char *variable, long long count)
{
    return emit_text(&i->e, "for (int %s = 0; %s < %lld; %s++)", variable, variable, count, variable);
}

bool inference_is_by_number(const net_op *op)
{
    return op->activation.kind != LANG_ACTIVATION_LINEAR && op->activation.kind != LANG_ACTIVATION_SOFTMAX;
}

void inference_assign(inference *i, const net_op *op, const char *target, const char *z)
{
    if (inference_is_by_number(op)) {
        cw_line(&i->e.w, "const float z = %s;", z);
        z = emit_activation_of(&i->e, op->activation, "z", FORMULA_PLAIN_FLOAT);
    }
    cw_line(&i->e.w, "%s = %s;", target, z);
}

void inference_store(inference *i, const net_op *op, const char *loop, const char *target, const char *z)
{
    if (inference_is_by_number(op)) {
        cw_open(&i->e.w, "%s", loop);
        inference_assign(i, op, target, z);
        cw_close(&i->e.w, "");
    } else {
        cw_line(&i->e.w, "%s", loop);
        cw_line(&i->e.w, "    %s = %s;", target, z);
    }
}

void inference_softmax(inference *i, const net_op *op, const char *out)
{
    if (op->activation.kind != LANG_ACTIVATION_SOFTMAX)
        return;
    const ir_shape shape = op->activation_shape;
    const long long classes = shape.dim[shape.rank - 1], groups = op->output->elements / classes;
    const char *function = op->power ? "softmax_of_bytes" : "softmax";
    const char *power = op->power ? emit_text(&i->e, ", %s_power", op->c_name) : "";
    if (groups == 1) {
        cw_line(&i->e.w, "%s(%lld, %s%s);", function, classes, out, power);
    } else {
        cw_line(&i->e.w, "for (int j = 0; j < %lld; j++)", groups);
        cw_line(&i->e.w, "    %s(%lld, %s + j * %lld%s);", function, classes, out, classes, power);
    }
}

void inference_close(inference *i, const net_op *op)
{
    inference_softmax(i, op, "out");
    cw_close(&i->e.w, "");
}

/** Whether the last activation of integers is a function of floats that math.h has. */
static bool has_float_end(const network *n)
{
    const ir_activation f = n->last->activation;
    return !n->options.argmax_only && (f.formula ? scalar_calls(f.formula->value) : f.kind == LANG_ACTIVATION_SOFTMAX);
}

static bool calls_mathematics(const network *n)
{
    for (const net_op *op = n->ops; op; op = op->next) {
        if (op->norm)
            return true;
        for (int k = 0; k < op->form->count && !n->options.quantized; k++)
            if (scalar_calls(op->form->nest[k]->body))
                return true;
    }
    return n->options.quantized && has_float_end(n);
}

/* --- banner --------------------------------------------------------------------------------------- */

static void add_layers(inference *i, str *s)
{
    emitter *e = &i->e;
    str_printf(s, "%-30s %-14s %15s %5s\n", "layer", "output", "weights", "line");
    for (const net_op *op = i->n->ops; op; op = op->next) {
        const char *f = op->activation.kind == LANG_ACTIVATION_LINEAR || ir_has(op->code, IR_MAPS)
                            ? ""
                            : emit_text(e, ", %s", ir_activation_name(op->activation.kind));
        const char *what = emit_text(e, "%s (%s%s%s%s)", op->op->layer, ir_op_name(op->code),
                                     op->norm     ? ", layernorm"
                                     : op->folded ? ", batchnorm"
                                                  : "",
                                     op->pool ? ", maxpool2d" : "", f);
        const char *line =
            op->op->at.source ? emit_text(e, "%d", source_locate(op->op->at.source, op->op->at.begin).line) : "";
        const int64_t weights = (op->kernel ? op->kernel->elements : 0) + (op->bias ? op->bias->elements : 0);
        str_printf(s, "%-30s %-14s %15s %5s\n", what, emit_size_text(e, op->output->shape), emit_thousands(e, weights),
                   line);
    }
}

/** A file name as "verify" reads it back: one word, in which every byte but letters, digits, "-", "_" and "." is
 * written as %XX, so that no byte ends the line or the comment. */
static const char *encoded_name(inference *i, const char *name)
{
    str s = str_new(i->n->arena);
    str_add(&s, "");
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (isalnum(*c) || strchr("-_.", *c))
            str_add_char(&s, (char)*c);
        else
            str_printf(&s, "%%%02X", (unsigned)*c);
    return s.text;
}

/** The last line of the banner, what "verify" of the trainer reads: the function's name and form. */
static void add_interface(inference *i, str *s)
{
    const network *n = i->n;
    str_printf(s, "\nmnn-inference 1: %s input %s %lld output %s %lld work %s %lld arithmetic %s weights %s\n",
               i->o->prefix, n->options.input == NET_BYTES ? "uint8" : "float32", (long long)n->input->elements,
               n->options.argmax_only ? "class" : "float32", (long long)n->output->elements,
               i->o->reentrant && net_work_bytes(n) > 0 ? "caller" : "static", (long long)net_work_bytes(n),
               n->options.quantized ? "int8" : "float32",
               i->o->weights_file ? emit_text(&i->e, "file %s", encoded_name(i, i->o->weights_file)) : "inside");
}

static void write_banner(inference *i)
{
    const network *n = i->n;
    const char *model = n->plan->program->model_name;
    str s = str_new(n->arena);
    str_printf(&s, "%s: inference code generated by mnnc from %s and trained weights. C99, no libraries%s.\n",
               str_printable(n->arena, model, strlen(model)), i->o->emit.source_name,
               !i->o->freestanding && calls_mathematics(n) ? " except math.h" : "");
    str_add(&s, "Generated: retrain or edit the .mnn file instead.\n\n");
    add_layers(i, &s);
    str_printf(&s, "\n%s bytes of weights%s, %s bytes of working memory (%s), under 2 KB of stack.\n",
               emit_thousands(&i->e, net_weight_bytes(n)), n->options.quantized ? " (8-bit integers)" : "",
               emit_thousands(&i->e, net_work_bytes(n)), i->o->reentrant ? "the caller's" : "static");
    str_add(&s, "Images are height x width x channels, matrices row-major.\n");
    add_interface(i, &s);
    s.text[--s.length] = '\0';
    cw_comment(&i->e.w, "%s", s.text);
}

/* --- the file ------------------------------------------------------------------------------------- */

/** See MNN_KEEP_CONDITIONS of mnn/step.h. */
static void write_keep_conditions(inference *i)
{
    bool is_needed = false;
    for (const net_op *op = i->n->ops; op; op = op->next)
        is_needed = is_needed || op->function.has_conditions;
    if (!is_needed)
        return;
    const char *prefix = inference_constant_prefix(i);
    cw_blank(&i->e.w);
    cw_comment(&i->e.w,
               "gcc 12 for AVX-512 reads 0 for elements under a condition that is the same for all passes of a loop");
    cw_line(&i->e.w, "#if defined(__GNUC__) && !defined(__clang__)");
    cw_line(&i->e.w, "#define %s_KEEP_CONDITIONS __attribute__((optimize(\"no-tree-loop-if-convert\")))", prefix);
    cw_line(&i->e.w, "#else");
    cw_line(&i->e.w, "#define %s_KEEP_CONDITIONS", prefix);
    cw_line(&i->e.w, "#endif");
}

static void write_includes(inference *i)
{
    cwriter *w = &i->e.w;
    if (!i->o->freestanding && calls_mathematics(i->n))
        cw_line(w, "#include <math.h>");
    if (i->o->weights_file)
        cw_line(w, "#include <stddef.h>");
    cw_line(w, "#include <stdint.h>");
    cw_blank(w);
    if (i->o->header)
        cw_line(w, "#include \"%s\"", i->o->header); /* the driver takes only names that need no escape */
    else
        inference_declarations(i);
    write_keep_conditions(i);
}

/** int8: the last activation is one of floats. */
static bool needs_softmax(const network *n)
{
    if (!n->options.quantized)
        return false;
    for (const net_op *op = n->ops; op; op = op->next)
        if (op->activation.kind == LANG_ACTIVATION_SOFTMAX && !op->power)
            return true;
    return false;
}

static void write_softmax(inference *i)
{
    cwriter *w = &i->e.w;
    cw_blank(w);
    cw_comment(w, "z[j] = exp(z[j] - largest) / sum over k of exp(z[k] - largest)");
    cw_line(w, "static void softmax(int n, float *z)");
    cw_body(w);
    cw_line(w, "float largest = z[0], sum = 0.0f;");
    cw_line(w, "for (int j = 1; j < n; j++)");
    cw_line(w, "    largest = z[j] > largest ? z[j] : largest;");
    cw_open(w, "for (int j = 0; j < n; j++)");
    cw_line(w, "z[j] = expf(z[j] - largest);");
    cw_line(w, "sum += z[j];");
    cw_close(w, "");
    cw_line(w, "for (int j = 0; j < n; j++)");
    cw_line(w, "    z[j] /= sum;");
    cw_close(w, "");
}

/* --- layers --------------------------------------------------------------------------------------- */

static void write_layer(inference *i, const net_op *op)
{
    const net_form *f = op->form;
    str equations = str_new(i->n->arena);
    str_printf(&equations, "\n    %s", nest_equations(i->n->arena, f->nest[0], f->nest[f->count - 1]->next, "\n    "));
    if (op->folded)
        str_printf(&equations, "\n%s is in kernel and bias", op->folded);
    if (op->function.takes_places)
        str_add(&equations, "\ninputs are often 0: place[] lists the others");
    cw_blank(&i->e.w);
    cw_comment(&i->e.w, "%s:%s", origin(i, op->op), equations.text);
    if (op->function.has_conditions)
        cw_line(&i->e.w, "%s_KEEP_CONDITIONS", inference_constant_prefix(i));
    cw_line(&i->e.w, "static void %s_forward(%s)", op->c_name, op->function.parameters);
    ct_print_body(&i->e.w, op->function.body);
}

/* --- the entry point ------------------------------------------------------------------------------ */

static const char *place_of(inference *i, const net_value *v)
{
    if (v->place == NET_INPUT)
        return inference_input_name(i);
    if (v->place == NET_OUTPUT)
        return i->n->scores ? "work->scores" : inference_output_name(i);
    return v->offset ? emit_text(&i->e, "work->values + %lld", (long long)v->offset) : "work->values";
}

/** A tensor as an argument, in the type that the function takes. */
static const char *argument(inference *i, const net_op *op, const nest_tensor *t)
{
    const nest_tensor *whole = nest_whole(t);
    const char *place = whole == i->n->samples ? inference_input_name(i) : place_of(i, net_value_of(i->n, t));
    if (t->rank < 2)
        return place;
    ct_type type = lower_type(i->n->arena, t, &i->n->form, true);
    if (!whole->is_local && whole != op->form->out && whole != op->form->out->viewed &&
        strncmp(type.base, "const ", 6) != 0)
        type.base = emit_text(&i->e, "const %s", type.base);
    return emit_text(&i->e, strchr(place, ' ') ? "%s(%s)" : "%s%s", ct_cast(i->n->arena, &type), place);
}

static void write_float_call(inference *i, const net_op *op)
{
    const lowered *l = &op->function;
    str s = str_new(i->n->arena);
    for (int k = 0; k < l->operand_count; k++) {
        if (l->takes_places && k == l->operand_count - 1)
            str_add(&s, "work->places, ");
        str_printf(&s, "%s%s", argument(i, op, l->operand[k]), k + 1 < l->operand_count ? ", " : "");
    }
    cw_line(&i->e.w, "%s_forward(%s);", op->c_name, s.text);
}

static void write_call(inference *i, const net_op *op)
{
    if (!i->n->options.quantized) {
        write_float_call(i, op);
        return;
    }
    str s = str_new(i->n->arena);
    str_printf(&s, "%s_forward(", op->c_name);
    if (ir_has(op->code, IR_STARTS))
        str_printf(&s, "%s, ", inference_input_name(i));
    for (int k = 0; k < op->input_count; k++)
        str_printf(&s, "%s, ", place_of(i, op->input[k]));
    cw_line(&i->e.w, "%s%s);", s.text, place_of(i, op->output));
}

/** The class: the first of the largest outputs, or whether the one output lies above its threshold. */
static void write_answer(inference *i)
{
    cwriter *w = &i->e.w;
    const char *out = place_of(i, i->n->output);
    cw_line(w, "const float *z = %s;", out);
    if (i->n->output->elements == 1) {
        cw_line(w, "return z[0] > %s;", cw_f32(w, i->n->threshold));
        return;
    }
    cw_line(w, "int best = 0;");
    cw_line(w, "for (int j = 1; j < %lld; j++)", (long long)i->n->output->elements);
    cw_line(w, "    best = z[j] > z[best] ? j : best;");
    cw_line(w, "return best;");
}

static void write_predict(inference *i)
{
    cwriter *w = &i->e.w;
    cw_blank(w);
    cw_line(w, "%s", inference_signature(i));
    cw_body(w);
    if (!i->o->reentrant && net_work_bytes(i->n) > 0) {
        cw_line(w, "static %s_work memory;", i->o->prefix);
        cw_line(w, "%s_work *const work = &memory;", i->o->prefix);
    }
    for (const net_op *op = i->n->ops; op; op = op->next)
        write_call(i, op);
    if (i->n->scores)
        inference_integer_class(i);
    else if (i->n->options.argmax_only)
        write_answer(i);
    cw_close(w, "");
}

const char *emit_inference(const network *n, const emit_inference_options *options)
{
    inference i = {{.w = cw_new(n->arena), .plan = n->plan, .options = &options->emit}, n, options};
    write_banner(&i);
    write_includes(&i);
    if (n->options.quantized)
        inference_integer_constants(&i);
    else
        inference_constants(&i);
    const size_t begin = i.e.w.out.length;
    emit_section(&i.e, "layers");
    if (needs_softmax(n))
        write_softmax(&i);
    if (n->options.quantized)
        inference_integer_layers(&i);
    for (const net_op *op = n->ops; op && !n->options.quantized; op = op->next)
        write_layer(&i, op);
    if (options->freestanding)
        inference_own_functions(&i, begin);
    emit_section(&i.e, "entry point");
    inference_class_names(&i);
    write_predict(&i);
    return i.e.w.unwritable ? NULL : i.e.w.out.text;
}

/* --- what takes the space ------------------------------------------------------------------------- */

const char *emit_inference_ram(const network *n)
{
    emitter e = {.w = cw_new(n->arena), .plan = n->plan};
    str s = str_new(n->arena);
    const int64_t size = n->options.quantized ? 1 : 4;
    str_printf(&s, "%-30s %12s %12s\n", "working memory", "at byte", "bytes");
    for (const net_op *op = n->ops; op; op = op->next)
        if (op->output->place == NET_WORK)
            str_printf(&s, "%-30s %12s %12s\n", op->c_name,
                       emit_thousands(&e, 4 * n->scores + size * op->output->offset),
                       emit_thousands(&e, size * op->output->elements));
    if (n->scores)
        str_printf(&s, "%-30s %12s %12s\n", "scores", emit_thousands(&e, 0), emit_thousands(&e, 4 * n->scores));
    if (n->places)
        str_printf(&s, "%-30s %12s %12s\n", "inputs that are not 0", emit_thousands(&e, 4 * n->work),
                   emit_thousands(&e, net_work_bytes(n) - 4 * n->work));
    return s.text;
}

const char *emit_inference_flash(const network *n)
{
    emitter e = {.w = cw_new(n->arena), .plan = n->plan};
    str s = str_new(n->arena);
    str_printf(&s, "%-30s %12s\n", "constants", "bytes");
    for (const net_op *op = n->ops; op && n->options.quantized; op = op->next)
        if (net_integer_bytes(op) > 0)
            str_printf(&s, "%-30s %12s\n", op->c_name, emit_thousands(&e, net_integer_bytes(op)));
    for (const net_tensor *t = n->tensors; t && !n->options.quantized; t = t->next)
        str_printf(&s, "%-30s %12s\n", t->c_name, emit_thousands(&e, 4 * t->elements));
    return s.text;
}
