// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a monitor: dispatch, wait, until it is done, time is up, a signal
 * comes, or who read the output is gone. What a capture holds is written here,
 * between two dispatches: it can wait. What happens now can't: it goes to a
 * writer, a thread of its own, and this one never waits for it.
 *
 * With a command, its end is that of the watching, too, and signals are for it.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "msg.h"
#include "nls.h"
#include "outlet.h"
#include "run.h"
#include "signals.h"
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
	bool late;		/* the deadline has passed */
	bool reopen;		/* SIGHUP: the output file, when a line is whole */
	int64_t deadline;	/* CLOCK_MONOTONIC, ns; -1: none */
};

/* ---- Signals and time ---- */

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static bool time_is_up(const struct run *r)
{
	return r->deadline >= 0 && now() >= r->deadline;
}

static void take_signals(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->sigfd, &info, sizeof(info)) == (ssize_t) sizeof(info)) {
		if (info.ssi_signo == SIGHUP && r->o->output_file) {
			r->reopen = true;
			continue;
		}
		r->stopped = true;
		child_tell(r->child, &info);
	}
}

/* Polls until something is there, the deadline, or, with @look, at once. */
static int poll_until(const struct run *r, struct pollfd *fds, nfds_t n, bool look)
{
	struct timespec ts = { 0 };
	int64_t left = r->deadline < 0 ? -1 : r->deadline - now();

	if (!look && left > 0)
		ts = (struct timespec) { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	if (ppoll(fds, n, look || r->deadline >= 0 ? &ts : NULL, NULL) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/* ---- Setting up ---- */

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

static int on_event(void *data, const struct wq_event *ev)
{
	struct run *r = data;

	r->output_error = r->out.state ? outlet_event(&r->out, ev) : first_event(r, ev);
	return r->output_error;
}

static int on_live_event(void *data, const struct wq_event *ev)
{
	struct run *r = data;

	return wq_backlog_push(writer_backlog(r->writer), ev);
}

static bool on_match(void *data, const struct wq_event *ev)
{
	const struct options *o = data;
	struct value v;
	unsigned i;

	for (i = 0; i < o->nmatch; i++) {
		column_text(o->match[i].column, ev, &v);
		if (v.len != strlen(o->match[i].value) || memcmp(v.text, o->match[i].value, v.len) != 0)
			return false;
	}
	return true;
}

/* The output takes no more: waits until it does. Who is to end gives up when the
 * reader has stood still for a second. */
static int on_wait(void *data, int fd)
{
	struct run *r = data;

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = fd, .events = POLLOUT },
			{ .fd = r->sigfd, .events = POLLIN },
		};
		int64_t left = r->deadline - now();
		bool ending = r->stopped || (r->deadline >= 0 && left <= 0);
		struct timespec ts = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
		int n;

		if (ending)
			ts = (struct timespec) { .tv_sec = 1 };
		n = ppoll(fds, 2, ending || r->deadline >= 0 ? &ts : NULL, NULL);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents)
			take_signals(r);
		if (fds[0].revents)
			return 0;
		if (n == 0 && ending)
			return r->stopped ? -EINTR : -ETIMEDOUT;
	}
}

static bool has_name(enum column_id id)
{
	enum column_from from = columns[id].from;

	return id == COL_DETAIL || from == FROM_KEY || from == FROM_AUX || from == FROM_PATH;
}

/* Names are looked up unless nothing of what they are good for is shown: members
 * are told apart by them, too, and so is what a loss has hidden. */
static bool needs_names(const struct options *o)
{
	unsigned i;

	for (i = 0; i < o->nmatch; i++)
		if (has_name(o->match[i].column))
			return true;
	return o->output.format != FORMAT_BINARY || o->output.annotated;
}

static bool needs_commands(const struct options *o)
{
	unsigned i;

	for (i = 0; i < o->nmatch; i++)
		if (o->match[i].column == COL_COMMAND)
			return true;
	for (i = 0; i < o->output.columns.n; i++)
		if (o->output.columns.ids[i] == COL_COMMAND)
			return true;
	return o->output.format == FORMAT_BINARY && o->output.annotated;
}

static int open_all(struct run *r, bool live)
{
	int rc = live ? outlet_open(&r->out, r->o, writer_wait, &r->writer)
		      : outlet_open(&r->out, r->o, on_wait, r);

	if (rc)
		return rc;
	errno = ENOMEM;
	r->sigfd = signals_open(r->o);
	if (live)
		r->writer = writer_new(&r->out, r->o->buffer);
	if (r->sigfd >= 0 && (!live || r->writer) &&
	    wq_monitor_new(&r->m, live ? on_live_event : on_event, r) == 0)
		return 0;
	msg_error(_("can't start: %s"), strerror(errno));
	return STATUS_FAILURE;
}

struct run *run_new(const struct options *o, int *status)
{
	struct run *r = calloc(1, sizeof(*r));
	bool live = o->cmd->options & OPTIONS_LIVE;

	*status = STATUS_FAILURE;
	if (!r)
		return NULL;
	r->o = o;
	r->sigfd = -1;
	r->deadline = -1;
	/* First of all: it inherits what is so now. */
	r->child = o->shell_command ? child_new(o->shell_command) : NULL;
	if (o->shell_command && !r->child) {
		free(r);
		return NULL;
	}
	*status = open_all(r, live);
	if (*status) {
		run_free(r);
		return NULL;
	}
	wq_monitor_set_log(r->m, msg_log, NULL);
	wq_monitor_set_filter(r->m, &o->filter);
	wq_monitor_set_dialect(r->m, o->filter.dialect);
	wq_monitor_set_count(r->m, o->count);
	wq_monitor_set_names(r->m, needs_names(o));
	wq_monitor_set_commands(r->m, needs_commands(o));
	wq_monitor_set_initial(r->m, o->initial, o->once);
	wq_monitor_set_marks(r->m, o->marks);
	wq_monitor_set_sweep(r->m, o->sweep);
	if (o->interval)
		wq_monitor_set_interval(r->m, o->interval);
	wq_monitor_set_thread(r->m, live, !o->no_realtime);
	if (o->nmatch)
		wq_monitor_set_match(r->m, on_match, (void *) o);
	return r;
}

