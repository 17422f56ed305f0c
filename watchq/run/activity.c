// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "run/activity.h"

#define WQC_COMPUTES_NS	500000	/* processor time of 50 ms: less is a wait */
#define WQC_COMPUTES_AS	20	/* so many samples of a thread that computes are one */

static struct {
	atomic_bool present, idle;
	atomic_uint turn;	/* how often it was idle */
	clockid_t clock;	/* its processor time */
	/* Of the one who samples: */
	unsigned seen;		/* turn */
	int64_t used;		/* ns */
	unsigned stuck, computed;
} threads[WQC_ACTIVITY__NR];

static void (*wake)(void);
static atomic_bool resting;

void activity_set_wake(void (*fn)(void))
{
	wake = fn;
}

void activity_begin(enum activity a)
{
	if (pthread_getcpuclockid(pthread_self(), &threads[a].clock))
		threads[a].clock = CLOCK_MONOTONIC;	/* not known: as if it computed */
	atomic_store(&threads[a].present, true);
}

void activity_end(enum activity a)
{
	atomic_store(&threads[a].present, false);
}

void activity_idle(enum activity a)
{
	atomic_fetch_add(&threads[a].turn, 1);
	atomic_store(&threads[a].idle, true);
}

void activity_busy(enum activity a)
{
	atomic_store(&threads[a].idle, false);
	if (atomic_load(&resting) && wake)
		wake();
}

static bool is_idle(enum activity a)
{
	return !atomic_load(&threads[a].present) || atomic_load(&threads[a].idle);
}

bool activity_rest(void)
{
	unsigned a;
	bool all = true;

	atomic_store(&resting, true);	/* before the look: activity_busy() has it the other way round */
	for (a = 0; a < WQC_ACTIVITY__NR; a++)
		all &= is_idle(a);
	if (!all)
		atomic_store(&resting, false);
	return all;
}

static int64_t processor_time(enum activity a)
{
	struct timespec ts;

	return clock_gettime(threads[a].clock, &ts) ? 0 : (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

unsigned activity_stuck(enum activity a)
{
	unsigned turn = atomic_load(&threads[a].turn);
	int64_t used = is_idle(a) ? 0 : processor_time(a), before = threads[a].used;

	threads[a].used = used;
	if (is_idle(a) || turn != threads[a].seen) {
		threads[a].seen = turn;
		return threads[a].stuck = threads[a].computed = 0;
	}
	if (used - before > WQC_COMPUTES_NS && ++threads[a].computed % WQC_COMPUTES_AS)
		return threads[a].stuck;
	return ++threads[a].stuck;
}
