/* --emit=dot: the layers as a graph for graphviz. */
#include "emit/ops.h"

/** User text inside a quoted label. */
static const char *label(emitter *e, const char *name)
{
    str s = str_new(e->plan->arena);
    for (const char *c = name; *c; c++)
        if (*c == '"' || *c == '\\')
            str_printf(&s, "\\%c", *c);
        else if ((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f)
            str_add_char(&s, *c);
        else
            str_add_char(&s, '?');
    return s.text;
}

/** The number of the operation that made a value, for a node's name. */
static int number_of(const ir_op *first, const ir_value *v)
{
    int n = 0;
    for (const ir_op *op = first; op; op = op->next, n++)
        if (op->output[0] == v)
            break;
    return n;
}

static void add_node(emitter *e, str *s, const ir_op *op, int number)
{
    const char *f = op->code == IR_ACTIVATION ? ir_activation_name(op->attr.activation) : ir_op_name(op->code);
    int64_t parameters = 0;
    for (int i = 0; i < op->input_count; i++)
        if (op->input[i]->kind == IR_VALUE_PARAMETER)
            parameters += ir_elements(op->input[i]->shape);
    str_printf(s, "    n%d [label=\"%s\\n%s", number, label(e, op->layer), f);
    if (parameters)
        str_printf(s, "\\n%s parameters", thousands(e, parameters));
    str_add(s, "\"];\n");
}

const char *emit_dot(const plan *p)
{
    emitter e = {cw_new(p->arena), p, NULL};
    const ir_op *written = p->program->graph->written;
    str s = str_new(p->arena);
    str_printf(&s, "digraph \"%s\" {\n    rankdir=TB;\n    node [shape=box, fontname=\"sans-serif\"];\n",
               label(&e, p->program->model_name));
    int n = 0;
    for (const ir_op *op = written; op; op = op->next)
        add_node(&e, &s, op, n++);
    n = 0;
    for (const ir_op *op = written; op; op = op->next, n++)
        for (int i = 0; i < op->input_count; i++)
            if (op->input[i]->producer)
                str_printf(&s, "    n%d -> n%d [label=\"%s\"];\n", number_of(written, op->input[i]), n,
                           size_text(&e, op->input[i]->shape));
    str_add(&s, "}\n");
    return s.text;
}
