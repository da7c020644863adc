/* --dump=ir: the graph as text. */
#include "ir/ir.h"

#include <string.h>

static void dump_operands(str *out, ir_value *const *values, int count)
{
    for (int i = 0; i < count; i++)
        str_printf(out, "%s%%%d", i ? ", " : "", values[i]->id);
}

static void dump_op(str *out, const ir_op *op)
{
    str_add(out, "    ");
    dump_operands(out, op->output, op->output_count);
    str_printf(out, " = %s%s(", ir_op_name(op->code), op->direction == IR_BACKWARD ? "'" : "");
    dump_operands(out, op->input, op->input_count);
    str_printf(out, ")  # %s", op->layer);
    if (op->attr.activation.kind != LANG_ACTIVATION_LINEAR)
        str_printf(out, ", %s", ir_activation_name(op->attr.activation.kind));
    if (op->attr.gradient_activation.kind != LANG_ACTIVATION_LINEAR)
        str_printf(out, ", times the derivative of %s", ir_activation_name(op->attr.gradient_activation.kind));
    if (op->attr.fused_pool)
        str_add(out, ", fused maxpool2d");
    if (op->attr.from_logits)
        str_add(out, ", from logits");
    if (op->flops)
        str_printf(out, ", %lld flops", (long long)op->flops);
    if (op->at.source)
        str_printf(out, ", line %d", source_locate(op->at.source, op->at.begin).line);
    str_add_char(out, '\n');
}

void ir_dump(str *out, const ir_program *p)
{
    static const char *const levels[] = {"resolved", "shaped", "simplified", "differentiated", "costed", "fused"};
    static const char *const kinds[] = {"activation", "parameter",          "state", "statistic",
                                        "gradient",   "parameter gradient", "index"};
    const ir_graph *g = p->graph;

    str_printf(out, "graph %s, %s\n  values\n", str_printable(g->arena, p->model_name, strlen(p->model_name)),
               levels[g->level]);
    for (const ir_value *v = g->values; v; v = v->next)
        str_printf(out, "    %%%d %s %s %s\n", v->id, v->name, kinds[v->kind], ir_shape_text(g->arena, v->shape));
    str_add(out, "  operations\n");
    for (const ir_op *op = g->first; op; op = op->next)
        dump_op(out, op);
}
