/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that writes: events from a backlog to an outlet. */
#ifndef WQC_WRITER_H
#define WQC_WRITER_H

#include "backlog.h"
#include "outlet.h"

#define WQC_GRACE_MS	500	/* that an output may stand still when it is to end */

struct exec;
struct writer;

/* A writer with a backlog of @buffer bytes, that has @exec, which may be NULL, run for what it
 * has written, and frees it. NULL: see errno; @exec is freed then, too. */
struct writer *writer_new(struct outlet *out, size_t buffer, struct exec *exec);
/* Starts the thread, which has the outlet from then on. 0 or -errno. */
int writer_start(struct writer *w);
/* What wq_monitor_new() is given with wq_backlog_push(). */
struct wq_backlog *writer_backlog(struct writer *w);

/* Polls readable when it has ended by itself: it failed, or who read has gone. */
int writer_fd(const struct writer *w);

/* Opens the output file anew, when a line is whole. */
void writer_reopen(struct writer *w);
/* Prints the summary of what has been written; also while the output takes no more. */
void writer_summarize(struct writer *w);

/* Writes what is in the backlog and ends. If nobody takes it for WQC_GRACE_MS, or when
 * @sigfd polls readable and @ends, given @data, says that it is enough, it gives up:
 * @late says with which error. 0: there is time, and only @ends ends it, with -EINTR.
 * @at_once: no command of --exec is waited for any more; -ECANCELED if one runs.
 * 0 or -errno. */
int writer_finish(struct writer *w, int late, bool at_once, int sigfd, bool (*ends)(void *data), void *data);
/* The same from another thread than the one that has the writer, which does not come to it: at once, in
 * 200 ms at most. Return whether all is written. */
bool writer_abandon(struct writer *w, int late);
/* After writer_finish(), and when nobody pushes any more. */
void writer_free(struct writer *w);

/* For an outlet that a writer has: what waits for it to take more. @data is
 * where the writer is. */
int writer_wait(void *data, int fd);

#endif
