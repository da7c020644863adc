#define _POSIX_C_SOURCE 200809L
#include "cli/signals.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "io/leftovers.h"

/* A handler can reach nothing but static memory. */
static volatile sig_atomic_t stop_signal;
static pthread_t main_thread;

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

/* The first one asks, the second one ends the program. Threads of OpenBLAS may get a signal too, but the main
 * thread alone knows its unfinished files. */
static void on_signal(int number)
{
    if (!pthread_equal(pthread_self(), main_thread)) {
        pthread_kill(main_thread, number);
        return;
    }
    if (stop_signal) {
        mnn_leftovers_unlink();
        set_both(SIG_DFL); /* sigaction() may be called in a handler */
        raise(number);     /* is taken as the handler ends */
        return;
    }
    stop_signal = number;
}

const volatile sig_atomic_t *mnn_signals_catch(void)
{
    stop_signal = 0;
    main_thread = pthread_self();
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
