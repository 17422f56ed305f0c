// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The engine's clocks: the offset between them, and the times of events, which never go back.
 */
#include "config.h"

#include "monitor.h"

#define WQ_SLACK	1000000		/* ns: the clocks are not read at the same instant */
#define WQ_AHEAD	1000000000	/* ns: what is read in this dispatch is not so late */

/* The thread may be preempted between any two of the three readings, so that they give the
 * offset as an interval. An offset outside of the interval was stepped, or came from readings
 * that took long. The least value never has to be lowered for that: time would go back. */
int64_t wq_clock_offset(int64_t offset, uint64_t before, uint64_t realtime, uint64_t after)
{
	int64_t most = (int64_t) (realtime - before), least = (int64_t) (realtime - after);

	return offset > most + WQ_SLACK || offset < least - WQ_SLACK ? least : offset;
}

void wq_clock_read(struct wq_monitor *m)
{
	uint64_t realtime;

	m->now = wq_now_boottime();
	realtime = wq_now_realtime();
	m->clock = wq_clock_offset(m->clock, m->now, realtime, wq_now_boottime());
}

int64_t wq_engine_clock(const struct wq_monitor *m)
{
	return m->clock;
}

uint64_t wq_engine_now(const struct wq_monitor *m)
{
	return m->now;
}

void wq_clock_keep_order(const struct wq_monitor *m, struct wq_event *ev)
{
	if (!m->self || !ev->boottime)
		return;
	if (ev->boottime < m->told_at) {
		ev->boottime = m->told_at;
		ev->realtime = ev->boottime + (uint64_t) m->clock;
	}
}

void wq_clock_told(struct wq_monitor *m, const struct wq_event *ev)
{
	/* No time to come: it would be that of all events until then. */
	if (ev->boottime > m->told_at && (ev->boottime < m->now + WQ_AHEAD || ev->boottime <= wq_now_boottime()))
		m->told_at = ev->boottime;
}
