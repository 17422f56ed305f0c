// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The engine: items to events. Everything here is the engine's thread's, which
 * is whoever calls wq_monitor_dispatch(). Snapshots are in sync.c, times of
 * events in clock.c, what is done when its time has come in timers.c.
 */
#include "config.h"

#include <string.h>

#include "monitor.h"

#define WQ_BATCH		4096		/* items of one dispatch */
#define WQ_PULLS		256		/* of one source: each may have to look something up */
#define WQ_END_SYNCS		2		/* snapshots that the end waits for at most */

/* ---- Events ---- */

static bool is_meta(const struct wq_event *ev, unsigned from)
{
	return ev->rec.type_nr == WQ_TYPE_META && ev->rec.subtype_nr >= from;
}

static void reported(struct wq_monitor *m, const struct wq_event *ev)
{
	m->seq++;
	wq_clock_told(m, ev);
}

int wq_engine_meta(struct wq_monitor *m, uint8_t subtype, const void *body, size_t len)
{
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_item item = { .boottime = m->now };
	struct wq_event ev;
	int rc;

	wq_record_build(rec, WQ_TYPE_META, subtype, 0, body, len);
	wq_record_header(&item.rec, rec, false);
	wq_engine_event(&ev, &item, m->self);
	ev.realtime = m->now + (uint64_t) m->clock;
	ev.seq = m->seq + 1;
	wq_clock_keep_order(m, &ev);
	rc = m->fn(m->fn_data, &ev);
	if (rc == 0)
		reported(m, &ev);
	return rc;
}

/* What had no room is told before anything else is. */
static int tell_lost(struct wq_monitor *m)
{
	int rc = m->lost ? wq_engine_meta(m, WQ_META_RING_LOSS, &m->lost, sizeof(m->lost)) : 0;

	if (rc == 0)
		m->lost = 0;
	return rc;
}

static int hand_on(struct wq_monitor *m, struct wq_event *ev)
{
	/* Losses pass whatever is asked for, and don't count. */
	bool is_loss = is_meta(ev, WQ_META_LOSS);
	int rc;

	if (is_loss && ev->rec.subtype_nr <= WQ_META_RING_LOSS)
		m->has_lost = m->sync.loss = true;
	if (m->filter.nrules && !wq_filter_match(&m->filter, &ev->rec))
		return 0;
	ev->seq = m->seq + m->unmatched + 1;
	wq_clock_keep_order(m, ev);
	if (m->match && !is_loss && !m->match(m->match_data, ev)) {
		m->unmatched++;
		return 0;
	}
	/* --once does not report what happens meanwhile, but what differs then: emit_once_done(). */
	if (m->once && ev->mark == WQ_MARK_NONE && !is_loss && m->self)
		return WQ_NO_ROOM;

	rc = m->lost ? tell_lost(m) : 0;
	ev->seq = m->seq + 1;
	wq_clock_keep_order(m, ev);	/* behind that */
	if (rc == 0)
		rc = m->fn(m->fn_data, ev);
	if (rc == WQ_NO_ROOM) {
		m->untold = true;
		/* What was found by looking is found again. */
		if (ev->mark == WQ_MARK_NONE) {
			m->lost++;
			m->has_lost = true;
		}
	}
	if (rc)
		return rc;

	reported(m, ev);
	m->active = true;
	m->active_at = m->now;
	if (ev->mark == WQ_MARK_NONE && !is_loss)
		m->counted++;
	return m->count && m->counted >= m->count ? WQ_DONE : 0;
}

int wq_engine_emit_borrowed(struct wq_monitor *m, struct wq_event *ev)
{
	/* A capture's are shown as they were live. */
	bool unasked = ev->mark == WQ_MARK_INITIAL && !m->initial && m->self;

	return unasked ? 0 : hand_on(m, ev);
}

int wq_engine_emit(struct wq_monitor *m, struct wq_event *ev)
{
	int rc = wq_engine_emit_borrowed(m, ev);

	wq_name_unref(ev->key_name);
	wq_name_unref(ev->aux_name);
	wq_name_unref(ev->path);
	return rc;
}

