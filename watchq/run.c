// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a monitor: dispatch, wait, until it is done, time is up, a signal
 * comes, or who read the output is gone.
 *
 * With a command, its end is that of the watching, too, and signals are for it.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "match.h"
#include "exec.h"
#include "msg.h"
#include "nls.h"
#include "run/activity.h"
#include "run/watchdog.h"
#include "run-state.h"
#include "util/limits.h"

/* ---- Signals and time ---- */

int64_t run_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

bool run_time_is_up(const struct run *r)
{
	return r->deadline >= 0 && run_now() >= r->deadline;
}

void run_take_signals(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->sigfd, &info, sizeof(info)) == (ssize_t) sizeof(info)) {
		if (info.ssi_signo == SIGHUP && r->o->output_file) {
			r->reopen = true;
			continue;
		}
		if (info.ssi_signo == SIGUSR1) {
			r->summarize = true;
			continue;
		}
		r->enough |= (r->stopping || (r->stopped && !r->writer)) && !r->child;
		r->stopped = true;
	}
}

int run_poll(const struct run *r, struct pollfd *fds, nfds_t n, bool look)
{
	struct timespec ts = { 0 };
	int64_t left = r->deadline < 0 ? -1 : r->deadline - run_now();

	if (!look && left > 0)
		ts = (struct timespec) { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	activity_idle(WQC_ACTIVITY_MAIN);
	n = (nfds_t) ppoll(fds, n, look || r->deadline >= 0 ? &ts : NULL, NULL);
	activity_busy(WQC_ACTIVITY_MAIN);
	return (int) n < 0 && errno != EINTR ? -errno : 0;
}

/* ---- Setting up ---- */

static bool has_name(enum column_id id)
{
	enum column_from from = columns[id].from;

	return id == WQC_COL_DETAIL || from == WQC_FROM_KEY || from == WQC_FROM_AUX || from == WQC_FROM_PATH;
}

/* Names are looked up unless nothing of what they are good for is shown: members
 * are told apart by them, too, and so is what a loss has hidden. */
static bool needs_names(const struct options *o)
{
	unsigned i;

	for (i = 0; i < o->nmatch; i++)
		if (has_name(o->match[i].column))
			return true;
	return o->output.format != WQC_FORMAT_BINARY || o->output.annotated || o->exec;
}

/* Whether the value of this column is shown, matched, or kept. */
static bool needs_column(const struct options *o, enum column_id id)
{
	unsigned i;

	for (i = 0; i < o->nmatch; i++)
		if (o->match[i].column == id)
			return true;
	for (i = 0; i < o->output.columns.n; i++)
		if (o->output.columns.ids[i] == id)
			return true;
	return (o->output.format == WQC_FORMAT_BINARY && o->output.annotated) || o->exec;
}

static struct writer *new_writer(struct run *r)
{
	struct exec *x = r->o->exec ? exec_new(r->o) : NULL;

	return r->o->exec && !x ? NULL : writer_new(&r->out, r->o->buffer, x);
}

static int open_all(struct run *r, bool live)
{
	int rc = watchdog_start(r->o);

	if (rc)
		return rc;
	r->sigfd = watchdog_fd();
	rc = live ? outlet_open(&r->out, r->o, writer_wait, &r->writer)
		      : outlet_open(&r->out, r->o, run_capture_wait, r);

	if (rc)
		return rc;
	errno = ENOMEM;
	if (live)
		r->writer = new_writer(r);
	if ((!live || r->writer) &&
	    wq_monitor_new(&r->m, live ? run_live_event : run_capture_event, r) == 0)
		return 0;
	msg_error(_("can't start: %s"), strerror(errno));
	return WQC_STATUS_FAILURE;
}

struct run *run_new(const struct options *o, int *status)
{
	struct run *r = calloc(1, sizeof(*r));
	bool live = o->cmd->options & WQC_OPTIONS_LIVE;

	*status = WQC_STATUS_FAILURE;
	if (!r) {
		msg_error(_("can't start: %s"), strerror(ENOMEM));
		return NULL;
	}
	r->o = o;
	r->sigfd = -1;
	r->deadline = -1;
	/* First of all: it inherits what is so now. */
	r->child = o->shell_command ? child_new(o->shell_command) : NULL;
	if (o->shell_command && !r->child) {
		free(r);
		return NULL;
	}
	watchdog_set_child(r->child);
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
	wq_monitor_set_commands(r->m, needs_column(o, WQC_COL_COMMAND));
	wq_monitor_set_quota_names(r->m, needs_column(o, WQC_COL_QUOTA_NAME) || needs_column(o, WQC_COL_DETAIL));
	wq_monitor_set_initial(r->m, o->initial, o->once);
	wq_monitor_set_marks(r->m, o->marks);
	if (o->interval)
		wq_monitor_set_interval(r->m, o->interval);
	if (live && !o->no_realtime)
		limits_bound_realtime();
	wq_monitor_set_thread(r->m, live, !o->no_realtime);
	wq_monitor_set_workers(r->m, live);
	if (o->nmatch)
		wq_monitor_set_match(r->m, match_event, (void *) o);
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
	r->writer = NULL;
	wq_monitor_free(r->m);
	outlet_close(&r->out);
}

static void free_rest(struct run *r)
{
	child_free(r->child);
	free(r);
}

void run_free(struct run *r)
{
	watchdog_finish(WQC_STATUS_FAILURE);
	stop_watching(r);
	free_rest(r);
}

/* Watching may end before the command, which is nobody's to end then. */
static void wait_for_command(struct run *r)
{
	while (child_runs(r->child)) {
		struct pollfd fds[2] = {
			{ .fd = child_fd(r->child), .events = POLLIN },
			{ .fd = r->sigfd, .events = POLLIN },
		};

		activity_idle(WQC_ACTIVITY_MAIN);
		poll(fds, 2, -1);
		activity_busy(WQC_ACTIVITY_MAIN);
		if (fds[1].revents)
			run_take_signals(r);
		if (fds[0].revents)
			child_seen(r->child);
	}
}

int run_go(struct run *r)
{
	int status = r->writer ? run_live(r) : run_capture(r);

	outlet_summary(&r->out);
	if (r->o->strict && (status == WQC_STATUS_OK || status == WQC_STATUS_TIMEOUT) && wq_monitor_has_lost(r->m))
		status = WQC_STATUS_LOST;
	watchdog_finish(status);
	stop_watching(r);
	if (r->child) {
		wait_for_command(r);
		status = child_status(r->child, status);
	}
	free_rest(r);
	return status;
}
