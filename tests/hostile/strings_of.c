/* In place of the runtime's mnn_main(): the strings that a description puts into a program, as hexadecimal numbers,
 * a line each, in the order of strings.c. */
#include <stdio.h>

#include "mnn/model.h"

static void write_hex(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)(text ? text : ""); *c; c++)
        printf("%02x", *c);
    putchar('\n');
}

int mnn_main(const mnn_model *model, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const mnn_source *const sources[] = {&model->train, &model->test, &model->validation};
    for (int i = 0; i < 3; i++) {
        write_hex(sources[i]->samples);
        write_hex(sources[i]->labels);
    }
    for (int i = 0; i < model->callback_count; i++)
        write_hex(model->callbacks[i].path);
    return 0;
}
