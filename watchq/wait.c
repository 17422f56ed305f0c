// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * First watch, then look, then wait: what changes in between is in an event. A signal ends watchq
 * as it does any program, once what was set up for watching is removed. At the deadline the
 * conditions are evaluated once more: a process that was stopped meanwhile has not seen them met.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"
#include "nls.h"
#include "outlet.h"
#include "run/activity.h"
#include "run/watchdog.h"
#include "signals.h"
#include "wait.h"

#define WQC_INTERVAL	1000000000	/* ns: how often what nothing tells of is looked at */
#define WQC_SWEEP	10000000000	/* ns: filesystems become read-only without an event */
#define WQC_TRIES	8		/* to watch what changes meanwhile */
#define WQC_NEVER	INT64_MAX

/* A condition, and what is known of it. */
struct waited {
	struct wq_condition *c;
	bool so;
	bool never;		/* it can't be met any more */
	bool reported;		/* and that was printed */
	struct wq_error why;
	int status;		/* the exit status, once reported */
	bool doubt;		/* something has happened that may concern it */
};

struct wait {
	const struct options *o;
	struct wq_monitor *m;	/* NULL: there is nothing to hear from */
	struct outlet out;
	struct waited *list;
	size_t n;
	struct pollfd *fds;	/* of signals, the monitor's, and one for each condition */
	int64_t deadline;	/* CLOCK_MONOTONIC, ns; NEVER */
	uint64_t seq;
	int status;		/* of a failure, said; 0: none */
	int signo;		/* of the signal that ends it; 0: none */
};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- Signals and time ---- */

static void take_signals(struct wait *w)
{
	struct signalfd_siginfo info;

	while (read(watchdog_fd(), &info, sizeof(info)) == (ssize_t) sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			w->signo = (int) info.ssi_signo;
}

/* Whether waiting is to end, met or not. */
static bool must_end(const struct wait *w)
{
	return w->signo || w->status || now() >= w->deadline;
}

/* ---- Showing ---- */

/* The output takes no more: until it does, or time is up. */
static int wait_for_output(void *data, int fd)
{
	struct wait *w = data;
	struct pollfd fds[2] = {
		{ .fd = fd, .events = POLLOUT }, { .fd = watchdog_fd(), .events = POLLIN },
	};

	for (;;) {
		int64_t left = w->deadline == WQC_NEVER ? -1 : (w->deadline - now()) / 1000000;
		int n;

		activity_idle(WQC_ACTIVITY_MAIN);
		n = poll(fds, 2, w->deadline == WQC_NEVER ? -1 : left > 1 ? (int) left : 1);
		activity_busy(WQC_ACTIVITY_MAIN);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && fds[0].revents)
			return 0;
		take_signals(w);
		if (w->signo)
			return -EINTR;
		if (n == 0 && now() >= w->deadline)
			return -ETIMEDOUT;
	}
}

static void show(struct wait *w, const struct waited *one, const struct wq_event *ev)
{
	struct wq_event event = *ev;
	int rc;

	event.seq = ++w->seq;
	event.condition = wq_condition_text(one->c);
	rc = outlet_event(&w->out, &event);
	if (!rc)
		rc = outlet_flush(&w->out);
	/* Who read it has gone: waiting goes on. */
	if (rc && rc != -EPIPE && rc != -ECONNRESET && !w->status && !w->signo)
		w->status = outlet_status(&w->out, rc);
}

/* ---- Conditions ---- */

/* With --any, the same event may meet another condition: then nothing has failed. */
static void report_never(struct wait *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		struct waited *one = &w->list[i];

		if (one->never && !one->reported)
			one->status = msg_fail(&one->why);
		one->reported |= one->never;
	}
}

static void take(struct wait *w, struct waited *one, int rc, const struct wq_event *ev, const struct wq_error *e)
{
	if (rc < 0) {
		one->so = false;
		one->never = true;
		one->why = *e;
		if (!w->o->any)
			report_never(w);
	} else {
		if (rc == 1 && !one->so)
			show(w, one, ev);
		one->so = rc == 1;
	}
}

static void look(struct wait *w, struct waited *one)
{
	struct wq_error e = { 0 };
	struct wq_event state;

	one->doubt = false;
	if (!one->never)
		take(w, one, wq_condition_look(one->c, &state, &e), &state, &e);
}

static void look_at_all(struct wait *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		look(w, &w->list[i]);
}

