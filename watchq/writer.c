// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "exec.h"
#include "msg.h"
#include "nls.h"
#include "run/activity.h"
#include "writer.h"

#define WQC_GATHER	1000000	/* ns */
#define WQC_ABANDON_MS	200

struct writer {
	struct outlet *out;
	struct wq_backlog *backlog;
	pthread_t thread;
	struct exec *exec;	/* NULL: no --exec */
	uint64_t not_run;	/* events that it was not run for, since it is to end */
	bool running;
	int64_t last;		/* when all was written, CLOCK_MONOTONIC, ns */
	int orders;		/* eventfd: something of these was set */
	atomic_bool enough;	/* nothing more is begun: a signal */
	atomic_bool reopen, summarize, finish, give_up;
	atomic_int late;	/* before finish is set; 0: there is time */
	atomic_bool at_once;	/* before finish is set: no command is waited for */
	int ended;		/* eventfd */
	int rc;			/* once ended */
};

static void ring(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void take_orders(struct writer *w)
{
	uint64_t n;

	while (read(w->orders, &n, sizeof(n)) < 0 && errno == EINTR)
		;
}

static bool is_asked(atomic_bool *order)
{
	return atomic_exchange_explicit(order, false, memory_order_acq_rel);
}

int writer_wait(void *data, int fd)
{
	struct writer *w = *(struct writer **) data;

	for (;;) {
		bool ending = atomic_load_explicit(&w->finish, memory_order_acquire);
		struct pollfd fds[2] = {
			{ .fd = fd, .events = POLLOUT },
			{ .fd = w->orders, .events = POLLIN },
		};
		int n;

		activity_idle(WQC_ACTIVITY_WRITER);
		n = poll(fds, 2, ending && w->late ? WQC_GRACE_MS : -1);
		activity_busy(WQC_ACTIVITY_WRITER);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return w->late;
		if (fds[1].revents)
			take_orders(w);
		if (is_asked(&w->summarize))
			outlet_summary(w->out);
		if (atomic_load_explicit(&w->give_up, memory_order_acquire))
			return w->late ? w->late : -EINTR;
		if (fds[0].revents)
			return 0;
	}
}

/* All is written. 0; -EPIPE: who read has gone; -errno. */
static int wait_for_more(struct writer *w)
{
	struct pollfd fds[3 + WQC_JOBS_MAX] = {
		{ .fd = wq_backlog_fd(w->backlog), .events = POLLIN },
		{ .fd = w->orders, .events = POLLIN },
		{ .fd = outlet_fd(w->out) },
	};
	nfds_t n = 3 + exec_fds(w->exec, fds + 3);
	int rc = 0;

	activity_idle(WQC_ACTIVITY_WRITER);
	if (!wq_backlog_before_wait(w->backlog) && !atomic_load_explicit(&w->finish, memory_order_acquire))
		rc = poll(fds, n, -1);
	activity_busy(WQC_ACTIVITY_WRITER);
	wq_backlog_after_wait(w->backlog, fds[0].revents & POLLIN);
	if (fds[1].revents)
		take_orders(w);
	if (rc < 0 && errno != EINTR)
		return -errno;
	return fds[2].revents & (POLLERR | POLLHUP | POLLNVAL) ? -EPIPE : exec_reap(w->exec);
}

/* ---- The command of --exec ---- */

/* Until one has ended, or an order has come. 0; -ECANCELED: a second signal; -ECHILD; -EPIPE. */
static int wait_for_commands(struct writer *w)
{
	struct pollfd fds[2 + WQC_JOBS_MAX] = {
		{ .fd = w->orders, .events = POLLIN },
		{ .fd = outlet_fd(w->out) },
	};
	nfds_t n = 2 + exec_fds(w->exec, fds + 2);
	int rc;

	activity_idle(WQC_ACTIVITY_WRITER);
	rc = poll(fds, n, -1);
	activity_busy(WQC_ACTIVITY_WRITER);
	if (rc < 0 && errno != EINTR)
		return -errno;
	if (fds[0].revents)
		take_orders(w);
	if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
		return -EPIPE;
	if (is_asked(&w->summarize))
		outlet_summary(w->out);
	if (atomic_load_explicit(&w->give_up, memory_order_acquire))
		return -ECANCELED;
	return exec_reap(w->exec);
}

/* For an event that has been formatted: its line is out before. */
static int run_command(struct writer *w, const struct wq_event *ev)
{
	int rc = outlet_flush(w->out);

	if (rc)
		return rc;
	/* Who was told to end begins nothing more. */
	if (atomic_load_explicit(&w->enough, memory_order_acquire)) {
		w->not_run++;
		return 0;
	}
	return exec_start(w->exec, ev);
}

static int end_commands(struct writer *w)
{
	int rc = 0;

	while (!rc && exec_running(w->exec))
		rc = w->at_once ? -ECANCELED : wait_for_commands(w);
	if (w->not_run)
		msg_warning(_("--exec: stopped by a signal; events that the command was not run for: %llu"),
			    (unsigned long long) w->not_run);
	return rc;
}

/* ---- The thread ---- */

/* Events that come by ones and twos, and fast, are let gather a little: being woken for
 * them costs more than writing them does. One that comes alone is waited for. */
static void let_gather(struct writer *w, unsigned written)
{
	const struct timespec pause = { .tv_nsec = WQC_GATHER };
	struct timespec ts;
	int64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
	if (written > 1 && now - w->last < WQC_GATHER) {
		nanosleep(&pause, NULL);
		now += WQC_GATHER;
	}
	w->last = now;
}

static int write_events(struct writer *w)
{
	struct wq_event ev;
	unsigned written = 0;
	int rc = outlet_begin(w->out);

	while (!rc) {
		/* Before the backlog: what came before the order is in it. */
		bool ending = atomic_load_explicit(&w->finish, memory_order_acquire);

		if (ending && atomic_load_explicit(&w->give_up, memory_order_acquire))
			return exec_running(w->exec) ? -ECANCELED : w->late ? w->late : -EINTR;
		if (is_asked(&w->reopen)) {
			rc = outlet_reopen(w->out);
		} else if (atomic_load_explicit(&w->summarize, memory_order_acquire)) {
			/* What it counts is out; unless that takes its time: writer_wait(). */
			rc = outlet_flush(w->out);
			if (is_asked(&w->summarize))
				outlet_summary(w->out);
		} else if (exec_is_full(w->exec) && !(ending && w->at_once)) {
			rc = wait_for_commands(w);	/* before the next one's line is out */
		} else if (wq_backlog_next(w->backlog, &ev)) {
			rc = outlet_event(w->out, &ev);
			if (!rc && exec_wants(w->exec, &ev) && outlet_writes(w->out, &ev))
				rc = run_command(w, &ev);
			wq_backlog_done(w->backlog);
			written++;
		} else {
			rc = outlet_flush(w->out);
			if (ending)
				return rc ? rc : end_commands(w);
			if (!rc && written)
				let_gather(w, written);
			else if (!rc)
				rc = wait_for_more(w);
			written = 0;
		}
	}
	/* What can't be shown keeps nothing back that could be. */
	if (rc == -EOPNOTSUPP)
		outlet_flush(w->out);
	return rc;
}

static void *run_thread(void *data)
{
	struct writer *w = data;

	activity_begin(WQC_ACTIVITY_WRITER);
	w->rc = write_events(w);
	activity_end(WQC_ACTIVITY_WRITER);
	ring(w->ended);
	return NULL;
}

struct writer *writer_new(struct outlet *out, size_t buffer, struct exec *exec)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w) {
		exec_free(exec);
		return NULL;
	}
	w->out = out;
	w->exec = exec;
	w->orders = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->backlog = wq_backlog_new(buffer);
	if (w->orders < 0 || w->ended < 0 || !w->backlog) {
		writer_free(w);
		return NULL;
	}
	return w;
}

