// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop: dispatch, write, wait. It ends when the monitor is done, time is up,
 * a signal comes, or who read the output is gone.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"
#include "nls.h"
#include "run.h"

struct run {
	const struct options *o;
	struct wq_monitor *m;
	struct sink sink;
	const struct output_ops *ops;
	void *output;
	int output_error;	/* -errno: of writing an event */
	int sigfd;
	bool stopped;		/* by SIGINT or SIGTERM */
	bool reopen;		/* SIGHUP: the output file, when a line is whole */
	int64_t deadline;	/* CLOCK_MONOTONIC, ns; -1: none */
};

/* ---- Setting up ---- */

static int on_event(void *data, const struct wq_event *ev)
{
	struct run *r = data;

	r->output_error = r->ops->event(r->output, ev);
	return r->output_error;
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

static int open_output_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0)
		msg_error(_("%s: can't open for writing: %s"), path, strerror(errno));
	return fd;
}

/* Signals are read from a descriptor, so that none interrupts anything. */
static int open_signals(bool hangup)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;
	sigset_t set;
	unsigned i;

	sigemptyset(&set);
	for (i = 0; i < 2u + hangup; i++) {
		/* Who started us may want it ignored: nohup, a script's '&'. */
		if (sigaction(wanted[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN && wanted[i] != SIGHUP)
			continue;
		sigaddset(&set, wanted[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

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

	while (read(r->sigfd, &info, sizeof(info)) == (ssize_t) sizeof(info))
		*(info.ssi_signo == SIGHUP ? &r->reopen : &r->stopped) = true;
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
	return id == COL_DETAIL || columns[id].from == FROM_KEY || columns[id].from == FROM_AUX;
}

static bool needs_names(const struct options *o)
{
	unsigned i;

	if (o->output.format == FORMAT_BINARY && !o->output.annotated && o->nmatch == 0)
		return false;
	for (i = 0; i < o->nmatch; i++)
		if (has_name(o->match[i].column))
			return true;
	if (o->output.format == FORMAT_BINARY)
		return o->output.annotated;
	for (i = 0; i < o->output.columns.n; i++)
		if (has_name(o->output.columns.ids[i]))
			return true;
	return false;
}

struct run *run_new(const struct options *o, int *status)
{
	struct run *r = calloc(1, sizeof(*r));
	int fd = STDOUT_FILENO;

	*status = STATUS_FAILURE;
	if (!r)
		return NULL;
	r->o = o;
	r->sigfd = -1;
	r->deadline = -1;
	if (o->output_file) {
		fd = open_output_file(o->output_file);
		if (fd < 0) {
			free(r);
			return NULL;
		}
	}
	if (o->output.format == FORMAT_BINARY && isatty(fd)) {
		msg_usage(_("binary records don't go to a terminal; send them to a file or a pipe"));
		run_free(r);
		return NULL;
	}
	r->sigfd = open_signals(o->output_file != NULL);
	r->ops = output_for(o->output.format);
	if (r->sigfd < 0 || sink_open(&r->sink, fd, on_wait, r) || wq_monitor_new(&r->m, on_event, r)) {
		msg_error(_("can't start: %s"), strerror(errno ? errno : ENOMEM));
		run_free(r);
		return NULL;
	}
	wq_monitor_set_log(r->m, msg_log, NULL);
	wq_monitor_set_filter(r->m, &o->filter);
	wq_monitor_set_count(r->m, o->count);
	wq_monitor_set_names(r->m, needs_names(o));
	if (o->nmatch)
		wq_monitor_set_match(r->m, on_match, (void *) o);
	return r;
}

static int new_output(struct run *r)
{
	r->output = r->ops->new(&r->o->output, &r->sink);
	if (!r->output)
		return -ENOMEM;
	return r->ops->begin ? r->ops->begin(r->output) : 0;
}

struct wq_monitor *run_monitor(struct run *r)
{
	return r->m;
}

bool run_writes_to(const struct run *r, int fd)
{
	struct stat in, out;

	return fstat(fd, &in) == 0 && fstat(r->sink.fd, &out) == 0 && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

void run_free(struct run *r)
{
	/* The monitor first: its names hold what the output has made of them. */
	wq_monitor_free(r->m);
	if (r->output)
		r->ops->free(r->output);
	if (r->o->output_file && r->sink.buf)
		close(r->sink.fd);
	sink_close(&r->sink);
	if (r->sigfd >= 0)
		close(r->sigfd);
	free(r);
}

/* ---- Ending ---- */

/* Says what went wrong with the output. 0: nothing, or who read has gone, which
 * is no error of ours. */
static int output_status(const struct run *r, int rc)
{
	const char *to = r->o->output_file ? r->o->output_file : _("standard output");

	if (rc == 0 || rc == -EPIPE || rc == -ECONNRESET)
		return STATUS_OK;
	if (rc == -EINTR || rc == -ETIMEDOUT)
		msg_error(_("stopped while the output was not being read: it is not complete"));
	else if (rc == -EOPNOTSUPP)
		msg_error(_("a note, or a record in the other byte order, can't be annotated; write plain records, with --binary"));
	else
		msg_error(_("%s: can't write: %s"), to, strerror(-rc));
	return rc == -ETIMEDOUT ? STATUS_TIMEOUT : STATUS_FAILURE;
}

/* ---- Running ---- */

static int reopen_output(struct run *r)
{
	int rc = sink_flush(&r->sink), fd;

	r->reopen = false;
	if (rc)
		return rc;
	fd = open_output_file(r->o->output_file);
	if (fd < 0)
		return 0;	/* said; the old one is better than none */
	close(r->sink.fd);
	sink_set_fd(&r->sink, fd);
	/* A file of its own: with headings, or what a capture begins with. */
	r->ops->free(r->output);
	return new_output(r);
}

/* Waits for something to do, or with @more only looks. 0; 1: who read the output
 * has gone; -errno. */
static int wait_more(struct run *r, bool more)
{
	struct pollfd fds[3] = {
		{ .fd = wq_monitor_fd(r->m), .events = POLLIN },
		{ .fd = r->sigfd, .events = POLLIN },
		{ .fd = r->sink.regular ? -1 : r->sink.fd },
	};
	struct timespec ts = { 0 };
	int64_t left = r->deadline < 0 ? -1 : r->deadline - now();

	if (!more && left > 0)
		ts = (struct timespec) { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	if (ppoll(fds, 3, more || r->deadline >= 0 ? &ts : NULL, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents)
		take_signals(r);
	return fds[2].revents & (POLLERR | POLLHUP | POLLNVAL) ? 1 : 0;
}

static int loop(struct run *r)
{
	struct wq_error e = { 0 };
	int status = STATUS_OK, rc;

	for (;;) {
		/* Once more after a signal: what has been posted is shown. */
		bool last = r->stopped || time_is_up(r);
		int out;

		rc = wq_monitor_dispatch(r->m, &e);
		/* What came before an error is out before it is told. */
		out = r->output_error;
		if ((!out && (rc != 1 || last)) || out == -EOPNOTSUPP) {
			int flushed = sink_flush(&r->sink);

			out = out ? out : flushed;
		}
		if (out)
			status = output_status(r, out);
		if (rc < 0 && !r->output_error)
			status = msg_fail(&e);
		if (out || rc < 0 || rc == WQ_DONE)
			return status;
		if (last)
			return r->stopped ? STATUS_OK : STATUS_TIMEOUT;

		rc = wait_more(r, rc == 1);
		if (rc == 1)
			return STATUS_OK;
		if (rc == 0 && r->reopen)
			rc = reopen_output(r);
		if (rc < 0)
			return output_status(r, rc);
	}
}

int run_go(struct run *r)
{
	struct wq_error e = { 0 };
	int status, rc;

	rc = wq_monitor_start(r->m, &e);
	if (rc) {
		status = msg_fail(&e);
		run_free(r);
		return status;
	}
	if (r->o->timeout >= 0)
		r->deadline = now() + r->o->timeout;
	msg_note(_("ready"));
	rc = new_output(r);
	status = rc ? output_status(r, rc) : loop(r);
	run_free(r);
	return status;
}
