// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"
#include "nls.h"
#include "run/activity.h"
#include "run/reaper.h"
#include "run/watchdog.h"
#include "signals.h"
#include "util/stderr-queue.h"
#include "wake.h"

#define WQC_SAMPLE_MS		50
#define WQC_START_NS		500000000	/* that --timeout gives the start at least */
/* In samples, and so not while the whole machine stands still: */
#define WQC_MAIN_STUCK		6
#define WQC_WRITER_STUCK	12		/* a disk may take its time */
#define WQC_FINISH_STUCK	12		/* tracefs takes its time to remove an instance */
#define WQC_AT_ONCE		6		/* from the second signal on */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WQC_EXIT_HOOKS
#endif
#endif
/* Sanitizers report at exit, and so does what counts coverage, which says so itself. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WQC_EXIT_HOOKS
#endif

enum phase { WQC_RUNNING, WQC_FINISHING, WQC_TAKEN };

static struct {
	bool started;
	struct options o;		/* a copy: it outlives the command */
	int sigfd, forward[2];		/* a pipe, to the main thread */
	struct wq_wake wake;
	_Atomic int64_t deadline;	/* CLOCK_MONOTONIC, ns; -1: none */
	atomic_int phase;
	atomic_int status;		/* before phase is WQC_FINISHING */
	pid_t child;			/* 0: no --command */
	int pidfd;			/* its; -1: none, or it has ended */
	atomic_bool released;
	bool (*_Atomic flush)(void *data, int late);
	void *flush_data;
	const char *stuck_main, *stuck_writer, *at_once;	/* messages, translated before anything hangs */

	/* The thread's own: */
	unsigned signals;		/* that end watchq */
	int signo;			/* the last of them */
	bool child_ended, late, again;	/* again: the reaper is to be tried again */
	unsigned seconds;		/* samples since the second signal */
	int64_t sampled;
} dog = { .sigfd = -1, .forward = { -1, -1 }, .pidfd = -1, .deadline = -1, .wake.fd = -1 };

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- Signals ---- */

static void forward_to_child(const struct signalfd_siginfo *info)
{
	/* Ctrl-C comes from the kernel, to the whole process group. */
	if (dog.pidfd >= 0 && (info->ssi_signo != SIGINT || info->ssi_code <= 0))
		syscall(SYS_pidfd_send_signal, dog.pidfd, (int) info->ssi_signo, NULL, 0);
}

static void take_signal(const struct signalfd_siginfo *info)
{
	bool ends = info->ssi_signo != SIGUSR1 && !(info->ssi_signo == SIGHUP && dog.o.output_file);

	if (info->ssi_signo == SIGCHLD) {
		dog.again = !reaper_collect();
		return;
	}
	if (ends && dog.child) {
		forward_to_child(info);
	} else if (ends) {
		dog.signals++;
		dog.signo = (int) info->ssi_signo;
	}
	/* Full: the main thread has not read hundreds, and one of them suffices. */
	while (write(dog.forward[1], info, sizeof(*info)) < 0 && errno == EINTR)
		;
}

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(dog.sigfd, &info, sizeof(info)) == (ssize_t) sizeof(info))
		take_signal(&info);
	if (dog.again)
		dog.again = !reaper_collect();
}

/* ---- Ending the process ---- */

/* Its end is that of watchq, too, and signals are for it. */
static int wait_for_child(int own)
{
	int status;

	while (!reaper_peek(dog.child, &status)) {
		struct pollfd fds[2] = {
			{ .fd = dog.pidfd, .events = POLLIN }, { .fd = dog.sigfd, .events = POLLIN },
		};

		poll(fds, 2, dog.again ? WQC_SAMPLE_MS : -1);
		take_signals();
	}
	return child_exit_status(status, own);
}

static int own_status(bool all)
{
	if (dog.late)
		return WQC_STATUS_TIMEOUT;
	return dog.signals > 1 || !all ? WQC_STATUS_FAILURE : WQC_STATUS_OK;
}

/* The main thread has not come to an end of its own. */
static void take_over(const char *why, bool writer_is_stuck)
{
	int expected = WQC_RUNNING, status;
	bool (*flush)(void *, int) = dog.flush;

	if (atomic_compare_exchange_strong(&dog.phase, &expected, WQC_TAKEN)) {
		bool all = writer_is_stuck ? false : !flush || flush(dog.flush_data, dog.late ? -ETIMEDOUT : -EINTR);

		msg_error("%s", why);
		status = own_status(all);
	} else if (expected == WQC_FINISHING && atomic_compare_exchange_strong(&dog.phase, &expected, WQC_TAKEN)) {
		status = dog.status;
	} else {
		return;
	}
	stderr_queue_flush();
	if (dog.child && (dog.released || dog.child_ended))
		status = wait_for_child(status);
	else if (dog.child)	/* it ends by itself, without having run anything */
		status = child_exit_status(0, status);
	if (dog.signo && signals_are_deadly(&dog.o))
		signals_die(dog.signo);
	_exit(status);
}

/* ---- Watching the others ---- */

static bool is_ending(void)
{
	return dog.signals || dog.late || dog.child_ended || dog.phase == WQC_FINISHING;
}

