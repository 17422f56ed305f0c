// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an event can say without asking anybody; and the clocks. */
#include "config.h"

#include <time.h>

#include "record.h"
#include "source.h"

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t) ts.tv_sec * 1000000000u + (uint64_t) ts.tv_nsec;
}

uint64_t wq_now_boottime(void)
{
	return now(CLOCK_BOOTTIME);
}

uint64_t wq_now_realtime(void)
{
	return now(CLOCK_REALTIME);
}

/* The record's first field, if it is @id. */
static const struct wq_field *first_field(const struct wq_record *rec, enum wq_field_id id)
{
	const struct wq_layout *l = rec->sub ? rec->sub->layout : NULL;

	if (!l || !l->nfields || l->fields[0].id != id || l->fields[0].offset + l->fields[0].size > rec->len)
		return NULL;
	return &l->fields[0];
}

void wq_engine_event_key(struct wq_event *ev)
{
	const struct wq_record *rec = &ev->rec;
	const struct wq_field *f;
	uint64_t id;

	f = first_field(rec, WQ_F_KEY);
	if (f) {	/* AUX follows in the same layout, which has no record end before it */
		ev->has_key = true;
		ev->key = wq_read_u32(rec->data + f[0].offset, rec->swapped);
		ev->aux = wq_read_u32(rec->data + f[1].offset, rec->swapped);
		ev->aux_kind = rec->sub->aux;
		return;
	}
	/* A removal says what went away, not of which type. Serials of keys fit 31
	 * bits; unique IDs of mounts begin above. */
	f = first_field(rec, WQ_F_REMOVED);
	id = f ? wq_field_value(rec, f) : 0;
	if (id >= 1 && id <= INT32_MAX) {
		ev->has_key = true;
		ev->key = (uint32_t) id;
	}
}

void wq_engine_event(struct wq_event *ev, const struct wq_item *item, const struct wq_watch *watch)
{
	*ev = (struct wq_event) {
		.boottime = item->boottime,
		.rec = item->rec,
		.watch = watch,
	};
	wq_engine_event_key(ev);
}
