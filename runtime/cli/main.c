/* The command line of every generated program. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/process.h"
#include "cli/session.h"
#include "train/ranks.h"
#include "transport/transport.h"

/* NULL: needs no session. */
static mnn_status (*const commands[MNN_COMMAND_COUNT])(mnn_session *, mnn_error *) = {
    [MNN_COMMAND_TRAIN] = mnn_command_train,     [MNN_COMMAND_EVALUATE] = mnn_command_evaluate,
    [MNN_COMMAND_PREDICT] = mnn_command_predict, [MNN_COMMAND_SHOW] = mnn_command_show,
    [MNN_COMMAND_EXPORT] = mnn_command_export,   [MNN_COMMAND_IMPORT] = mnn_command_import,
    [MNN_COMMAND_BENCH] = mnn_command_bench,     [MNN_COMMAND_VERIFY] = mnn_command_verify,
    [MNN_COMMAND_SCALE] = mnn_command_scale,     [MNN_COMMAND_GRADCHECK] = mnn_command_gradcheck,
};

/* Several ranks train, evaluate and predict together; rank 0 alone writes. */
static mnn_status prepare_rank(mnn_options *options, mnn_error *err)
{
    const mnn_command command = options->command;
    if (mnn_transport_size() > 1 && command != MNN_COMMAND_TRAIN && command != MNN_COMMAND_EVALUATE &&
        command != MNN_COMMAND_PREDICT && command != MNN_COMMAND_SCALE)
        return mnn_fail(err, MNN_EUSAGE, "only train, evaluate, predict and scale run with several ranks (got %d)",
                        mnn_transport_size());
    if (mnn_transport_rank() == 0 || command != MNN_COMMAND_TRAIN)
        return MNN_OK;
    options->quiet = true;
    options->json = options->resume = false;
    options->save = options->history = options->log_steps = options->checkpoint = options->report = NULL;
    return MNN_OK;
}

static mnn_status run_session(const mnn_model *model, const mnn_options *options, mnn_error *err)
{
    mnn_session s;
    mnn_status status = mnn_ranks_agree(mnn_session_open(&s, model, options, err), err);
    if (status)
        return status;
    status = commands[options->command](&s, err);
    mnn_session_close(&s);
    return status;
}

static mnn_status run(const mnn_model *model, const mnn_options *options, mnn_error *err)
{
    if (options->version) {
        fprintf(stdout, "%s, model %s, compiled by mnnc for mnn " MNN_VERSION "\n", model->name, model->description);
        return MNN_OK;
    }
    if (options->help || options->command == MNN_COMMAND_HELP) {
        mnn_command about = options->command;
        if (about == MNN_COMMAND_HELP && options->file_count > 0)
            mnn_command_of(options->files[0], &about); /* known: the parser has looked */
        mnn_options_help(stdout, options, model->name, about);
        return MNN_OK;
    }
    if (options->command == MNN_COMMAND_SUMMARY) {
        mnn_command_summary(model, options, stdout);
        return MNN_OK;
    }
    return run_session(model, options, err);
}

/* OpenBLAS starts threads, which nobody here needs. Each asks for 128 MB, again and again until it gets them, and
 * exit() waits for all of them: under a limit of memory for ever. */
static void leave_at_once_where_memory_is_limited(int status)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        _exit(status);
}

typedef struct command_line {
    const mnn_model *model;
    int argc;
    char **argv;
} command_line;

static int run_program(void *context)
{
    const command_line *line = context;
    const mnn_model *model = line->model;
    const int argc = line->argc;
    char **argv = line->argv;
    mnn_error err = {""};
    mnn_options options;
    mnn_status status;
    char program[128];
    mnn_process_begin();
    if (model->abi != MNN_ABI)
        status = mnn_fail(&err, MNN_EINTERNAL, "the program was compiled for another libmnn (got ABI %d, expected %d)",
                          model->abi, MNN_ABI);
    else
        status = mnn_transport_open(&err);
    if (!status)
        status = mnn_options_parse(argc, argv, &options, &err);
    if (!status)
        status = prepare_rank(&options, &err);
    status = mnn_ranks_agree(status, &err);
    if (!status)
        status = run(model, &options, &err);
    errno = 0;
    if (!status) /* else report what went wrong first */
        status = mnn_process_flush(&err);
    /* what all ranks know, rank 0 reports */
    const bool known = mnn_ranks_agreed() || status == MNN_EDIVERGED || (int)status > (int)MNN_ESIGNAL;
    if (status && (int)status != (int)MNN_ESIGNAL + SIGPIPE && (mnn_transport_rank() == 0 || !known)) {
        fflush(stdout); /* so that the message comes after what led to it */
        fprintf(stderr, "%s: %s%s\n", mnn_printable(program, sizeof program, argc > 0 ? argv[0] : model->name),
                (int)status > (int)MNN_ESIGNAL ? "" : "error: ", err.text);
    }
    mnn_transport_close(status, status && !known);
    leave_at_once_where_memory_is_limited((int)status);
    return (int)status;
}

int mnn_main(const mnn_model *model, int argc, char **argv)
{
    command_line line = {model, argc, argv};
    int code;
    const int number = mnn_process_on_stack(run_program, &line, &code);
    if (number == 0)
        return code;
    fprintf(stderr, "%s: error: could not start a thread with a larger stack: %s\n", model->name, strerror(number));
    return MNN_ENOMEM;
}