static void sample(void)
{
	unsigned limit = dog.phase == WQC_FINISHING ? WQC_FINISH_STUCK : WQC_MAIN_STUCK;
	unsigned main_stuck, writer_stuck;

	if (now() - dog.sampled < (int64_t) WQC_SAMPLE_MS * 900000)
		return;
	dog.sampled = now();
	main_stuck = activity_stuck(WQC_ACTIVITY_MAIN);
	writer_stuck = activity_stuck(WQC_ACTIVITY_WRITER);
	if (dog.signals > 1 && ++dog.seconds >= WQC_AT_ONCE)
		take_over(dog.at_once, writer_stuck > 1);
	else if (writer_stuck >= WQC_WRITER_STUCK)
		take_over(dog.stuck_writer, true);
	else if (main_stuck >= limit)
		take_over(dog.stuck_main, writer_stuck > 1);
}

/* ms until there is something to do without being woken; -1: there isn't. */
static int next_ms(void)
{
	int64_t left;

	if (dog.again || dog.signals > 1 || (is_ending() && !activity_rest()))
		return WQC_SAMPLE_MS;
	if (dog.late || dog.deadline < 0)
		return -1;
	left = dog.deadline - now();
	return left <= 0 ? 0 : left / 1000000 >= INT32_MAX ? INT32_MAX : (int) (left / 1000000 + 1);
}

static void *run_thread(void *data)
{
	(void) data;
	for (;;) {
		struct pollfd fds[3] = {
			{ .fd = dog.sigfd, .events = POLLIN },
			{ .fd = dog.wake.fd, .events = POLLIN },
			{ .fd = dog.pidfd, .events = POLLIN },
		};

		wq_wake_before(&dog.wake);
		poll(fds, dog.child_ended ? 2 : 3, next_ms());
		wq_wake_after(&dog.wake, fds[1].revents);
		take_signals();
		dog.child_ended |= fds[2].revents != 0;
		if (!dog.late && dog.deadline >= 0 && now() >= dog.deadline)
			dog.late = true;
		if (is_ending())
			sample();
	}
	return NULL;
}

/* ---- The main thread's ---- */

static void wake_up(void)
{
	wq_wake_up(&dog.wake);
}

static int fail_to_start(int err)
{
	msg_error(_("can't start: %s"), strerror(err));
	return options_status(&dog.o, WQC_STATUS_FAILURE);
}

int watchdog_start(const struct options *o)
{
	pthread_t thread;
	int rc;

	if (dog.started)
		return 0;
	dog.o = *o;
	dog.stuck_main = _("ended while a system call did not return: a filesystem, a device, a server or a name service does not answer; what it was to give is not reported");
	dog.stuck_writer = _("ended while a write did not return: the output is not complete");
	dog.at_once = _("ended at once by a second signal: the output may not be complete");
	rc = wq_wake_open(&dog.wake);
	if (rc)
		return fail_to_start(-rc);
	dog.sigfd = signals_open(o);
	if (dog.sigfd < 0 || pipe2(dog.forward, O_CLOEXEC | O_NONBLOCK))
		return fail_to_start(errno);
	if (o->timeout >= 0)
		dog.deadline = now() + (o->timeout > WQC_START_NS ? o->timeout : WQC_START_NS);
	dog.again = reaper_is_needed();
	activity_set_wake(wake_up);
	activity_begin(WQC_ACTIVITY_MAIN);
	rc = pthread_create(&thread, NULL, run_thread, NULL);
	if (rc)
		return fail_to_start(rc);
	pthread_setname_np(thread, "watchq-watchdog");
	pthread_detach(thread);
	dog.started = true;
	return 0;
}

int watchdog_fd(void)
{
	return dog.forward[0];
}

void watchdog_set_deadline(int64_t at)
{
	dog.deadline = at;
	wake_up();
}

void watchdog_set_child(const struct child *c)
{
	if (!c)
		return;
	dog.child = child_pid(c);
	dog.pidfd = fcntl(child_pidfd(c), F_DUPFD_CLOEXEC, 0);
}

void watchdog_child_released(void)
{
	dog.released = true;
}

void watchdog_set_flush(bool (*fn)(void *data, int late), void *data)
{
	dog.flush_data = data;
	dog.flush = fn;
}

/* The other one ends the process. */
static void wait_for_end(void)
{
	for (;;)
		pause();
}

void watchdog_finish(int status)
{
	int expected = WQC_RUNNING;

	if (!dog.started)
		return;
	dog.status = status;
	if (!atomic_compare_exchange_strong(&dog.phase, &expected, WQC_FINISHING) && expected == WQC_TAKEN)
		wait_for_end();
	wake_up();
}

void watchdog_exit(int status)
{
	/* What waits in a pipe is bounded by itself. */
	activity_idle(WQC_ACTIVITY_MAIN);
	stderr_queue_flush();
	if (atomic_exchange(&dog.phase, WQC_TAKEN) == WQC_TAKEN)
		wait_for_end();
	if (signals_end())
		signals_die(signals_end());
#ifdef WQC_EXIT_HOOKS
	exit(status);
#else
	_exit(status);
#endif
}
