/* How long a cache line takes from one processor to the other: two threads, each on a processor of its own, hand a
 * counter back and forth. Prints nanoseconds one way, the least of several tries; "-" where there is one processor.
 * What two threads can gain depends on it, and on virtual machines it changes within minutes. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { TRIES = 10, HANDS = 20000 };

static _Alignas(128) atomic_int counter;

typedef struct player {
    int processor;
    int parity; /* moves when the counter has it */
} player;

static void *play(void *argument)
{
    const player *p = argument;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(p->processor, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    for (int i = p->parity; i < HANDS; i += 2) {
        while (atomic_load_explicit(&counter, memory_order_acquire) != i)
            ;
        atomic_store_explicit(&counter, i + 1, memory_order_release);
    }
    return NULL;
}

static double try_once(player players[2])
{
    struct timespec begun, ended;
    pthread_t other;
    atomic_store(&counter, -1); /* nobody moves before both are there */
    if (pthread_create(&other, NULL, play, &players[1]) != 0)
        return -1;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    atomic_store(&counter, 0);
    play(&players[0]);
    pthread_join(other, NULL);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    return ((double)(ended.tv_sec - begun.tv_sec) * 1e9 + (double)(ended.tv_nsec - begun.tv_nsec)) / HANDS;
}

int main(void)
{
    cpu_set_t set;
    player players[2] = {{-1, 0}, {-1, 1}};
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 70;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set)) {
            if (players[0].processor < 0)
                players[0].processor = i;
            else if (players[1].processor < 0)
                players[1].processor = i;
        }
    if (players[1].processor < 0) {
        puts("-");
        return 0;
    }
    double least = 1e18;
    for (int i = 0; i < TRIES; i++) {
        const double took = try_once(players);
        if (took < 0)
            return 70;
        least = took < least ? took : least;
    }
    printf("%.0f\n", least);
    return 0;
}
