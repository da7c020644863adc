#define _POSIX_C_SOURCE 200809L
#include "cli/signals.h"

#include <stddef.h>

#include "base/process.h"

/* A handler can reach only static memory. */
static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    if (!stop_signal)
        stop_signal = number;
    else if (number != SIGPIPE) /* which comes again with every line that nobody reads */
        mnn_process_leave(number);
}

const volatile sig_atomic_t *mnn_signals_catch(void)
{
    stop_signal = 0;
    mnn_process_on_end(on_signal);
    return &stop_signal;
}

void mnn_signals_release(void)
{
    mnn_process_on_end(NULL);
}
