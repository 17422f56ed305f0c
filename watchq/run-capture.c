// SPDX-License-Identifier: GPL-2.0-or-later
/* What a capture holds is written in the thread that reads it, between two dispatches:
 * it can wait. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "msg.h"
#include "run/activity.h"
#include "run/watchdog.h"
#include "run-state.h"

/* Of a capture: it may say itself what dialect it is of, and that is known when there
 * is an event. */
static int begin(struct run *r)
{
	r->out.config.dialect = wq_monitor_dialect(r->m);
	return outlet_begin(&r->out);
}

static int first_event(struct run *r, const struct wq_event *ev)
{
	int rc = begin(r);

	return rc ? rc : outlet_event(&r->out, ev);
}

int run_capture_event(void *data, const struct wq_event *ev)
{
	struct run *r = data;

	r->output_error = r->out.state ? outlet_event(&r->out, ev) : first_event(r, ev);
	return r->output_error;
}

static void summarize(struct run *r)
{
	if (r->summarize)
		outlet_summary(&r->out);
	r->summarize = false;
}

/* Waits until the output takes more. Who is to end gives up when the
 * reader has stood still for WQC_GRACE_MS. */
int run_capture_wait(void *data, int fd)
{
	struct run *r = data;

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = fd, .events = POLLOUT },
			{ .fd = r->sigfd, .events = POLLIN },
		};
		int64_t left = r->deadline - run_now();
		bool ending = r->stopped || (r->deadline >= 0 && left <= 0);
		struct timespec ts = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
		int n;

		if (ending)
			ts = (struct timespec) { .tv_nsec = WQC_GRACE_MS * 1000000 };
		activity_idle(WQC_ACTIVITY_MAIN);
		n = ppoll(fds, 2, ending || r->deadline >= 0 ? &ts : NULL, NULL);
		activity_busy(WQC_ACTIVITY_MAIN);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents)
			run_take_signals(r);
		summarize(r);
		if (r->enough)
			return -EINTR;
		if (fds[0].revents)
			return 0;
		if (n == 0 && ending)
			return r->stopped ? -EINTR : -ETIMEDOUT;
	}
}

/* Waits for something to do, or with @more only looks. 0; 1: who read the output
 * has gone; -errno. */
static int wait_more(struct run *r, bool more)
{
	struct pollfd fds[3] = {
		{ .fd = wq_monitor_fd(r->m), .events = POLLIN },
		{ .fd = r->sigfd, .events = POLLIN },
		{ .fd = outlet_fd(&r->out) },
	};
	int rc = run_poll(r, fds, 3, more);

	if (fds[1].revents)
		run_take_signals(r);
	if (!rc && fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
		return 1;
	return rc;
}

/* One dispatch and what it gave. @status is set when it was the last. */
static bool decode_some(struct run *r, int *status)
{
	/* Once more after a signal: what has been posted is shown. */
	bool last = r->stopped || run_time_is_up(r);
	struct wq_error e = { 0 };
	int rc = wq_monitor_dispatch(r->m, &e), out = r->output_error;

	/* What came before an error is out before it is told. */
	if ((!out && (rc != 1 || last)) || out == -EOPNOTSUPP) {
		/* A capture of nothing has a beginning, too. */
		int flushed = (rc == WQ_DONE || last) && !r->out.state ? begin(r) : 0;

		flushed = flushed ? flushed : outlet_flush(&r->out);
		out = out ? out : flushed;
	}
	if (out)
		*status = outlet_status(&r->out, out);
	if (rc < 0 && !r->output_error)
		*status = msg_fail(&e);
	if (out || rc < 0 || rc == WQ_DONE)
		return false;
	if (last) {
		*status = r->stopped ? WQC_STATUS_OK : WQC_STATUS_TIMEOUT;
		return false;
	}

	rc = wait_more(r, rc == 1);
	if (rc == 0 && r->reopen) {
		r->reopen = false;
		rc = outlet_reopen(&r->out);
	}
	if (rc == 0 && r->summarize) {
		rc = outlet_flush(&r->out);
		summarize(r);
	}
	if (rc < 0)
		*status = outlet_status(&r->out, rc);
	return rc == 0;
}

int run_capture(struct run *r)
{
	struct wq_error e = { 0 };
	int status = WQC_STATUS_OK;

	if (wq_monitor_start(r->m, &e) < 0)
		return msg_fail(&e);
	if (r->o->timeout >= 0)
		r->deadline = run_now() + r->o->timeout;
	watchdog_set_deadline(r->deadline);
	while (decode_some(r, &status))
		;
	return status;
}
