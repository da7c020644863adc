/* The interface of inference code: constants, the type of the working memory, functions with their comments. */
#include "emit/inference_parts.h"

#include <ctype.h>
#include <string.h>

const char *inference_constant_prefix(inference *i)
{
    char *upper = arena_strdup(i->n->arena, i->o->prefix);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return upper;
}

const char *inference_input_name(const inference *i)
{
    return i->n->options.input == NET_BYTES ? "image" : "input";
}

const char *inference_output_name(const inference *i)
{
    return i->n->is_probability ? "probability" : "output";
}

const char *inference_signature(inference *i)
{
    const network *n = i->n;
    const char *prefix = i->o->prefix;
    const char *in = emit_text(&i->e, "const %s %s[%lld]", n->options.input == NET_BYTES ? "uint8_t" : "float",
                               inference_input_name(i), (long long)n->input->elements);
    const char *work = i->o->reentrant && net_work_bytes(n) > 0 ? emit_text(&i->e, ", %s_work *work", prefix) : "";
    if (n->options.argmax_only)
        return emit_text(&i->e, "int %s_predict(%s%s)", prefix, in, work);
    return emit_text(&i->e, "void %s_predict(%s, float %s[%lld]%s)", prefix, in, inference_output_name(i),
                     (long long)n->output->elements, work);
}

static void declare_constants(inference *i)
{
    const network *n = i->n;
    const char *p = inference_constant_prefix(i);
    cw_open(&i->e.w, "enum");
    cw_line(&i->e.w, "%s_INPUTS = %lld,", p, (long long)n->input->elements);
    cw_line(&i->e.w, "%s_OUTPUTS = %lld,", p, (long long)n->output->elements);
    cw_line(&i->e.w, "%s_WORK_BYTES = %lld, /* working memory, %s */", p, (long long)net_work_bytes(n),
            i->o->reentrant ? "the caller's" : "static");
    cw_line(&i->e.w, "%s_WEIGHT_BYTES = %lld /* constants%s */", p, (long long)net_weight_bytes(n),
            i->o->weights_file ? ", in the weights file" : "");
    cw_close(&i->e.w, ";");
}

static void declare_work(inference *i)
{
    const network *n = i->n;
    if (net_work_bytes(n) == 0)
        return;
    cw_blank(&i->e.w);
    cw_comment(&i->e.w, "Working memory of a prediction; its contents are irrelevant before and after.%s",
               i->o->reentrant ? " Concurrent\npredictions need one each." : "");
    cw_open(&i->e.w, "typedef struct %s_work", i->o->prefix);
    if (n->scores)
        cw_line(&i->e.w, "int32_t scores[%lld];", (long long)n->scores);
    if (n->work)
        cw_line(&i->e.w, "%s values[%lld];", n->options.quantized ? "uint8_t" : "float", (long long)n->work);
    if (n->places)
        cw_line(&i->e.w, "%s places[%lld];", i->n->form.place_type, (long long)n->places);
    cw_close(&i->e.w, emit_text(&i->e, " %s_work;", i->o->prefix));
}

/** "bytes as in the data files, 0 to 255; image * 0.00392156886f is applied inside" */
static const char *input_text(inference *i)
{
    const ir_data *data = &i->n->plan->program->data;
    str s = str_new(i->n->arena);
    const char *name = inference_input_name(i);
    str_add(&s,
            i->n->options.input == NET_BYTES ? "bytes as in the data files, 0 to 255" : "floats as in the data files");
    if ((float)data->scale == 1.0f && (float)data->shift == 0.0f)
        return s.text;
    str_printf(&s, ";\n    %s", name);
    if ((float)data->scale != 1.0f)
        str_printf(&s, " * %s", cw_f32(&i->e.w, data->scale));
    if ((float)data->shift != 0.0f)
        str_printf(&s, " %s %s", data->shift < 0 ? "-" : "+",
                   cw_f32(&i->e.w, data->shift < 0 ? -data->shift : data->shift));
    str_add(&s, ", as in the description, is applied inside");
    return s.text;
}

enum { NAMES_SHOWN = 64 };

/** ", \"heat\", \"cool\"": of the columns that are the inputs, or of the targets.
 *  @return "" if there are no names, or too many to show */
static const char *names_text(inference *i, const char *const *names, int64_t count)
{
    str s = str_new(i->n->arena);
    for (int64_t k = 0; k < count && names != NULL && count <= NAMES_SHOWN; k++)
        str_printf(&s, "%s\"%s\"",
                   k % 6 == 0 && k > 0 ? ",\n    "
                   : k > 0             ? ", "
                                       : ":\n    ",
                   str_printable(i->n->arena, names[k], strlen(names[k])));
    return s.text ? s.text : "";
}

/** The names of the targets, one per output; NULL: they have none. */
static const char *const *target_names(inference *i)
{
    const ir_source *train = &i->n->plan->program->data.train;
    const char **names = arena_array(i->n->arena, (size_t)i->n->output->elements, sizeof *names);
    int64_t count = 0;
    for (const char *const *o = train->options; o != NULL && *o != NULL; o++)
        if (strncmp(*o, "target=", 7) == 0 && count++ < i->n->output->elements)
            names[count - 1] = *o + 7;
    return count == i->n->output->elements && !i->n->classes ? names : NULL;
}

