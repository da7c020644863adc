/* The formulas of optimizers: columns of lang/optimizers.def, in the arguments of one. */
#include <stdio.h>
#include <string.h>

#include "ir/ir.h"

static const struct {
    const char *slots, *step, *element;
} rows[] = {
#define OPTIMIZER(id, name, aliases, slots, step, element, ...) {slots, step, element},
#include "lang/optimizers.def"
#undef OPTIMIZER
};

enum { WORD = 32, OTHERS = 3, NAMES = IR_MAX_ARGUMENTS + OTHERS + IR_MAX_SLOTS + IR_MAX_ONCE + 1 };

/** The names that a formula may use, while they grow. */
typedef struct name_list {
    scalar_name names[NAMES];
    int count;
} name_list;

static void add_name(name_list *list, const char *name, const scalar *value)
{
    list->names[list->count++] = (scalar_name){name, value};
}

static name_list arguments(scalar_set *s, const ir_optimizer *o)
{
    name_list list = {0};
    for (int i = 0; i < o->argument_count; i++)
        add_name(&list, o->argument[i].name, scalar_constant(s, o->argument[i].value));
    return list;
}

double ir_optimizer_value(const ir_optimizer *o, const char *name)
{
    for (int i = 0; i < o->argument_count; i++)
        if (strcmp(o->argument[i].name, name) == 0)
            return o->argument[i].value;
    return 0;
}

/** The part once per step; its names are added to those of the element. */
static void read_step(ir_update *u, const char *text, name_list names, name_list *element)
{
    const scalar *product = scalar_leaf(u->set, IR_UPDATE_PRODUCT);
    add_name(&names, "learning_rate", scalar_leaf(u->set, IR_UPDATE_RATE));
    add_name(&names, "t", scalar_leaf(u->set, IR_UPDATE_T));
    add_name(&names, "k", scalar_leaf(u->set, IR_UPDATE_K));
    for (const scalar_formula *f = scalar_rows(u->set, text, names.names); f; f = f->next) {
        const scalar *value = u->product ? scalar_replace(u->set, f->value, u->product, product) : f->value;
        if (scalar_uses(value, IR_UPDATE_K)) {
            u->product = value;
            continue;
        }
        add_name(element, f->name, scalar_leaf(u->set, IR_UPDATE_ONCE + u->once_count));
        u->once[u->once_count++] = (ir_named){f->name, value};
    }
}

/** Parse the change of a parameter, and find the slots that it needs. */
static const scalar *read_element(ir_update *u, arena *a, const char *text, const char *slots, name_list *names)
{
    char words[2 * IR_MAX_SLOTS][WORD];
    const int count =
        sscanf(slots, "%31s %31s %31s %31s %31s %31s", words[0], words[1], words[2], words[3], words[4], words[5]) / 2;
    for (int i = 0; i < count; i++)
        add_name(names, words[2 * i], scalar_leaf(u->set, IR_UPDATE_SLOT + i));
    add_name(names, "g", scalar_leaf(u->set, IR_UPDATE_GRADIENT));
    const scalar_formula *first = scalar_rows(u->set, text, names->names), *last = first;
    while (last->next)
        last = last->next;
    for (int i = 0; i < count; i++) {
        if (!scalar_uses(last->value, IR_UPDATE_SLOT + i))
            continue;
        for (const scalar_formula *f = first; f; f = f->next)
            if (f->name && strcmp(f->name, words[2 * i]) == 0)
                u->slots[u->slot_count].value = f->value;
        u->slot_leaf[u->slot_count] = IR_UPDATE_SLOT + i;
        u->slots[u->slot_count++].name = arena_strdup(a, words[2 * i + 1]);
    }
    return last->value;
}

void ir_optimizer_complete(ir_optimizer *o, arena *a)
{
    ir_update *u = ARENA_NEW(a, ir_update);
    scalar_set *s = u->set = scalar_set_new(a);
    name_list names = arguments(s, o), element = names;
    read_step(u, rows[o->kind].step, names, &element);
    const scalar *change = read_element(u, a, rows[o->kind].element, rows[o->kind].slots, &element);
    const scalar *w = scalar_leaf(s, IR_UPDATE_PARAMETER);
    if (o->weight_decay > 0)
        change = scalar_make(s, SCALAR_ADD, scalar_make(s, SCALAR_MULTIPLY, scalar_leaf(s, IR_UPDATE_DECAY), w, NULL),
                             change, NULL);
    u->parameter = scalar_make(s, SCALAR_SUBTRACT, w, change, NULL);
    o->update = u;
}