/* Whether there is nothing more to wait for: then *@status. */
static bool is_over(struct wait *w, int *status)
{
	size_t so = 0, never = 0, i;
	int failed = WQC_STATUS_FAILURE;

	for (i = 0; i < w->n; i++) {
		so += w->list[i].so;
		never += w->list[i].never;
	}
	*status = WQC_STATUS_OK;
	if (w->o->any ? so > 0 : so == w->n)
		return true;
	if (never == w->n)
		report_never(w);
	for (i = 0; i < w->n; i++)
		if (w->list[i].never)
			failed = w->list[i].status;
	*status = failed;
	return w->o->any ? never == w->n : never > 0;
}

static int on_event(void *data, const struct wq_event *ev)
{
	struct wait *w = data;
	size_t i;
	int status;

	for (i = 0; i < w->n; i++) {
		struct waited *one = &w->list[i];
		struct wq_error e = { 0 };
		struct wq_event state;

		if (one->never || !wq_condition_concerns(one->c, ev))
			continue;
		/* Of many such, one look behind all suffices. */
		if (!wq_condition_is_about(one->c, ev))
			one->doubt = true;
		else
			take(w, one, wq_condition_event(one->c, ev, &state, &e), &state, &e);
	}
	/* Events may come faster than they are looked at. */
	take_signals(w);
	return is_over(w, &status) || must_end(w) ? -ECANCELED : 0;
}

static void look_at_doubtful(struct wait *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->list[i].doubt)
			look(w, &w->list[i]);
}

static bool needs_looks(const struct wait *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (!w->list[i].never && wq_condition_needs_looks(w->list[i].c))
			return true;
	return false;
}

/* Poll what nothing reports; no other: a look-up counts as use of a filesystem that may expire. */
static void poll_conditions(struct wait *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (wq_condition_needs_looks(w->list[i].c))
			look(w, &w->list[i]);
}

/* All are so; but what nothing tells of may have ceased to be. */
static bool is_confirmed(struct wait *w, int *status)
{
	if (!w->o->any && *status == WQC_STATUS_OK)
		poll_conditions(w);
	return is_over(w, status);
}

/* ---- Watching ---- */

static int new_monitor(struct wait *w, struct wq_error *e)
{
	struct wq_condition **c = calloc(w->n, sizeof(*c));
	size_t n = 0, i;
	int rc = c ? wq_monitor_new(&w->m, on_event, w) : -ENOMEM;

	if (rc) {
		free(c);
		return wq_fail(e, WQ_FAILURE, -rc, "can't start: %s", strerror(-rc));
	}
	for (i = 0; i < w->n; i++)
		if (!w->list[i].never)
			c[n++] = w->list[i].c;
	wq_monitor_set_log(w->m, msg_log, NULL);
	wq_monitor_set_workers(w->m, true);
	if (w->o->interval)
		wq_monitor_set_interval(w->m, w->o->interval);
	rc = wq_conditions_watch(c, n, w->m, w->o->sweep_given ? w->o->sweep : WQC_SWEEP, e);
	free(c);
	return rc;
}

static void no_monitor(struct wait *w)
{
	wq_monitor_free(w->m);
	w->m = NULL;
}

/* Watches stand behind it. What is not as it was when it was named, such as a key that was just
 * revoked, can't be watched: then it is looked at, and tried again. 0; the exit status, said;
 * or it is over. */
static int watch(struct wait *w, int *status)
{
	struct wq_error e;
	unsigned i;
	int rc = 0;

	for (i = 0; i < WQC_TRIES; i++) {
		e = (struct wq_error) { 0 };
		rc = new_monitor(w, &e);
		if (rc > 0)
			rc = wq_monitor_start(w->m, &e);
		else
			no_monitor(w);
		if (rc >= 0 || rc == -ECANCELED)
			return 0;
		no_monitor(w);
		look_at_all(w);
		if (is_over(w, status) || must_end(w))
			return 0;
	}
	*status = msg_fail(&e);
	return 1;
}

/* ---- Waiting ---- */

