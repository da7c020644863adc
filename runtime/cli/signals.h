/* SIGINT, SIGTERM, SIGHUP and SIGPIPE as a request to stop. */
#ifndef MNN_CLI_SIGNALS_H
#define MNN_CLI_SIGNALS_H

#include <signal.h>

/** From now on the first of these signals only sets the flag; a second one ends the program at once and removes its
 *  leftovers (base/process.h), but for SIGPIPE.
 *  @return the flag: 0, or the signal's number */
const volatile sig_atomic_t *mnn_signals_catch(void);

/** Let the first one end the program again. */
void mnn_signals_release(void);

#endif