int writer_start(struct writer *w)
{
	int rc = pthread_create(&w->thread, NULL, run_thread, w);

	w->running = rc == 0;
	if (w->running)
		pthread_setname_np(w->thread, "watchq-writer");
	return -rc;
}

struct wq_backlog *writer_backlog(struct writer *w)
{
	return w->backlog;
}

int writer_fd(const struct writer *w)
{
	return w->ended;
}

void writer_reopen(struct writer *w)
{
	atomic_store_explicit(&w->reopen, true, memory_order_release);
	ring(w->orders);
}

void writer_summarize(struct writer *w)
{
	atomic_store_explicit(&w->summarize, true, memory_order_release);
	ring(w->orders);
}

int writer_finish(struct writer *w, int late, bool at_once, int sigfd, bool (*ends)(void *data), void *data)
{
	struct pollfd fds[2] = {
		{ .fd = w->ended, .events = POLLIN },
		{ .fd = sigfd, .events = POLLIN },
	};

	if (!w->running)
		return 0;
	w->late = late;
	w->at_once = at_once;
	atomic_store_explicit(&w->enough, late == -EINTR, memory_order_release);
	atomic_store_explicit(&w->finish, true, memory_order_release);
	ring(w->orders);
	for (;;) {
		activity_idle(WQC_ACTIVITY_MAIN);
		poll(fds, 2, -1);
		activity_busy(WQC_ACTIVITY_MAIN);
		if (fds[0].revents)
			break;
		if (!fds[1].revents || !ends(data))
			continue;
		/* The first one is for who waits for commands. */
		if (!w->exec || atomic_exchange_explicit(&w->enough, true, memory_order_acq_rel)) {
			atomic_store_explicit(&w->give_up, true, memory_order_release);
			ring(w->orders);
			break;
		}
		ring(w->orders);
	}
	pthread_join(w->thread, NULL);
	w->running = false;
	return w->rc;
}

bool writer_abandon(struct writer *w, int late)
{
	struct pollfd ended = { .fd = w->ended, .events = POLLIN };

	w->late = late;
	w->at_once = true;
	atomic_store_explicit(&w->enough, true, memory_order_release);
	atomic_store_explicit(&w->finish, true, memory_order_release);
	ring(w->orders);
	return poll(&ended, 1, WQC_ABANDON_MS) == 1 && w->rc == 0;
}

void writer_free(struct writer *w)
{
	exec_free(w->exec);
	wq_backlog_free(w->backlog);
	if (w->orders >= 0)
		close(w->orders);
	if (w->ended >= 0)
		close(w->ended);
	free(w);
}
