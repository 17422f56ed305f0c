// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the engine does when its time has come, by one timer for all: ticks of sources,
 * sweeps, and that it is quiet.
 */
#include "config.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "engine/questions.h"
#include "monitor.h"

#define WQ_QUIET		100000000	/* ns without an event */

/* ---- Quiet ---- */

static bool wants_quiet(const struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].source.wants_quiet)
			return true;
	return false;
}

/* It isn't quiet as long as a source still has to find out what happened. */
static bool is_busy(const struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].source.busy)
			return true;
	return false;
}

/* Nothing has happened for a while. */
static int be_quiet(struct wq_monitor *m)
{
	int rc;

	if (wants_quiet(m)) {
		wq_engine_resync(m);
		return 0;
	}
	m->active = false;
	rc = m->marks ? wq_engine_meta(m, WQ_META_QUIET, NULL, 0) : 0;
	if (rc == WQ_NO_ROOM)
		m->active = m->untold = true;
	return wq_go_on(rc);
}

/* ---- The timer ---- */

static void arm(struct wq_monitor *m, uint64_t at)
{
	struct itimerspec when = {
		.it_value = { .tv_sec = (time_t) (at / 1000000000), .tv_nsec = (long) (at % 1000000000) },
	};

	/* Put off only when it has run out: not with each event. */
	if (m->armed && m->armed <= at)
		return;
	m->armed = at;
	timerfd_settime(m->timerfd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* ---- Ticks and sweeps ---- */

static int tick_sources(struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++) {
		struct wq_source *s = &m->sources[i].source;
		uint64_t at;
		int rc;

		if (!s->ops->tick || m->sources[i].ended)
			continue;
		rc = s->ops->tick(s);
		if (wq_go_on(rc))
			return rc;
		at = s->ops->deadline(s);
		if (at)
			arm(m, at);
	}
	return 0;
}

void wq_timers_begin(struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].config.sweep)
			m->sources[i].source.next_sweep = m->now + m->sources[i].config.sweep;
}

/* Has sources look for what the kernel does not report, where the time has come for that. */
static void sweep_sources(struct wq_monitor *m)
{
	bool doubt = false;
	unsigned i;

	for (i = 0; i < m->nsources; i++) {
		struct wq_source *s = &m->sources[i].source;

		if (!s->next_sweep || m->now < s->next_sweep)
			continue;
		s->next_sweep = m->now + m->sources[i].config.sweep;
		if (s->ops->sweep)
			s->ops->sweep(s);
		else if (s->ops->doubt) {
			s->ops->doubt(s);
			doubt = true;
		}
	}
	if (doubt)
		wq_engine_resync(m);
}

static void arm_sweeps(struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].source.next_sweep)
			arm(m, m->sources[i].source.next_sweep);
}

/* ---- Running ---- */

int wq_timers_run(struct wq_monitor *m)
{
	uint64_t ticks;
	int rc;

	if (m->armed && m->now >= m->armed) {
		m->armed = 0;
		while (read(m->timerfd, &ticks, sizeof(ticks)) < 0 && errno == EINTR)
			;
	}
	rc = wq_questions_run(m);
	if (rc)
		return rc;
	/* Sweeps first: sources that are to look do it in their tick, or say when they will. */
	sweep_sources(m);
	rc = tick_sources(m);
	if (rc)
		return rc;
	if (m->active && !m->sync.running && !m->untold && !is_busy(m) && (m->marks || wants_quiet(m))) {
		if (m->now >= m->active_at + WQ_QUIET)
			rc = be_quiet(m);
		else
			arm(m, m->active_at + WQ_QUIET);
	}
	arm_sweeps(m);
	if (wq_questions_deadline(m))
		arm(m, wq_questions_deadline(m));
	return rc;
}
