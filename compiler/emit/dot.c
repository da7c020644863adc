/* --emit=dot: the layers as a graph for graphviz. */
#include "emit/ops.h"

#include <string.h>

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

/** A node is an operation with those after it that belong to the same layer: an activation written as an
 *  argument. It has the number of its first operation. */
static const ir_op *node_of(const ir_op *first, const ir_value *v)
{
    const ir_op *node = NULL;
    for (const ir_op *op = first; op; op = op->next) {
        if (!node || strcmp(op->layer, node->layer) != 0)
            node = op;
        for (int i = 0; i < op->output_count; i++)
            if (op->output[i] == v)
                return node;
    }
    return NULL;
}

static int number_of(const ir_op *first, const ir_op *node)
{
    int n = 0;
    for (const ir_op *op = first; op != node; op = op->next)
        n++;
    return n;
}

static const char *kind_of(const ir_op *op)
{
    if (op->code == IR_LOSS)
        return ir_loss_name(op->attr.loss.kind);
    return ir_has(op->code, IR_MAPS) ? ir_activation_name(op->attr.activation.kind) : ir_op_name(op->code);
}

/** Fill colours: where data comes in and goes out, what is trained, what is not. */
static const char *colour_of(const ir_op *op, int64_t parameters)
{
    if (ir_has(op->code, IR_STARTS) || op->code == IR_LOSS)
        return "#e8e8e8";
    return parameters ? "#cfe2f3" : "#ffffff";
}

static void add_node(emitter *e, str *s, const ir_op *node, int number)
{
    int64_t parameters = 0;
    str kinds = str_new(e->plan->arena);
    const ir_op *last = node;
    for (const ir_op *op = node; op && strcmp(op->layer, node->layer) == 0; op = op->next) {
        str_printf(&kinds, "%s%s", op == node ? "" : ", ", kind_of(op));
        for (int i = 0; i < op->input_count; i++)
            if (ir_is_kept(op->input[i]))
                parameters += ir_elements(op->input[i]->shape);
        last = op;
    }
    str_printf(s, "    n%d [label=\"%s", number, label(e, node->layer));
    if (strcmp(kinds.text, node->layer) != 0)
        str_printf(s, "\\n%s", kinds.text);
    if (last->output[0]->shape.rank)
        str_printf(s, "\\n%s", emit_size_text(e, last->output[0]->shape));
    if (parameters)
        str_printf(s, "\\n%s parameters", emit_thousands(e, parameters));
    str_printf(s, "\", fillcolor=\"%s\"];\n", colour_of(node, parameters));
}

/** The arrows into one operation, unless they come from its own node. An arrow that skips nodes, as around a
 *  residual block, does not pull them out of their row. */
static void add_edges(str *s, const ir_op *written, const ir_op *op)
{
    const ir_op *to = node_of(written, op->output[0]);
    for (int i = 0; i < op->input_count; i++) {
        const ir_op *from = node_of(written, op->input[i]);
        if (!from || from == to)
            continue;
        const ir_op *next = from;
        while (next && strcmp(next->layer, from->layer) == 0)
            next = next->next;
        str_printf(s, "    n%d -> n%d%s;\n", number_of(written, from), number_of(written, to),
                   next == to ? " [weight=8]" : "");
    }
}

const char *emit_dot(const plan *p)
{
    emitter e = {.w = cw_new(p->arena), .plan = p};
    const ir_op *written = p->program->graph->written, *node = NULL;
    str s = str_new(p->arena);
    str_printf(&s, "digraph \"%s\" {\n", label(&e, p->program->model_name));
    str_printf(&s,
               "    label=\"%s: %s parameters\";\n    labelloc=t;\n    rankdir=TB;\n    nodesep=0.4;\n"
               "    ranksep=0.3;\n    fontname=\"sans-serif\";\n    node [shape=box, style=\"rounded,filled\", "
               "fontname=\"sans-serif\", fontsize=11];\n    edge [arrowsize=0.7];\n",
               label(&e, p->program->model_name), emit_thousands(&e, p->param_count));
    for (const ir_op *op = written; op; op = op->next)
        if (!node || strcmp(op->layer, node->layer) != 0) {
            node = op;
            add_node(&e, &s, node, number_of(written, node));
        }
    for (const ir_op *op = written; op; op = op->next)
        add_edges(&s, written, op);
    str_add(&s, "}\n");
    return s.text;
}
