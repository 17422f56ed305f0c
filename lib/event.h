/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a record says of keys, without a call: each event needs it. */
#ifndef WQ_EVENT_H
#define WQ_EVENT_H

#include "libwatchq.h"
#include "record.h"

/** The record's first field, if it is @id; else NULL. */
static inline const struct wq_field *wq_first_field(const struct wq_record *rec, enum wq_field_id id)
{
	const struct wq_layout *l = rec->sub ? rec->sub->layout : NULL;

	if (!l || !l->nfields || l->fields[0].id != id || l->fields[0].offset + l->fields[0].size > rec->len)
		return NULL;
	return &l->fields[0];
}

/** Fills in the key and AUX of @ev, which must be zero, from its record. */
static inline void wq_event_keys(struct wq_event *ev)
{
	const struct wq_record *rec = &ev->rec;
	const struct wq_field *f = wq_first_field(rec, WQ_F_KEY);
	uint64_t id;

	if (f) {	/* AUX follows in the same layout, in which no record ends before it */
		ev->has_key = true;
		ev->key = wq_read_u32(rec->data + f[0].offset, rec->swapped);
		ev->aux = wq_read_u32(rec->data + f[1].offset, rec->swapped);
		ev->aux_kind = rec->sub->aux;
		return;
	}
	/* A removal says what went away, not of which type. Serials of keys fit 31
	 * bits; unique IDs of mounts begin above. */
	f = wq_first_field(rec, WQ_F_REMOVED);
	id = f ? wq_read_u64(rec->data + f->offset, rec->swapped) : 0;
	if (id >= 1 && id <= INT32_MAX) {
		ev->has_key = true;
		ev->key = (uint32_t) id;
	}
}

#endif
