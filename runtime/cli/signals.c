#define _POSIX_C_SOURCE 200809L
#include "cli/signals.h"

#include <stddef.h>
#include <string.h>

/* The one variable of the library that changes: a handler can reach nothing else. */
static volatile sig_atomic_t stop_signal;

static void set_both(void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void on_signal(int number)
{
    stop_signal = number;
    set_both(SIG_DFL); /* sigaction() may be called in a handler */
}

const volatile sig_atomic_t *mnn_signals_catch(void)
{
    stop_signal = 0;
    set_both(on_signal);
    return &stop_signal;
}

void mnn_signals_release(void)
{
    set_both(SIG_DFL);
}

void mnn_signals_ignore_pipe(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
}
