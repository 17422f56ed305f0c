// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What keeps the stream right where something was lost is the same piece of code
 * that tells what there is at the start: a barrier through the queues, reading
 * the state (a source's snapshot()), another barrier, and reading again what was
 * named in between. And what had no room is told when there is: engine.c.
 */
#include "config.h"

#include "monitor.h"

static void begin_sync(struct wq_monitor *m, bool all)
{
	if (m->sync.running) {
		m->sync.again = true;
		m->sync.again_all |= all;
		return;
	}
	m->sync.running = true;
	m->sync.round = all ? 0 : 1;
	m->sync.mark = WQ_MARK_RESYNC;
	m->sync.barrier = wq_drain_barrier(m->drain);
}

void wq_engine_resync(struct wq_monitor *m)
{
	begin_sync(m, true);
}

void wq_engine_read_soon(struct wq_monitor *m)
{
	begin_sync(m, false);
}

void wq_sync_doubt_all(struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].source.ops->doubt)
			m->sources[i].source.ops->doubt(&m->sources[i].source);
	wq_engine_resync(m);
}

/* Reads what is in doubt, once a barrier has passed. */
int wq_sync_snapshot(struct wq_monitor *m)
{
	bool read = false;
	unsigned i;

	if (m->sync.round == 0)
		m->sync.loss = false;
	for (i = 0; i < m->nsources; i++) {
		struct wq_source *s = &m->sources[i].source;
		int rc = s->ops->snapshot ? s->ops->snapshot(s, m->sync.mark, m->sync.round) : 0;

		read |= rc == 1;
		if (rc != 1 && wq_go_on(rc))
			return rc;
	}
	/* Who didn't ask what there was is told of changes to it all the same. */
	if (!m->initial)
		m->sync.mark = WQ_MARK_RESYNC;
	if (read && m->sync.round < WQ_ROUNDS_MAX) {
		m->sync.round++;
		m->sync.barrier = wq_drain_barrier(m->drain);
		return 0;
	}
	m->sync.running = false;
	m->sync.done++;
	if (!m->untold)
		m->sync.mark = WQ_MARK_RESYNC;
	if (m->sync.again) {
		bool all = m->sync.again_all;

		m->sync.again = m->sync.again_all = false;
		begin_sync(m, all);
	}
	return 0;
}
