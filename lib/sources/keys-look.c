// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looking at keys of which nothing is heard: all of them where this kernel has no
 * notification pipe, those past the limit of watches else. */
#include "config.h"

#include "sources/keys-watched.h"

static bool is_looked_at(struct wq_keys_state *st, struct wq_watched *w)
{
	if (w->heard || w->deaf || !w->there || w->orphan)
		return false;
	/* Watched now, if there is room again; what happened before is found all the same. */
	if (w->unheard)
		wq_keys_hear(st, w);
	return w->shown;
}

int wq_keys_look(struct wq_keys_state *st, enum wq_look what)
{
	bool no_room = st->config.calls;	/* told by look_between() */
	struct wq_watched *w;
	int rc = 0;

	st->limit_reached = false;
	if (what == WQ_LOOK_ALL)
		wq_keys_expiry_stale(st);
	st->reading = true;
	/* Members that are found come behind. */
	WQ_TAILQ_FOREACH(w, &st->all, all) {
		if ((what == WQ_LOOK_RINGS && !w->ring) || !is_looked_at(st, w))
			continue;
		rc = wq_keys_read(st, w);
		if (!rc && !no_room)
			rc = wq_keys_tell_differences(st, w, WQ_MARK_NONE);
		if (rc && rc != WQ_NO_ROOM)
			break;
		no_room |= rc == WQ_NO_ROOM;
		rc = 0;
	}
	st->reading = false;
	if (!WQ_TAILQ_EMPTY(&st->now))	/* members that are heard of */
		wq_engine_read_soon(st->s->m);
	return rc;
}

void wq_keys_state_look_soon(struct wq_keys_state *st)
{
	if (st->look_soon == WQ_LOOK_NOT)
		st->look_soon = WQ_LOOK_RINGS;
	wq_engine_read_soon(st->s->m);
}

/* ---- Timers ---- */

uint64_t wq_keys_state_deadline(struct wq_keys_state *st)
{
	uint64_t at = wq_keys_expiry_deadline(st);

	return st->look_at && (!at || st->look_at < at) ? st->look_at : at;
}

/* Looks where nothing is heard; which may be nowhere. */
static int look_in_time(struct wq_keys_state *st)
{
	bool needed = st->config.queue_fd < 0 || st->config.all || st->unheard;
	uint64_t now = wq_engine_now(st->s->m);

	if (!needed) {
		st->look_at = 0;
		return 0;
	}
	if (st->look_at && now < st->look_at)
		return 0;
	/* The first look is the snapshot at the start. */
	if (!st->look_at) {
		st->look_at = now + st->config.interval;
		return 0;
	}
	st->look_at += st->config.interval;
	if (st->look_at <= now)
		st->look_at = now + st->config.interval;
	if (!st->config.calls)
		return wq_keys_look(st, WQ_LOOK_ALL);
	/* Behind the calls of before, which say who did it. */
	st->look_soon = WQ_LOOK_ALL;
	wq_engine_read_soon(st->s->m);
	return 0;
}

int wq_keys_state_tick(struct wq_keys_state *st)
{
	int rc = look_in_time(st);

	if (rc == 0 || rc == WQ_NO_ROOM)
		rc = wq_keys_expiry_tick(st);
	return rc;
}
