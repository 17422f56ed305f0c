// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The engine's clocks: the offset between them, and the times of events, which never go back.
 */
#include "config.h"

#include "monitor.h"

#define WQ_SLACK	1000000		/* ns: the clocks are not read at the same instant */
#define WQ_AHEAD	1000000000	/* ns: what is read in this dispatch is not so late */

/* Not the jitter of reading two clocks, between which this thread may have been kept
 * waiting: time would go back behind it. */
void wq_clock_read(struct wq_monitor *m)
{
	int64_t most, least;

	m->now = wq_now_boottime();
	most = (int64_t) (wq_now_realtime() - m->now);
	least = most - (int64_t) (wq_now_boottime() - m->now);
	if (m->clock > most + WQ_SLACK || m->clock < least - WQ_SLACK)
		m->clock = most;
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
