#define _POSIX_C_SOURCE 200809L
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The last one where it is not ignored: a pipe that nobody reads any more. */
static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* A handler can reach only static memory. */
static bool ignored[ENDINGS];
static pthread_t main_thread;
static volatile sig_atomic_t group; /* of a child; 0: none */
static void (*volatile on_end)(int) = mnn_process_leave;

static void set_endings(void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < ENDINGS; i++)
        sigaddset(&action.sa_mask, endings[i]);
    for (int i = 0; i < ENDINGS; i++)
        if (!ignored[i])
            sigaction(endings[i], &action, NULL);
}

/* Threads of OpenBLAS may get a signal too, but the main thread alone knows its unfinished files. */
static void take(int number)
{
    if (pthread_equal(pthread_self(), main_thread))
        on_end(number);
    else
        pthread_kill(main_thread, number);
}

void mnn_process_group(int number)
{
    group = number;
}

/* The leader is a child of this process; all calls here are allowed in a handler. Another thread may wait for the same
 * child and be faster, which is an error here (ECHILD) and the end all the same. */
static void end_group(void)
{
    enum { TRIES = 50, MILLISECONDS = 20 };
    const pid_t leader = (pid_t)group;
    if (leader <= 0)
        return;
    kill(-leader, SIGTERM);
    for (int i = 0; i < TRIES && waitpid(leader, NULL, WNOHANG) == 0; i++)
        poll(NULL, 0, MILLISECONDS);
    kill(-leader, SIGKILL);
    waitpid(leader, NULL, 0);
    group = 0;
}

void mnn_process_leave(int number)
{
    end_group();
    mnn_leftovers_remove();
    set_endings(SIG_DFL); /* sigaction() may be called in a handler */
    raise(number);        /* is taken as the handler ends */
}

void mnn_process_on_end(void (*handler)(int))
{
    on_end = handler ? handler : mnn_process_leave;
}

/* In the direction in which nobody uses it, so that using it is an error as before. */
static void fill_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY); /* takes the lowest that is free: this one */
}

/* --- the stack ----------------------------------------------------------------------------------- */

typedef struct call {
    int (*body)(void *);
    void *context;
    int result;
} call;

static void *make_call(void *argument)
{
    call *c = argument;
    c->result = c->body(c->context);
    return NULL;
}

/* @return 0 or an errno */
static int call_on_thread(call *c)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int number = pthread_attr_init(&attributes);
    if (number != 0)
        return number;
    number = pthread_attr_setstacksize(&attributes, MNN_STACK);
    if (number == 0)
        number = pthread_create(&thread, &attributes, make_call, c);
    pthread_attr_destroy(&attributes);
    return number ? number : pthread_join(thread, NULL);
}

int mnn_process_on_stack(int (*body)(void *), void *context, int *result)
{
    call c = {body, context, 0};
    struct rlimit limit;
    int number = 0;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < MNN_STACK)
        number = call_on_thread(&c);
    else
        make_call(&c);
    *result = c.result;
    return number;
}

/* --- the beginning -------------------------------------------------------------------------------- */

void mnn_process_begin(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigemptyset(&action.sa_mask);
    sigaction(SIGXFSZ, &action, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, NULL);
    fill_descriptors();
    main_thread = pthread_self();
    for (int i = 0; i < ENDINGS; i++)
        ignored[i] = sigaction(endings[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    set_endings(take);
}

/* Whether a descriptor is a pipe or socket whose reading end is closed. */
static bool is_unread(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLOUT};
    struct stat about;
    return fstat(fd, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)) && poll(&end, 1, 0) == 1 &&
           (end.revents & (POLLERR | POLLHUP));
}

mnn_status mnn_process_flush(mnn_error *err)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return MNN_OK;
    const int number = errno;
    if (is_unread(STDOUT_FILENO))
        return (mnn_status)(MNN_ESIGNAL + SIGPIPE);
    return mnn_fail(err, MNN_EIO, "could not write to standard output%s%s", number ? ": " : "",
                    number ? strerror(number) : "");
}