/* ---- What had no room ---- */

static int tell_all(struct wq_monitor *m)
{
	unsigned i;
	int rc = wq_go_on(tell_lost(m));

	if (rc || m->lost)
		return rc;
	m->untold = false;
	for (i = 0; i < m->nsources && !m->untold; i++) {
		struct wq_source *s = &m->sources[i].source;

		rc = s->ops->tell ? s->ops->tell(s, m->sync.mark) : 0;
		if (wq_go_on(rc))
			return rc;
	}
	if (!m->untold && !m->sync.running)
		m->sync.mark = WQ_MARK_RESYNC;
	return 0;
}

int wq_engine_begin(struct wq_monitor *m)
{
	int rc = 0;

	wq_clock_read(m);
	wq_timers_begin(m);
	if (!m->self)		/* captures alone: nothing can be read */
		return 0;
	if (m->marks)
		rc = wq_engine_meta(m, WQ_META_READY, NULL, 0);
	m->active = true;
	m->active_at = m->now;
	m->sync.running = true;
	m->sync.mark = WQ_MARK_INITIAL;
	/* No barrier before it: nothing has been taken from the queues yet. */
	return rc ? rc : wq_sync_snapshot(m);
}

/* ---- Running ---- */

bool wq_monitor_has_lost(const struct wq_monitor *m)
{
	return m->has_lost;
}

void wq_engine_incomplete(struct wq_monitor *m)
{
	m->has_lost = true;
}

void wq_monitor_stop(struct wq_monitor *m)
{
	unsigned i;

	if (m->stop_barrier)
		return;
	m->stop_barrier = wq_drain_barrier(m->drain);
	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].open && m->sources[i].source.ops->last)
			m->sources[i].source.ops->last(&m->sources[i].source);
}

/* Repeat a loss after which no snapshot was complete, as the last event: the stream does not
 * come to the right state. Return as wq_engine_meta(). */
static int emit_open_loss(struct wq_monitor *m)
{
	int rc = m->sync.running && m->sync.loss ? wq_engine_meta(m, WQ_META_LOSS, NULL, 0) : 0;

	if (rc == 0)
		m->sync.loss = false;
	return rc;
}

int wq_monitor_finish(struct wq_monitor *m)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < m->nsources && !wq_go_on(rc); i++)
		if (m->sources[i].open && m->sources[i].source.ops->finish && !(m->count && m->counted >= m->count))
			rc = m->sources[i].source.ops->finish(&m->sources[i].source);
	if (wq_go_on(rc))
		return rc;
	rc = m->lost ? tell_lost(m) : 0;
	if (!rc && !(m->count && m->counted >= m->count))
		rc = emit_open_loss(m);
	return rc;
}

static int apply_record(struct wq_monitor *m, const struct wq_ring_item *it)
{
	struct wq_source *s = &m->sources[it->source].source;
	struct wq_item item = { .boottime = it->boottime };

	wq_record_header(&item.rec, it->data, false);
	m->active = true;
	m->active_at = m->now;
	return s->ops->apply(s, &item);
}

/* The ring to here was full: as if every queue had lost something. */
static int apply_lost(struct wq_monitor *m, uint64_t n)
{
	m->has_lost = m->sync.loss = true;
	m->lost += n;
	m->untold = true;
	wq_sync_doubt_all(m);
	return 0;
}

static int apply_item(struct wq_monitor *m, const struct wq_ring_item *it)
{
	switch (it->kind) {
	case WQ_ITEM_RECORD:
		return apply_record(m, it);
	case WQ_ITEM_LOST:
		return apply_lost(m, it->number);
	default:
		m->passed = it->number;
		return m->sync.running && m->passed >= m->sync.barrier ? wq_sync_snapshot(m) : 0;
	}
}

/* 1: there is more. */
static int apply_ring(struct wq_monitor *m)
{
	struct wq_ring_item *it;
	unsigned n;
	int rc = 0;

	for (n = 0; !rc && (it = wq_drain_peek(m->drain)); n++) {
		if (n == WQ_BATCH)
			return 1;
		rc = wq_go_on(apply_item(m, it));
		wq_drain_release(m->drain);
	}
	return rc;
}