static void declare_class_names(inference *i)
{
    const ir_data *data = &i->n->plan->program->data;
    if (data->class_names == NULL)
        return;
    cw_blank(&i->e.w);
    cw_comment(&i->e.w, "The names of the classes, in the order of the outputs.");
    cw_line(&i->e.w, "extern const char *const %s_class_name[%d];", i->o->prefix, data->class_count);
}

void inference_class_names(inference *i)
{
    const ir_data *data = &i->n->plan->program->data;
    if (data->class_names == NULL)
        return;
    cw_blank(&i->e.w);
    cw_open(&i->e.w, "const char *const %s_class_name[%d] =", i->o->prefix, data->class_count);
    for (int k = 0; k < data->class_count; k++)
        cw_line(&i->e.w, "%s,", cw_str(&i->e.w, data->class_names[k]));
    cw_close(&i->e.w, ";");
}

static void declare_predict(inference *i)
{
    const network *n = i->n;
    const char *model = n->plan->program->model_name;
    str s = str_new(n->arena);
    str_printf(&s, "%s of the model \"%s\", for one sample.\n", n->options.argmax_only ? "The class" : "The outputs",
               str_printable(n->arena, model, strlen(model)));
    str_printf(&s, "@param %s  %s, row by row: %s%s\n", inference_input_name(i), inference_dims(i, n->input->shape),
               input_text(i), names_text(i, n->plan->program->data.column_names, n->plan->program->data.columns));
    if (!n->options.argmax_only)
        str_printf(&s, "@param %s  %s, filled: %s%s\n", inference_output_name(i), inference_dims(i, n->output->shape),
                   n->is_probability && n->output->elements == 1 ? "probability of class 1, 0 to 1"
                   : n->is_probability                           ? "per class, 0 to 1"
                   : n->classes ? "a score per class; the largest is the predicted class"
                                : "outputs of the last layer",
                   names_text(i, target_names(i), n->output->elements));
    else
        str_printf(&s, "@return 0 to %lld\n", (long long)n->classes - 1);
    if (i->o->reentrant && net_work_bytes(n) > 0)
        str_add(&s, "@param work  working memory of this call");
    else if (net_work_bytes(n) > 0)
        str_add(&s, "Not thread-safe: the working memory is static.");
    else
        str_add(&s, "Thread-safe.");
    if (i->o->weights_file)
        str_printf(&s, "\nOnly after %s_load() has returned 0.", i->o->prefix);
    cw_blank(&i->e.w);
    cw_comment(&i->e.w, "%s", s.text);
    cw_line(&i->e.w, "%s;", inference_signature(i));
}

static void declare_load(inference *i)
{
    if (!i->o->weights_file)
        return;
    cw_blank(&i->e.w);
    cw_comment(&i->e.w,
               "Set the weights. They are not copied: the memory must stay valid.\n"
               "@param data  the contents of the file \"%s\", at an address divisible by 4:\n%s"
               "@return 0: success; 1: wrong address; 2: wrong size; 3: not a weights file, or another byte order;\n"
               "4: another model or another version of mnnc; 5: wrong checksum. On failure nothing is changed.",
               str_printable(i->n->arena, i->o->weights_file, strlen(i->o->weights_file)), inference_layout(i));
    cw_line(&i->e.w, "int %s_load(const void *data, size_t size);", i->o->prefix);
}

void inference_declarations(inference *i)
{
    declare_constants(i);
    declare_work(i);
    declare_class_names(i);
    declare_load(i);
    declare_predict(i);
}

const char *emit_inference_header(const network *n, const emit_inference_options *options)
{
    inference i = {{.w = cw_new(n->arena), .plan = n->plan, .options = &options->emit}, n, options};
    cwriter *w = &i.e.w;
    const char *p = inference_constant_prefix(&i);
    cw_comment(w,
               "Predictions of %s: inference code generated by mnnc from %s.\n"
               "Generated: edit the .mnn file instead.",
               str_printable(n->arena, n->plan->program->model_name, strlen(n->plan->program->model_name)),
               options->emit.source_name);
    cw_line(w, "#ifndef %s_H", p);
    cw_line(w, "#define %s_H", p);
    cw_blank(w);
    if (options->weights_file)
        cw_line(w, "#include <stddef.h>");
    cw_line(w, "#include <stdint.h>");
    cw_blank(w);
    cw_line(w, "#ifdef __cplusplus");
    cw_line(w, "extern \"C\" {");
    cw_line(w, "#endif");
    cw_blank(w);
    inference_declarations(&i);
    cw_blank(w);
    cw_line(w, "#ifdef __cplusplus");
    cw_line(w, "}");
    cw_line(w, "#endif");
    cw_blank(w);
    cw_line(w, "#endif");
    return w->out.text;
}
