/* Run a command and append a line "SECONDS MEGABYTES" to FILE: how long it took and its peak resident memory, by
 * the kernel's accounting of the finished process. Usage: measure FILE COMMAND [ARGUMENT...] */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s FILE COMMAND [ARGUMENT...]\n", argv[0]);
        return 2;
    }
    FILE *out = fopen(argv[1], "a");
    if (!out) {
        perror(argv[1]);
        return 5;
    }
    const double begun = now();
    const pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    struct rusage usage;
    int status;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        return 70;
    fprintf(out, "%.6f %.1f\n", now() - begun, (double)usage.ru_maxrss / 1024);
    if (fclose(out) != 0)
        return 5;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
