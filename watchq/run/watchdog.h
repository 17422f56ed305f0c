/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that keeps promises whatever the others do: the first signal and the deadline
 * end watchq in order, the second signal at once. The main thread ends in order by itself; if it
 * or the writer is in a system call that does not return, the watchdog ends the process, so that
 * its parent has the status within a second. As PID 1 it also collects orphans.
 *
 * It never asks a filesystem, a server or the user database for anything, and takes no lock that
 * is held while another thread does.
 */
#ifndef WQC_WATCHDOG_H
#define WQC_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "options.h"

/* Start it. From then on the signals that @o gives a meaning come from watchdog_fd(), and --timeout
 * runs, for half a second at least, until watchdog_set_deadline(). Called again, it does nothing. 0, or
 * the exit status, reported. */
int watchdog_start(const struct options *o);

/* Non-blocking; each read gives a struct signalfd_siginfo. -1: it was not started. */
int watchdog_fd(void);

/* When time is up: CLOCK_MONOTONIC, ns. */
void watchdog_set_deadline(int64_t at);

/* Before watchdog_start(): signals are for @c, which may be NULL, and are passed on. */
void watchdog_set_child(const struct child *c);
/* The child runs its command: from now on its end is waited for. */
void watchdog_child_released(void);

/* What writes out what is formatted, in 200 ms at most, and ends the writer: @fn, called in the
 * watchdog's thread before watchdog_finish(); @late: -ETIMEDOUT, or -EINTR. Returns whether all is out. */
void watchdog_set_flush(bool (*fn)(void *data, int late), void *data);

/* The main thread has the exit status; what remains is to free and to close, in 600 ms. Does not return
 * if the watchdog ends the process. */
void watchdog_finish(int status);

/* End the process: what a signal asked for (see signals_end_by()), else @status. No thread is
 * waited for, and stdio is not flushed. */
void watchdog_exit(int status) __attribute__((noreturn));

#endif
