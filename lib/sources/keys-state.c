// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The watched keys as they are and as they were told. Records change the one and
 * are the other; where the kernel posts nothing, or what it posted was lost, the
 * state is read, and the difference told.
 */
#include "config.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "sources/keys.h"
#include "sources/keys-watched.h"

#define NAMES_BUDGET	(16u << 20)	/* bytes of names that are kept */

static int compare_watched(const void *a, const void *b)
{
	const struct wq_watched *x = a, *y = b;

	return (x->serial > y->serial) - (x->serial < y->serial);
}

static struct wq_watched *find_watched(const struct wq_keys_state *st, uint32_t serial)
{
	const struct wq_watched key = { .serial = (int32_t) serial };
	struct wq_watched **node = tfind(&key, &st->by_serial, compare_watched);

	return node ? *node : NULL;
}

struct wq_keys_state *wq_keys_state_new(struct wq_source *s, bool names, bool members)
{
	struct wq_keys_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->s = s;
	st->members = names && members;
	st->last = &st->first;
	st->names = names ? wq_keys_new(NAMES_BUDGET) : NULL;
	if (names && !st->names) {
		free(st);
		return NULL;
	}
	return st;
}

void wq_keys_state_free(struct wq_keys_state *st)
{
	struct wq_watched *w, *next;

	if (!st)
		return;
	for (w = st->first; w; w = next) {
		next = w->next;
		tdelete(w, &st->by_serial, compare_watched);
		wq_keyring_free(w->ring);
		free(w);
	}
	wq_keys_free(st->names);
	free(st);
}

int wq_keys_state_add(struct wq_keys_state *st, int32_t serial, const struct wq_watch *watch)
{
	struct wq_watched *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->serial = serial;
	w->watch = watch;
	w->doubt = DOUBT_NOW;
	w->there = true;
	w->attr_told = true;
	if (!tsearch(w, &st->by_serial, compare_watched)) {
		free(w);
		return -ENOMEM;
	}
	*st->last = w;
	st->last = &w->next;
	st->standing++;
	return 0;
}

/* ---- Applying ---- */

/* A key is dead: what keyrings it was in, the kernel doesn't say. */
static int leaves_keyrings(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_watched *w;
	int rc = 0;

	for (w = st->first; w && !rc; w = w->next) {
		struct wq_member *m = w->ring ? wq_keyring_find(w->ring, serial) : NULL;

		if (!m || !m->in)
			continue;
		wq_keyring_unlink(w->ring, m);
		m = wq_keyring_find(w->ring, serial);
		rc = m ? wq_keys_tell_member(st, w, m, WQ_MARK_RESYNC) : 0;
		rc = rc == WQ_NO_ROOM ? 0 : rc;
	}
	return rc;
}

static void doubt_keyrings_of(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_watched *w;

	for (w = st->first; w; w = w->next)
		if (w->ring && wq_keyring_find(w->ring, serial))
			wq_keys_read_later(st, w);
}

/* Before the event itself: what it says without words. */
static int before(struct wq_keys_state *st, struct wq_watched *w, const struct wq_event *ev)
{
	struct wq_member *m;
	uint32_t serial;

	if (ev->rec.type_nr == WQ_TYPE_META)
		return ev->has_key ? leaves_keyrings(st, ev->key) : 0;
	if (!w || !w->ring || ev->rec.subtype_nr != WQ_KEY_LINKED)
		return 0;

	/* A link takes the place of a member of the same type and description. */
	m = ev->aux_name ? wq_keyring_displaced(w->ring, ev->aux_name) : NULL;
	if (!ev->aux_name || wq_keyring_has_nameless(w->ring))
		wq_keys_read_later(st, w);
	if (!m)
		return 0;
	serial = m->serial;
	wq_keyring_unlink(w->ring, m);
	m = wq_keyring_find(w->ring, serial);
	return m ? wq_keys_tell_member(st, w, m, WQ_MARK_RESYNC) : 0;
}

