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
	if (what == LOOK_ALL)
		wq_keys_expiry_stale(st);
	st->reading = true;
	/* Members that are found come behind. */
	TAILQ_FOREACH(w, &st->all, all) {
		if ((what == LOOK_RINGS && !w->ring) || !is_looked_at(st, w))
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
	if (!TAILQ_EMPTY(&st->now))	/* members that are heard of */
		wq_engine_read_soon(st->s->m);
	return rc;
}

void wq_keys_state_look_soon(struct wq_keys_state *st)
{
	if (st->look_soon == LOOK_NOT)
		st->look_soon = LOOK_RINGS;
	wq_engine_read_soon(st->s->m);
}