static int pull_batch(struct wq_source *s, struct wq_error *e)
{
	int rc = 1, i;

	for (i = 0; rc == 1 && i < WQ_PULLS; i++)
		rc = s->ops->pull(s, e);
	return rc;
}

static int pull_all(struct wq_monitor *m, struct wq_error *e)
{
	bool more = false;
	unsigned i;

	for (i = 0; i < m->nsources; i++) {
		struct wq_source *s = &m->sources[i].source;
		int rc;

		if (!s->ops->pull || m->sources[i].ended)
			continue;
		rc = pull_batch(s, e);
		if (rc < 0 || rc == WQ_DONE)
			return rc;
		more |= rc == 1;
	}
	return more;
}

static bool all_ended(const struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (!m->sources[i].ended)
			return false;
	return true;
}

/* Return whether the snapshots that the end waits for are complete. The end waits for the
 * running one and for the next one. Each may ask for another: there may be no last one. */
static bool has_read(struct wq_monitor *m)
{
	if (!m->stop_syncs)
		m->stop_syncs = m->sync.done + WQ_END_SYNCS;
	return !m->sync.running || m->sync.done >= m->stop_syncs;
}

/* Return whether all that --once asks for is reported: the first snapshot, and the next one
 * if a loss made that necessary. There may be no last one. */
static bool is_once_done(const struct wq_monitor *m)
{
	return m->once && !m->untold && (!m->sync.running || m->sync.done >= WQ_END_SYNCS);
}

/* Report the end of --once, after what has changed since it was read: the events add up to one
 * state. Return 0, also if the report did not fit and is to be repeated. */
static int emit_once_done(struct wq_monitor *m)
{
	int rc = is_once_done(m) ? tell_all(m) : 0;

	if (!rc && is_once_done(m))
		rc = emit_open_loss(m);
	if (!rc && m->marks && is_once_done(m))
		rc = wq_engine_meta(m, WQ_META_QUIET, NULL, 0);
	if (rc == WQ_NO_ROOM)
		m->untold = true;
	return wq_go_on(rc);
}

/* @more: there is something to be pulled still. */
static bool is_done(struct wq_monitor *m, bool more)
{
	if (is_once_done(m))
		return true;
	if (m->stop_barrier && m->passed >= m->stop_barrier)
		return has_read(m) && !more;
	/* Part of what a snapshot found may not be reported yet. */
	return !m->untold && !m->sync.running && all_ended(m);
}

/* All that one dispatch does: 1 if there is more at once; WQ_DONE; -errno. */
static int dispatch(struct wq_monitor *m, struct wq_error *e)
{
	int drained = wq_drain_run(m->drain, e), pulled, more, rc;

	/* What came before an error is handed on before it is told. */
	more = apply_ring(m);
	if (more < 0 || more == WQ_DONE)
		return more;
	if (drained < 0)
		return drained;
	pulled = pull_all(m, e);
	if (pulled < 0 || pulled == WQ_DONE)
		return pulled;
	more |= pulled | drained;
	rc = m->untold ? tell_all(m) : 0;
	if (!rc)
		rc = wq_timers_run(m);
	if (rc)
		return rc;
	rc = emit_once_done(m);
	if (rc)
		return rc;
	if (is_done(m, pulled))
		return WQ_DONE;
	return more || wq_drain_before_wait(m->drain);
}

int wq_monitor_dispatch(struct wq_monitor *m, struct wq_error *e)
{
	int rc;

	wq_clock_read(m);
	e->err = 0;
	if (wq_drain_was_demoted(m->drain))
		wq_engine_log(m, WQ_LOG_WARNING, "the thread that reads the queue computed for longer than RLIMIT_RTTIME allows: it is scheduled as any other from now on, and may lose more");
	rc = dispatch(m, e);
	if (rc < 0 && !e->err)
		wq_fail_monitor(m, -rc, e);
	return rc;
}