/* Until something can have changed. */
static void pause_until(struct wait *w, int64_t at)
{
	int64_t left = at == WQC_NEVER ? 0 : at - now();
	struct timespec ts = { 0 };
	nfds_t n = 0;
	size_t i;

	report_never(w);
	if (left > 0)
		ts = (struct timespec) { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	w->fds[n++] = (struct pollfd) { .fd = watchdog_fd(), .events = POLLIN };
	/* None that are none: the kernel counts them against the limit of descriptors. */
	if (w->m)
		w->fds[n++] = (struct pollfd) { .fd = wq_monitor_fd(w->m), .events = POLLIN };
	for (i = 0; i < w->n; i++)
		if (wq_condition_fd(w->list[i].c) >= 0)
			w->fds[n++] = (struct pollfd) { .fd = wq_condition_fd(w->list[i].c), .events = POLLIN };
	activity_idle(WQC_ACTIVITY_MAIN);
	n = (nfds_t) ppoll(w->fds, n, at == WQC_NEVER ? NULL : &ts, NULL);
	activity_busy(WQC_ACTIVITY_MAIN);
	take_signals(w);
	if ((int) n < 0 && errno != EINTR) {
		msg_error(_("can't wait: %s"), strerror(errno));
		w->status = WQC_STATUS_FAILURE;
		return;
	}
	for (i = 0, n = 1 + (w->m != NULL); i < w->n; i++)
		if (wq_condition_fd(w->list[i].c) >= 0 && w->fds[n++].revents && wq_condition_heard(w->list[i].c))
			look(w, &w->list[i]);
}

/* What the monitor has to tell. False: nothing more will come from it. */
static bool hear(struct wait *w, bool *more)
{
	struct wq_error e = { 0 };
	int rc = wq_monitor_dispatch(w->m, &e);

	*more = rc == 1;
	if (rc == -ECANCELED)
		return true;
	if (rc >= 0 && rc != WQ_DONE) {
		look_at_doubtful(w);
		return true;
	}
	if (rc < 0) {
		w->status = msg_fail(&e);
		return false;
	}
	/* All that was watched is gone: what becomes of it now is looked at. */
	no_monitor(w);
	look_at_all(w);
	return true;
}

static bool can_still_hear(const struct wait *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (wq_condition_fd(w->list[i].c) >= 0)
			return true;
	return w->m || needs_looks(w);
}

/* Time is up: what was met and not seen, because watchq was stopped or nothing reported it, counts. */
static int time_out(struct wait *w)
{
	int status;

	look_at_all(w);
	return is_over(w, &status) ? status : WQC_STATUS_TIMEOUT;
}

/* One turn: take what there is, or wait for it. False: @status is the end. */
static bool turn(struct wait *w, int64_t *look_at, int64_t interval, int *status)
{
	int64_t until = needs_looks(w) && *look_at < w->deadline ? *look_at : w->deadline;
	bool more = false;

	if (w->m && !hear(w, &more))
		return false;
	if (is_over(w, status))
		return true;
	if (more) {
		take_signals(w);
	} else if (!can_still_hear(w)) {
		msg_error(_("what was watched is gone, and nothing can tell any more"));
		w->status = WQC_STATUS_FAILURE;
	} else {
		pause_until(w, until);
	}
	if (now() >= *look_at) {
		if (!must_end(w))
			poll_conditions(w);
		*look_at = now() + interval;
	}
	return true;
}

static int run(struct wait *w)
{
	int64_t interval = w->o->interval ? (int64_t) w->o->interval : WQC_INTERVAL, look_at;
	int status;

	/* Mostly it is so already: then to listen was in vain, and took longest. */
	look_at_all(w);
	if (is_over(w, &status) || watch(w, &status))
		return status;
	look_at_all(w);
	msg_note(_("ready"));
	look_at = now() + interval;
	while (!(is_over(w, &status) && is_confirmed(w, &status)) && !w->status && !w->signo) {
		if (now() >= w->deadline)
			return time_out(w);
		if (!turn(w, &look_at, interval, &status))
			break;
	}
	return w->status ? w->status : status;
}

int wait_for(const struct options *o, struct wq_condition *const *conditions, size_t n)
{
	struct wait w = { .o = o, .n = n, .deadline = o->timeout < 0 ? WQC_NEVER : now() + o->timeout };
	int status = watchdog_start(o);
	struct wq_error e = { 0 };
	size_t i;

	if (!status)
		status = outlet_open(&w.out, o, wait_for_output, &w);
	if (status)
		return status;
	if (o->timeout >= 0)
		watchdog_set_deadline(w.deadline);
	w.list = calloc(n, sizeof(*w.list));
	w.fds = calloc(n + 2, sizeof(*w.fds));
	if (!w.list || !w.fds || outlet_begin(&w.out)) {
		msg_error(_("can't start: %s"), strerror(ENOMEM));
		status = WQC_STATUS_FAILURE;
	} else if (wq_conditions_use_threads(conditions, n, msg_log, NULL, &e)) {
		status = msg_fail(&e);
	} else {
		for (i = 0; i < n; i++)
			w.list[i].c = conditions[i];
		status = run(&w);
		if (status == WQC_STATUS_OK && w.status)
			status = w.status;
	}
	signals_end_by(w.signo);
	watchdog_finish(status);
	wq_monitor_free(w.m);
	outlet_close(&w.out);
	free(w.list);
	free(w.fds);
	return status;
}
