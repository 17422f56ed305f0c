// SPDX-License-Identifier: GPL-2.0-or-later
/* What happens now can't wait: it goes to a writer, a thread of its own, and this one
 * never waits for it. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "msg.h"
#include "nls.h"
#include "ready.h"
#include "run/watchdog.h"
#include "run-state.h"

int run_live_event(void *data, const struct wq_event *ev)
{
	struct run *r = data;

	return wq_backlog_push(writer_backlog(r->writer), ev);
}

/* The writer has ended by itself: true. */
static bool wait_live(struct run *r, bool more)
{
	struct wq_backlog *backlog = writer_backlog(r->writer);
	struct pollfd fds[5] = {
		{ .fd = wq_monitor_fd(r->m), .events = POLLIN },
		{ .fd = r->sigfd, .events = POLLIN },
		{ .fd = writer_fd(r->writer), .events = POLLIN },
		{ .fd = wq_backlog_room_fd(backlog), .events = POLLIN },
		{ .fd = child_fd(r->child), .events = POLLIN },
	};

	run_poll(r, fds, 5, more);
	if (fds[1].revents)
		run_take_signals(r);
	if (fds[3].revents)
		wq_backlog_room_seen(backlog);
	if (fds[4].revents)
		child_seen(r->child);
	return fds[2].revents;
}

/* Whether what is posted from now on is not to be shown any more. */
static bool is_over(struct run *r)
{
	if (r->child ? !child_runs(r->child) : r->stopped)
		return true;
	r->late = run_time_is_up(r);
	return r->late;
}

/* What signals ask of the writer. */
static void pass_orders(struct run *r)
{
	if (r->reopen)
		writer_reopen(r->writer);
	if (r->summarize)
		writer_summarize(r->writer);
	r->reopen = r->summarize = false;
}

/* Runs the monitor until it is done. 0, WQ_DONE, or -errno with *@e. */
static int go_live(struct run *r, struct wq_error *e)
{
	int rc;

	for (;;) {
		if (!r->stopping && is_over(r)) {
			r->stopping = true;
			wq_monitor_stop(r->m);	/* what has been posted is shown */
			r->deadline = -1;
		}
		rc = wq_monitor_dispatch(r->m, e);
		wq_backlog_pushed(writer_backlog(r->writer));
		if (rc < 0 || rc == WQ_DONE || wait_live(r, rc == 1) || r->enough)
			return rc < 0 ? rc : 0;
		pass_orders(r);
	}
}

/* What had been posted wasn't all read; and the output may have more to say to that. */
static int end_early(const struct run *r, int out)
{
	if (!out)
		msg_error(_("stopped while what had happened was still being read: the output is not complete"));
	return r->late ? WQC_STATUS_TIMEOUT : WQC_STATUS_FAILURE;
}

/* Of a signal while it ends: whether that is to end it at once. */
static bool is_enough(void *data)
{
	struct run *r = data;

	r->stopped = false;
	run_take_signals(r);
	pass_orders(r);
	return r->stopped;
}

/* In the watchdog's thread, while this one is in a system call that does not return. */
static bool run_flush(void *data, int late)
{
	struct run *r = data;

	return writer_abandon(r->writer, late);
}

int run_live(struct run *r)
{
	struct wq_error e = { 0 };
	int status, rc, out;

	rc = wq_monitor_start(r->m, &e);
	if (rc < 0)
		return msg_fail(&e);
	out = writer_start(r->writer);
	watchdog_set_flush(out ? NULL : run_flush, r);
	if (out) {
		msg_error(_("can't start the thread that writes: %s"), strerror(-out));
		return WQC_STATUS_FAILURE;
	}
	if (r->o->timeout >= 0)
		r->deadline = run_now() + r->o->timeout;
	watchdog_set_deadline(r->deadline);
	ready_tell(r->o->ready_fd);
	msg_note(_("ready"));
	if (r->child)
		watchdog_child_released();
	child_go(r->child);
	if (rc == 0)
		rc = go_live(r, &e);
	ready_stopping();
	wq_backlog_last(writer_backlog(r->writer));
	wq_monitor_finish(r->m);
	/* What came before an error is out before it is told. */
	run_take_signals(r);
	pass_orders(r);
	out = writer_finish(r->writer, r->late ? -ETIMEDOUT : r->stopped && !r->child ? -EINTR : 0, r->enough, r->sigfd, is_enough, r);
	status = r->late ? WQC_STATUS_TIMEOUT : WQC_STATUS_OK;
	if (r->enough)
		status = end_early(r, out);
	if (out)
		status = outlet_status(&r->out, out);
	return rc < 0 ? msg_fail(&e) : status;
}
