/* The transport by MPI: libmnn-mpi, whose functions take the place of transport/alone.c. Only messages between two
 * ranks are used, since the order of MPI's own sums depends on the number of ranks. */
#define _GNU_SOURCE
#include <mpi.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "mnn/clock.h"
#include "transport/transport.h"

enum {
    SILENCE = 25,  /* seconds without a message; the higher ranks wait longer, so that the lowest reports it */
    PATIENCE = 4,  /* ... or so many times what a rank needed between two exchanges itself */
    SPINS = 1000,  /* looks before the processor is given to others ... */
    YIELDS = 2000, /* ... and before sleeping between looks */
    PAUSE = 5      /* seconds between two looks: this rank has been stopped itself */
};

static const size_t LARGEST = (size_t)1 << 30; /* bytes of a message: MPI counts in int */

static struct {
    int rank, size;
    MPI_Request *request; /* of the started messages */
    int *peer;            /* likewise: the rank it comes from or goes to; those that go are size + rank */
    int count, room;
    int open;           /* of them, not yet done */
    int *done;          /* [room]: for MPI_Testsome ... */
    MPI_Status *status; /* ... likewise */
    bool failed;        /* out of memory, or an error of MPI */
    uint64_t left;      /* the last exchange */
} mpi = {.size = 1};

static bool was_started(void)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (getenv(variables[i]))
            return true;
    return false;
}

mnn_status mnn_transport_open(mnn_error *err)
{
    int provided;
    if (!was_started())
        return MNN_OK;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS || provided < MPI_THREAD_FUNNELED)
        return mnn_fail(err, MNN_EIO, "MPI could not be initialized for a program with threads");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &mpi.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &mpi.size);
    mpi.left = mnn_clock();
    return MNN_OK;
}

int mnn_transport_rank(void)
{
    return mpi.rank;
}

int mnn_transport_size(void)
{
    return mpi.size;
}

/* --- messages ------------------------------------------------------------------------------------- */

static bool resize(void **array, size_t size)
{
    void *larger = realloc(*array, size);
    if (larger)
        *array = larger;
    return larger != NULL;
}

static bool grow(void)
{
    const int room = mpi.room ? 2 * mpi.room : 64;
    if (!resize((void **)&mpi.request, (size_t)room * sizeof *mpi.request) ||
        !resize((void **)&mpi.peer, (size_t)room * sizeof *mpi.peer) ||
        !resize((void **)&mpi.done, (size_t)room * sizeof *mpi.done) ||
        !resize((void **)&mpi.status, (size_t)room * sizeof *mpi.status))
        return false;
    mpi.room = room;
    return true;
}

static void start(int rank, void *data, size_t bytes, bool sends)
{
    for (size_t at = 0; at < bytes && !mpi.failed; at += LARGEST) {
        const int size = (int)(bytes - at < LARGEST ? bytes - at : LARGEST);
        char *part = (char *)data + at;
        if (mpi.count == mpi.room && !grow()) {
            mpi.failed = true;
            return;
        }
        MPI_Request *request = &mpi.request[mpi.count];
        const int code = sends ? MPI_Isend(part, size, MPI_BYTE, rank, 0, MPI_COMM_WORLD, request)
                               : MPI_Irecv(part, size, MPI_BYTE, rank, 0, MPI_COMM_WORLD, request);
        mpi.failed = code != MPI_SUCCESS;
        mpi.peer[mpi.count++] = sends ? mpi.size + rank : rank;
        mpi.open++;
    }
}

void mnn_transport_send(int to, const void *data, size_t bytes)
{
    start(to, (void *)(uintptr_t)data, bytes, true);
}

void mnn_transport_receive(int from, void *data, size_t bytes)
{
    start(from, data, bytes, false);
}

/* --- waiting -------------------------------------------------------------------------------------- */

/* The first rank that a message is missing from; of none, that one is not taken by. */
static int silent_rank(void)
{
    int silent = 2 * mpi.size;
    for (int i = 0; i < mpi.count; i++)
        if (mpi.request[i] != MPI_REQUEST_NULL && mpi.peer[i] < silent)
            silent = mpi.peer[i];
    return silent % mpi.size;
}

static void rest(int looks)
{
    const struct timespec moment = {0, 50000};
    if (looks > SPINS + YIELDS)
        nanosleep(&moment, NULL);
    else if (looks > SPINS)
        sched_yield();
}

static mnn_status fail(mnn_error *err)
{
    return mnn_fail(err, MNN_EIO, "a message between ranks could not be sent or received");
}

/* @return whether messages have been finished */
static bool test(void)
{
    int finished = 0;
    if (MPI_Testsome(mpi.count, mpi.request, &finished, mpi.done, mpi.status) != MPI_SUCCESS)
        mpi.failed = true;
    else
        mpi.open -= finished;
    return finished > 0;
}

void mnn_transport_progress(void)
{
    if (mpi.open > 0 && !mpi.failed)
        test();
}

static mnn_status wait_all(uint64_t limit, mnn_error *err)
{
    int looks = 0;
    uint64_t last = mnn_clock(), look = last;
    while (mpi.open > 0 && !mpi.failed) {
        if (test()) {
            looks = 0;
            last = mnn_clock();
            continue;
        }
        rest(++looks);
        const uint64_t now = mnn_clock();
        if (now - look > (uint64_t)PAUSE * 1000000000)
            last = now;
        look = now;
        if (now - last > limit)
            return mnn_fail(err, MNN_EIO,
                            "rank %d has sent nothing for %d seconds\n"
                            "hint: look at its machine; with --checkpoint, --resume continues",
                            silent_rank(), (int)(limit / 1000000000));
    }
    return mpi.failed ? fail(err) : MNN_OK;
}

mnn_status mnn_transport_wait(mnn_error *err)
{
    const uint64_t own = PATIENCE * (mnn_clock() - mpi.left), least = (uint64_t)(SILENCE + (mpi.rank > 0)) * 1000000000;
    const mnn_status status = wait_all(own > least ? own : least, err);
    mpi.count = 0;
    mpi.left = mnn_clock();
    return status;
}

void mnn_transport_close(mnn_status status, bool alone)
{
    int initialized;
    MPI_Initialized(&initialized);
    if (!initialized)
        return;
    if (alone)
        MPI_Abort(MPI_COMM_WORLD, (int)status);
    MPI_Finalize();
    free(mpi.request);
    free(mpi.peer);
    free(mpi.done);
    free(mpi.status);
}
