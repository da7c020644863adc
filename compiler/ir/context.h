/* The context in which passes and layers work on a program: memory, diagnostics, and the program itself. */
#ifndef MNNC_IR_CONTEXT_H
#define MNNC_IR_CONTEXT_H

#include "ir/ir.h"
#include "support/diag.h"

typedef struct ir_context {
    arena *arena;
    diag_list *diag;
    ir_program *program;
} ir_context;

#endif
