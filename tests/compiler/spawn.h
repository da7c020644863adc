/* Running another program from a test: by an argument vector, never through a shell. */
#ifndef TESTS_SPAWN_H
#define TESTS_SPAWN_H

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/** Run a program with all that it says in a file.
 *  @return its exit code, or -1 */
static inline int spawn_run(const char *const *arguments, const char *output)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t child;
    /* the vector is not changed: its type is older than const */
    char **vector = (char **)(uintptr_t)arguments;
    const int failed = posix_spawnp(&child, arguments[0], &actions, NULL, vector, environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failed != 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
