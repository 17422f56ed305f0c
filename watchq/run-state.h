/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of run.h share: run.c sets up and ends, run-live.c watches,
 * run-capture.c decodes. */
#ifndef WQC_RUN_STATE_H
#define WQC_RUN_STATE_H

#include <poll.h>

#include "child.h"
#include "outlet.h"
#include "run.h"
#include "writer.h"

struct run {
	const struct options *o;
	struct wq_monitor *m;
	struct outlet out;
	struct writer *writer;	/* NULL: events are written in this thread */
	int output_error;	/* without one: -errno of writing an event */
	struct child *child;	/* NULL: no --command */
	int sigfd;
	bool stopped;		/* by a signal; with a command, it was told */
	bool stopping;		/* what has been posted is read, and no more */
	bool enough;		/* nor that: another signal came */
	bool late;		/* the deadline has passed */
	bool reopen;		/* SIGHUP: the output file, when a line is whole */
	bool summarize;		/* SIGUSR1, with --summary */
	int64_t deadline;	/* CLOCK_MONOTONIC, ns; -1: none */
};

/* CLOCK_MONOTONIC, ns. */
int64_t run_now(void);

bool run_time_is_up(const struct run *r);

/* What came by r->sigfd. */
void run_take_signals(struct run *r);

/* Polls until something is there, the deadline, or, with @look, at once. 0 or -errno. */
int run_poll(const struct run *r, struct pollfd *fds, nfds_t n, bool look);

/* Starts the monitor and shows what comes until there is an end to it: what happens
 * now, and what a capture holds. They return the exit status. */
int run_live(struct run *r);
int run_capture(struct run *r);

/* Takers of the monitor's events: wq_event_fn. */
int run_live_event(void *data, const struct wq_event *ev);
int run_capture_event(void *data, const struct wq_event *ev);

/* A capture's output takes no more: as sink_open()'s wait. */
int run_capture_wait(void *data, int fd);

#endif
