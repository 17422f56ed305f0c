// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an event can say without asking anybody; and the clocks. */
#include "config.h"

#include <time.h>

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

void wq_engine_event(struct wq_event *ev, const struct wq_item *item, const struct wq_watch *watch)
{
	const struct wq_record *rec = &item->rec;
	const struct wq_field *f;

	*ev = (struct wq_event) {
		.boottime = item->boottime,
		.rec = *rec,
		.watch = watch,
	};
	f = wq_record_field(rec, WQ_F_KEY);
	if (f) {
		ev->has_key = true;
		ev->key = (uint32_t) wq_field_value(rec, f);
		ev->aux = (uint32_t) wq_field_value(rec, wq_record_field(rec, WQ_F_AUX));
		ev->aux_kind = rec->sub->aux;
		return;
	}
	/* A removal says what went away, not of which type. Serials of keys fit 31
	 * bits; unique IDs of mounts begin above. */
	f = wq_record_field(rec, WQ_F_REMOVED);
	if (f && wq_field_value(rec, f) >= 1 && wq_field_value(rec, f) <= INT32_MAX) {
		ev->has_key = true;
		ev->key = (uint32_t) wq_field_value(rec, f);
	}
}
