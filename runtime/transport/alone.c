/* The transport of a program without MPI: one rank. */
#include <stdlib.h>

#include "transport/transport.h"

mnn_status mnn_transport_open(mnn_error *err)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}; /* Open MPI, MPICH */
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *size = getenv(variables[i]);
        if (size && atoi(size) > 1)
            return mnn_fail(err, MNN_EUSAGE,
                            "the program was started as one of %d ranks, but is linked without MPI\n"
                            "hint: compile it with the flags of pkg-config --cflags --libs mnn-mpi",
                            atoi(size));
    }
    return MNN_OK;
}

int mnn_transport_rank(void)
{
    return 0;
}

int mnn_transport_size(void)
{
    return 1;
}

void mnn_transport_send(int to, const void *data, size_t bytes)
{
    (void)to, (void)data, (void)bytes;
}

void mnn_transport_receive(int from, void *data, size_t bytes)
{
    (void)from, (void)data, (void)bytes;
}

void mnn_transport_progress(void)
{
}

mnn_status mnn_transport_wait(mnn_error *err)
{
    (void)err;
    return MNN_OK;
}

void mnn_transport_close(mnn_status status, bool alone)
{
    (void)status, (void)alone;
}
