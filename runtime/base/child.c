#define _GNU_SOURCE
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"

extern char **environ;

enum { MOST_SHOWN = 64 * 1024, LINE = 512, MILLISECONDS = 200 };

/* --- its output ----------------------------------------------------------------------------------- */

typedef struct output {
    FILE *log;
    char line[LINE];
    size_t length;   /* of the line so far */
    size_t shown;    /* bytes that were printed ... */
    size_t left_out; /* ... and that were not */
} output;

/* A line that is longer than the buffer is printed as several. */
static void print_line(output *o)
{
    char shown[4 * LINE + 1];
    o->line[o->length] = '\0';
    fprintf(o->log, "%s\n", mnn_printable(shown, sizeof shown, o->line));
    o->length = 0;
}

static void take(output *o, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (o->shown >= MOST_SHOWN) {
            o->left_out += count - i;
            return;
        }
        o->shown++;
        if (bytes[i] == '\n')
            print_line(o);
        else
            o->line[o->length++] = bytes[i] == '\t' ? ' ' : bytes[i] ? bytes[i] : '?';
        if (o->length == LINE - 1)
            print_line(o);
    }
}

static void finish(output *o)
{
    if (o->length > 0)
        print_line(o);
    if (o->left_out > 0)
        fprintf(o->log, "note: %zu more bytes of output are not shown\n", o->left_out);
}

/* Until the pipe is closed, or the child has ended and nothing is left in it: what the child itself has started may
 * hold the pipe open for ever.
 * @return whether *how is known already */
static bool read_output(int fd, pid_t child, FILE *log, int *how)
{
    output o = {.log = log};
    bool has_ended = false;
    for (;;) {
        char bytes[4096];
        struct pollfd end = {.fd = fd, .events = POLLIN};
        const int ready = poll(&end, 1, has_ended ? 0 : MILLISECONDS);
        if (ready > 0) {
            const ssize_t got = read(fd, bytes, sizeof bytes);
            if (got > 0)
                take(&o, bytes, (size_t)got);
            else if (got == 0 || errno != EINTR)
                break;
        } else if (has_ended || (ready < 0 && errno != EINTR)) {
            break;
        } else if (ready == 0) {
            has_ended = waitpid(child, how, WNOHANG) == child;
        }
    }
    finish(&o);
    return has_ended;
}

/* --- its life ------------------------------------------------------------------------------------- */

/* Signals that this program handles or ignores do to the child what they do by default. */
static void set_attributes(posix_spawnattr_t *attributes, const sigset_t *mask)
{
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, mask);
    posix_spawnattr_setsigdefault(attributes, &defaults);
}

/* No signal comes between the start and the note of the group.
 * @return 0 or an errno */
static int start(char **words, const int ends[2], pid_t *child)
{
    sigset_t all, before;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    set_attributes(&attributes, &before);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
    const int number = posix_spawnp(child, words[0], &files, &attributes, words, environ);
    if (number == 0)
        mnn_process_group((int)*child);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return number;
}

mnn_status mnn_child_run(char **words, const char *what, const char *variable, FILE *log, int *how, mnn_error *err)
{
    pid_t child;
    int ends[2];
    char shown[256];
    mnn_printable(shown, sizeof shown, words[0]);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return mnn_fail(err, MNN_EINTERNAL, "could not start %s \"%s\": %s", what, shown, strerror(errno));
    const int number = start(words, ends, &child);
    close(ends[1]);
    if (number != 0) {
        close(ends[0]);
        return mnn_fail(err, MNN_EINTERNAL, "could not start %s \"%s\": %s\nhint: %s=... names another", what, shown,
                        strerror(number), variable);
    }
    const bool has_ended = read_output(ends[0], child, log, how);
    close(ends[0]);
    int failure = 0;
    if (has_ended)
        kill(-child, SIGTERM);
    while (!has_ended && failure != ECHILD && waitpid(child, how, 0) < 0)
        failure = errno;
    mnn_process_group(0);
    return failure == ECHILD ? mnn_fail(err, MNN_EINTERNAL, "could not wait for %s: %s", what, strerror(failure))
                             : MNN_OK;
}
