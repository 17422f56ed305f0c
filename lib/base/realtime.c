// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A thread in real time that does not sleep keeps a processor from all others. The kernel limits
 * that, if RLIMIT_RTTIME is set: setrlimit(2).
 */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/realtime.h"

#define WQ_SLICE	200000		/* ns */

static __thread atomic_bool *thread_demoted;
static __thread struct wq_wake *thread_wake;

/* The kernel sends it to the thread that exceeds the limit, as long as that does not block it. */
static void demote(int signo)
{
	const struct sched_param param = { .sched_priority = 0 };
	int err = errno;

	(void) signo;
	if (thread_demoted && syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &param) == 0) {
		atomic_store(thread_demoted, true);
		wq_wake_up(thread_wake);
	}
	errno = err;
}

void wq_realtime_guard(atomic_bool *demoted, struct wq_wake *wake)
{
	const struct sigaction action = { .sa_handler = demote, .sa_flags = SA_RESTART };
	struct sigaction old;
	sigset_t set;

	thread_demoted = demoted;
	thread_wake = wake;
	if (sigaction(SIGXCPU, NULL, &old) || (old.sa_handler != SIG_DFL && old.sa_handler != demote))
		return;
	sigaction(SIGXCPU, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGXCPU);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* A thread that asks for little at a time is let in sooner by those that ask for more. Since Linux
 * 6.12, and for everybody; kernels before take no notice. Debian 12's libc has no name
 * for it: include/uapi/linux/sched/types.h, struct sched_attr. */
static bool get_short_slice(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = sizeof(attr), .policy = SCHED_OTHER, .runtime = WQ_SLICE };

	attr.nice = getpriority(PRIO_PROCESS, 0);
	return syscall(SYS_sched_setattr, 0, &attr, 0) == 0;
}

void wq_realtime_get(char *got, size_t size)
{
	const struct sched_param param = { .sched_priority = 1 };
	struct rlimit limit = { 0 };
	int nice;

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) == 0) {
		snprintf(got, size, "SCHED_FIFO 1");
		return;
	}
	if (setpriority(PRIO_PROCESS, 0, -20) == 0) {
		snprintf(got, size, "nice -20");
		return;
	}
	/* getrlimit(2): RLIMIT_NICE is 20 less the lowest nice value. */
	getrlimit(RLIMIT_NICE, &limit);
	nice = limit.rlim_cur > 40 ? -20 : 20 - (int) limit.rlim_cur;
	if (nice < getpriority(PRIO_PROCESS, 0) && setpriority(PRIO_PROCESS, 0, nice) == 0)
		snprintf(got, size, "nice %d", nice);
	else
		snprintf(got, size, "%s", get_short_slice() ? "in slices of 0.2 ms" : "as any other");
}
