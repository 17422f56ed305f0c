// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events of records that sources have built themselves, and of what they have lost. */
#include "config.h"

#include <errno.h>

#include "monitor.h"
#include "side.h"

static void fill(struct wq_monitor *m, struct wq_event *ev, const unsigned char *rec,
		 const struct wq_watch *watch, enum wq_mark mark, const struct wq_item *by)
{
	struct wq_item item = { .boottime = m->now };

	if (by)
		item = *by;
	wq_record_header(&item.rec, rec, false);
	wq_engine_event(ev, &item, watch);
	wq_engine_by(ev, &item);
	ev->realtime = item.boottime + (uint64_t) m->clock;
	ev->mark = mark;
}

int wq_engine_emit_own(struct wq_monitor *m, const unsigned char *rec, const struct wq_watch *watch,
		       enum wq_mark mark, struct wq_name *key_name, struct wq_name *aux_name,
		       struct wq_name *path, const struct wq_item *by)
{
	struct wq_event ev;

	fill(m, &ev, rec, watch, mark, by);
	ev.key_name = key_name;
	ev.aux_name = aux_name;
	ev.path = path;
	return wq_engine_emit(m, &ev);
}

int wq_engine_emit_side(struct wq_monitor *m, const unsigned char *rec, const struct wq_watch *watch,
			enum wq_mark mark, const struct wq_side *side, uint64_t boottime, uint64_t ktime)
{
	struct wq_item at = { .boottime = boottime ? boottime : m->now, .ktime = ktime };
	struct wq_event ev;
	int rc;

	fill(m, &ev, rec, watch, mark, &at);
	ev.side = wq_side_new(side);
	if (!ev.side)
		return -ENOMEM;
	rc = wq_engine_emit_borrowed(m, &ev);
	wq_side_unref(ev.side);
	return rc;
}

int wq_engine_emit_loss(struct wq_source *s)
{
	struct wq_item now = { .boottime = wq_now_boottime() };
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_event ev;

	wq_record_build(rec, WQ_TYPE_META, WQ_META_LOSS, 0, NULL, 0);
	fill(s->m, &ev, rec, s->self, WQ_MARK_NONE, &now);
	return wq_engine_emit_borrowed(s->m, &ev);
}