/* The member by that serial has been told to be as it is now. */
static void told(struct wq_watched *w, uint32_t serial, int rc)
{
	struct wq_member *m = rc == WQ_NO_ROOM ? NULL : wq_keyring_find(w->ring, serial);

	if (m)
		wq_keyring_told(w->ring, m);
}

/* What the event, told or not as @rc says, makes of what is known. */
static int after(struct wq_keys_state *st, struct wq_watched *w, const struct wq_event *ev, int rc)
{
	struct wq_member *m;

	if (ev->rec.subtype_nr == WQ_KEY_INVALIDATED)
		doubt_keyrings_of(st, ev->key);
	if (!w)
		return 0;
	w->named = true;
	switch (ev->rec.subtype_nr) {
	case WQ_KEY_SETATTR:
		w->attr_told = rc != WQ_NO_ROOM;
		return 0;
	case WQ_KEY_REVOKED:
		w->revoked = true;
		w->revoked_told = rc != WQ_NO_ROOM;
		break;
	default:
		break;
	}
	if (!w->ring)
		return 0;
	switch (ev->rec.subtype_nr) {
	case WQ_KEY_LINKED:
		if (!wq_keyring_link(w->ring, ev->aux, ev->aux_name))
			return -ENOMEM;
		told(w, ev->aux, rc);
		return 0;
	case WQ_KEY_UNLINKED:
		m = wq_keyring_find(w->ring, ev->aux);
		if (m)
			wq_keyring_unlink(w->ring, m);
		told(w, ev->aux, rc);
		return 0;
	case WQ_KEY_REVOKED:	/* says of a keyring that it is empty */
	case WQ_KEY_CLEARED:
		wq_keyring_clear(w->ring);
		if (rc != WQ_NO_ROOM)
			wq_keyring_all_told(w->ring);
		return 0;
	default:
		return 0;
	}
}

static int apply_meta(struct wq_keys_state *st, struct wq_watched *w, const struct wq_event *ev, int rc)
{
	if (ev->rec.subtype_nr == WQ_META_LOSS) {
		wq_keys_state_doubt(st);
		wq_engine_resync(st->s->m);
	}
	if (ev->rec.subtype_nr == WQ_META_REMOVAL && w) {
		w->there_told = rc == WQ_NO_ROOM;
		wq_keys_no_more(st, w);
	}
	return rc;
}

int wq_keys_state_apply(struct wq_keys_state *st, const struct wq_item *item)
{
	const struct wq_record *rec = &item->rec;
	struct wq_watched *w = NULL;
	struct wq_event ev, was;
	int rc, more;

	wq_engine_event(&ev, item, NULL);
	if (ev.has_key)
		w = find_watched(st, ev.key);
	ev.watch = w ? w->watch : st->s->by_id[rec->id] ? st->s->by_id[rec->id] : st->s->self;
	ev.realtime = item->boottime + (uint64_t) wq_engine_clock(st->s->m);
	if (ev.has_key) {
		if (rec->type_nr == WQ_TYPE_KEY && st->names)
			wq_keys_look_again(st, &ev);
		/* Held: the second look-up may push the first out of the table. */
		ev.key_name = wq_name_ref(wq_keys_name_of(st, ev.key));
		if (ev.aux_kind == WQ_AUX_KEY)
			ev.aux_name = wq_name_ref(wq_keys_name_of_member(st, w, &ev));
	}
	more = before(st, w, &ev);
	if (more && more != WQ_NO_ROOM) {
		wq_name_unref(ev.key_name);
		wq_name_unref(ev.aux_name);
		return more;
	}
	was = ev;
	wq_name_ref(was.key_name);
	wq_name_ref(was.aux_name);
	rc = wq_engine_emit(st->s->m, &ev);
	if (rec->type_nr == WQ_TYPE_META)
		rc = apply_meta(st, w, &was, rc);
	else if (rc >= 0)
		rc = (more = after(st, w, &was, rc)) ? more : rc;
	wq_name_unref(was.key_name);
	wq_name_unref(was.aux_name);
	return rc;
}
