/* Messages between the ranks of a program: the processes that train together. A program that is linked with libmnn-mpi
 * has the implementation by MPI, every other one a single rank. Call from the thread that has opened it. */
#ifndef MNN_TRANSPORT_TRANSPORT_H
#define MNN_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "mnn/status.h"

/** Find the other ranks, if the program was started as one of several.
 *  @return MNN_OK, release with mnn_transport_close(); MNN_EUSAGE if it was, and there is no transport */
mnn_status mnn_transport_open(mnn_error *err);

int mnn_transport_rank(void);
int mnn_transport_size(void);

/** Start a message. Those between two ranks arrive in order; the memory belongs to it until mnn_transport_wait(). */
void mnn_transport_send(int to, const void *data, size_t bytes);
void mnn_transport_receive(int from, void *data, size_t bytes);

/** Let started messages progress, without waiting. */
void mnn_transport_progress(void);

/** Wait for all messages that were started.
 *  @return MNN_OK; MNN_EIO naming a rank that is silent for too long; MNN_ENOMEM */
mnn_status mnn_transport_wait(mnn_error *err);

/** Leave: the other ranks do so as well.
 *  @param status  of this rank
 *  @param alone   the others know nothing of it: they are ended */
void mnn_transport_close(mnn_status status, bool alone);

#endif
