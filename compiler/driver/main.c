/* mnnc: its command line. */
#include <stdio.h>
#include <string.h>

#include "base/process.h"
#include "driver/command.h"
#include "driver/compile.h"
#include "driver/options.h"
#include "driver/output.h"
#include "mnn/abi.h"
#include "mnn/status.h"

static int run_mnnc(void *context)
{
    command_line *line = context;
    driver_options options;
    mnn_process_begin();
    if (line->argc > 1 && command_is(line->argv[1]))
        return command_run(line);
    const int status = options_parse(&options, line->argc, line->argv, stderr);
    if (status)
        return status;
    if (options.action == ACTION_HELP) {
        options_help(stdout);
        return output_flush();
    }
    if (options.action == ACTION_VERSION) {
        printf("mnnc %s\n", MNN_VERSION);
        return output_flush();
    }
    const char *const files[] = {options.input, options.weights, options.output, options.inference.header,
                                 options.inference.weights_file};
    return output_check(files, 2, 5) ? compile_file(&options) : MNN_EUSAGE;
}

int main(int argc, char **argv)
{
    command_line line = {argc, argv};
    int code;
    const int number = mnn_process_on_stack(run_mnnc, &line, &code);
    if (number == 0)
        return code;
    fprintf(stderr, "mnnc: error: could not start a thread with a larger stack: %s\n", strerror(number));
    return MNN_ENOMEM;
}