struct wq_monitor *run_monitor(struct run *r)
{
	return r->m;
}

bool run_writes_to(const struct run *r, int fd)
{
	struct stat in, out;

	return fstat(fd, &in) == 0 && fstat(r->out.sink.fd, &out) == 0 && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

static void stop_watching(struct run *r)
{
	/* The names hold what the output has made of them: first who has names. */
	if (r->writer)
		writer_free(r->writer);
	wq_monitor_free(r->m);
	outlet_close(&r->out);
}

static void free_rest(struct run *r)
{
	child_free(r->child);
	if (r->sigfd >= 0)
		close(r->sigfd);
	free(r);
}

void run_free(struct run *r)
{
	stop_watching(r);
	free_rest(r);
}

/* ---- Captures ---- */

/* Waits for something to do, or with @more only looks. 0; 1: who read the output
 * has gone; -errno. */
static int wait_more(struct run *r, bool more)
{
	struct pollfd fds[3] = {
		{ .fd = wq_monitor_fd(r->m), .events = POLLIN },
		{ .fd = r->sigfd, .events = POLLIN },
		{ .fd = outlet_fd(&r->out) },
	};
	int rc = poll_until(r, fds, 3, more);

	if (fds[1].revents)
		take_signals(r);
	if (!rc && fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
		return 1;
	return rc;
}

/* One dispatch and what it gave. @status is set when it was the last. */
static bool decode_some(struct run *r, int *status)
{
	/* Once more after a signal: what has been posted is shown. */
	bool last = r->stopped || time_is_up(r);
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
		*status = r->stopped ? STATUS_OK : STATUS_TIMEOUT;
		return false;
	}

	rc = wait_more(r, rc == 1);
	if (rc == 0 && r->reopen) {
		r->reopen = false;
		rc = outlet_reopen(&r->out);
	}
	if (rc < 0)
		*status = outlet_status(&r->out, rc);
	return rc == 0;
}

static int decode(struct run *r)
{
	struct wq_error e = { 0 };
	int status = STATUS_OK;

	if (wq_monitor_start(r->m, &e) < 0)
		return msg_fail(&e);
	if (r->o->timeout >= 0)
		r->deadline = now() + r->o->timeout;
	while (decode_some(r, &status))
		;
	return status;
}

/* ---- Live ---- */

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

	poll_until(r, fds, 5, more);
	if (fds[1].revents)
		take_signals(r);
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
	r->late = time_is_up(r);
	return r->late;
}

/* Runs the monitor until it is done. 0, WQ_DONE, or -errno with *@e. */
static int go_live(struct run *r, struct wq_error *e)
{
	bool stopping = false;
	int rc;

	for (;;) {
		if (!stopping && is_over(r)) {
			stopping = true;
			wq_monitor_stop(r->m);	/* what has been posted is shown */
			r->deadline = -1;
		}
		rc = wq_monitor_dispatch(r->m, e);
		wq_backlog_pushed(writer_backlog(r->writer));
		if (rc < 0 || rc == WQ_DONE || wait_live(r, rc == 1))
			return rc < 0 ? rc : 0;
		if (r->reopen)
			writer_reopen(r->writer);
		r->reopen = false;
	}
}

static int watch_live(struct run *r)
{
	struct wq_error e = { 0 };
	int status, rc, out;

	rc = wq_monitor_start(r->m, &e);
	if (rc < 0)
		return msg_fail(&e);
	out = writer_start(r->writer);
	if (out) {
		msg_error(_("can't start the thread that writes: %s"), strerror(-out));
		return STATUS_FAILURE;
	}
	if (r->o->timeout >= 0)
		r->deadline = now() + r->o->timeout;
	msg_note(_("ready"));
	child_go(r->child);
	if (rc == 0)
		rc = go_live(r, &e);
	wq_backlog_last(writer_backlog(r->writer));
	wq_monitor_finish(r->m);
	/* What came before an error is out before it is told. */
	take_signals(r);
	out = writer_finish(r->writer, r->late ? -ETIMEDOUT : r->stopped ? -EINTR : 0, r->sigfd);
	status = r->late ? STATUS_TIMEOUT : STATUS_OK;
	if (out)
		status = outlet_status(&r->out, out);
	return rc < 0 ? msg_fail(&e) : status;
}

/* Watching may end before the command, which is nobody's to end then. */
static void wait_for_command(struct run *r)
{
	while (child_runs(r->child)) {
		struct pollfd fds[2] = {
			{ .fd = child_fd(r->child), .events = POLLIN },
			{ .fd = r->sigfd, .events = POLLIN },
		};

		poll(fds, 2, -1);
		if (fds[1].revents)
			take_signals(r);
		if (fds[0].revents)
			child_seen(r->child);
	}
}

int run_go(struct run *r)
{
	int status = r->writer ? watch_live(r) : decode(r);

	if (r->o->strict && (status == STATUS_OK || status == STATUS_TIMEOUT) && wq_monitor_has_lost(r->m))
		status = STATUS_LOST;
	stop_watching(r);
	if (r->child) {
		wait_for_command(r);
		status = child_status(r->child, status);
	}
	free_rest(r);
	return status;
}
