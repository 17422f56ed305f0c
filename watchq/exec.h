/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command of --exec, once for each event. The thread that writes has it. */
#ifndef WQC_EXEC_H
#define WQC_EXEC_H

#include <poll.h>

#include "options.h"

#define WQC_JOBS_MAX	64

struct exec;

/* For @o->exec, with @o->jobs at a time. NULL without memory. */
struct exec *exec_new(const struct options *o);
/* Doesn't wait for those that run. @x may be NULL. */
void exec_free(struct exec *x);

/* Whether the command is to be run for @ev. @x may be NULL. */
bool exec_wants(const struct exec *x, const struct wq_event *ev);

/* How many run. @x may be NULL. */
unsigned exec_running(const struct exec *x);
bool exec_is_full(const struct exec *x);

/* Polls readable when one has ended: fills in up to WQC_JOBS_MAX of @fds; returns how many. @x may
 * be NULL. */
nfds_t exec_fds(const struct exec *x, struct pollfd *fds);

/* Runs it for @ev; there is room for it. Says what fails. 0; -ENOMEM; -ECHILD: with --strict, and
 * it can't be run. */
int exec_start(struct exec *x, const struct wq_event *ev);

/* Takes those that have ended. Says which have failed. 0; -ECHILD: with --strict, and one has.
 * @x may be NULL. */
int exec_reap(struct exec *x);

#endif
