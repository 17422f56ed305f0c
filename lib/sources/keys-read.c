// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the kernel says of the watched keys, and telling what is so and was not told.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/names.h"
#include "sources/keys.h"
#include "sources/keys-watched.h"
#include "uapi.h"

/* ---- Names ---- */

static struct wq_name *look_up(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_name *n = wq_key_describe((int32_t) serial), *old;
	int err = errno;

	if (!n)
		return NULL;
	/* What the writer has made of the old one stays good if nothing changed. */
	old = wq_keys_find(st->names, serial);
	if (!old || !wq_name_equal(old, n))
		wq_keys_put(st->names, n);
	wq_name_unref(n);	/* the table has it now, or there is no memory */
	errno = err;
	return wq_keys_find(st->names, serial);
}

/* The name of a key: kept from when it was first seen, since it may be gone. */
struct wq_name *wq_keys_name_of(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_name *n;

	if (!st->names)
		return NULL;
	n = wq_keys_find(st->names, serial);
	return n ? n : look_up(st, serial);
}

/* The name of the member that an event speaks of. A link may be of another key by a
 * serial that was used before, so it is looked up anew; and once only, since each
 * look-up that comes too late makes the next ones later. */
struct wq_name *wq_keys_name_of_member(struct wq_keys_state *st, const struct wq_watched *w, const struct wq_event *ev)
{
	struct wq_member *m = w && w->ring ? wq_keyring_find(w->ring, ev->aux) : NULL;
	struct wq_name *n;

	if (!st->names)
		return NULL;
	n = ev->rec.subtype_nr == WQ_KEY_LINKED ? look_up(st, ev->aux) : NULL;
	if (!n)
		n = wq_keys_find(st->names, ev->aux);
	/* What was looked up when it was linked has no name now, either. */
	if (!n && m)
		n = m->name;
	else if (!n && ev->rec.subtype_nr != WQ_KEY_LINKED)
		n = look_up(st, ev->aux);
	return n;
}

/* Attributes that may not be viewed any more: what was known of them is wrong. */
static void hide_attributes(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_name *old = wq_keys_find(st->names, serial);
	struct wq_name *n = old ? wq_name_new(serial, WQ_PERM_UNKNOWN, WQ_PERM_UNKNOWN, WQ_PERM_UNKNOWN,
					      old->type, old->type_len, old->desc, old->desc_len) : NULL;

	if (n)
		wq_keys_put(st->names, n);
	wq_name_unref(n);
}

/* Attributes were set. */
void wq_keys_look_again(struct wq_keys_state *st, const struct wq_event *ev)
{
	if (ev->rec.subtype_nr == WQ_KEY_SETATTR && !look_up(st, ev->key) && errno == EACCES)
		hide_attributes(st, ev->key);
}

/* ---- Telling what no record told ---- */

static int tell_key(struct wq_keys_state *st, const struct wq_watched *w, enum wq_key_nr what,
		    uint32_t aux, struct wq_name *aux_name, enum wq_mark mark)
{
	const uint32_t body[2] = { (uint32_t) w->serial, aux };
	unsigned char rec[WQ_RECORD_MAX];

	wq_name_ref(aux_name);		/* before a look-up that may push it out of the table */
	wq_record_build(rec, WQ_TYPE_KEY, (uint8_t) what, (uint32_t) w->watch->id << WQ_UAPI_INFO_ID_SHIFT,
			body, sizeof(body));
	return wq_engine_emit_own(st->s->m, rec, w->watch, mark,
				  wq_name_ref(wq_keys_name_of(st, (uint32_t) w->serial)), aux_name);
}

/* The member is in the keyring now, or isn't any more. */
int wq_keys_tell_member(struct wq_keys_state *st, struct wq_watched *w, struct wq_member *m, enum wq_mark mark)
{
	int rc = tell_key(st, w, m->in ? WQ_KEY_LINKED : WQ_KEY_UNLINKED, m->serial,
			  m->name ? m->name : wq_keys_find(st->names, m->serial), mark);

	if (rc == 0 || rc == WQ_DONE)
		wq_keyring_told(w->ring, m);
	return rc;
}

static int tell_members(struct wq_keys_state *st, struct wq_watched *w, enum wq_mark mark)
{
	struct wq_member *m, *next;
	int rc;

	for (m = wq_keyring_first(w->ring); m; m = next) {
		next = m->next;
		rc = m->in == m->told ? 0 : wq_keys_tell_member(st, w, m, mark);
		if (rc)
			return rc;
	}
	return 0;
}

void wq_keys_no_more(struct wq_keys_state *st, struct wq_watched *w)
{
	if (!w->there)
		return;
	w->there = false;
	w->doubt = DOUBT_NONE;
	wq_keyring_free(w->ring);	/* that it is gone says it of all its members */
	w->ring = NULL;
	if (--st->standing == 0)
		wq_engine_source_ended(st->s);
}

static int tell_gone(struct wq_keys_state *st, struct wq_watched *w)
{
	const uint64_t serial = (uint64_t) w->serial;
	unsigned char rec[WQ_RECORD_MAX];
	int rc;

	wq_record_build(rec, WQ_TYPE_META, WQ_META_REMOVAL, (uint32_t) w->watch->id << WQ_UAPI_INFO_ID_SHIFT,
			&serial, sizeof(serial));
	rc = wq_engine_emit_own(st->s->m, rec, w->watch, WQ_MARK_RESYNC,
				wq_name_ref(wq_keys_name_of(st, (uint32_t) w->serial)), NULL);
	if (rc == 0 || rc == WQ_DONE)
		w->there_told = false;
	return rc;
}

/* All that is so and was not told. */
static int tell_differences(struct wq_keys_state *st, struct wq_watched *w, enum wq_mark mark)
{
	int rc = 0;

	/* There is no record for a key that simply is there; this one comes near. */
	if (w->there && !w->there_told) {
		rc = tell_key(st, w, WQ_KEY_INSTANTIATED, 0, NULL, mark);
		w->there_told = rc != WQ_NO_ROOM;
	}
	if (!rc && !w->attr_told) {
		rc = tell_key(st, w, WQ_KEY_SETATTR, 0, NULL, mark);
		w->attr_told = rc != WQ_NO_ROOM;
	}
	if (!rc && w->revoked != w->revoked_told) {
		rc = tell_key(st, w, WQ_KEY_REVOKED, 0, NULL, mark);
		w->revoked_told = rc != WQ_NO_ROOM;
	}
	if (!rc && w->ring)
		rc = tell_members(st, w, mark);
	if (!rc && !w->there && w->there_told)
		rc = tell_gone(st, w);
	return rc;
}

int wq_keys_state_tell(struct wq_keys_state *st, enum wq_mark mark)
{
	struct wq_watched *w;
	int rc;

	for (w = st->first; w; w = w->next) {
		rc = tell_differences(st, w, mark);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- Reading ---- */

void wq_keys_read_later(struct wq_keys_state *st, struct wq_watched *w)
{
	if (w->doubt == DOUBT_NONE)
		w->doubt = DOUBT_QUIET;
	st->s->wants_quiet = true;
}

void wq_keys_state_doubt(struct wq_keys_state *st)
{
	struct wq_watched *w;

	for (w = st->first; w; w = w->next)
		if (w->there)
			w->doubt = DOUBT_NOW;
}

static int read_members(struct wq_keys_state *st, struct wq_watched *w)
{
	struct wq_member *m;
	int32_t *members;
	ssize_t n, fresh;

	n = wq_key_members(w->serial, &members);
	if (n == -ENOMEM)
		return -ENOMEM;
	if (n < 0) {
		/* Without Read permission, what records tell must do. */
		if (n == -EKEYREVOKED || n == -ENOKEY)
			wq_keyring_clear(w->ring);
		else
			wq_engine_log(st->s->m, WQ_LOG_INFO,
				      "%s: can't list the members (%s): those that are there now have no names",
				      w->watch->object, strerror((int) -n));
		return 0;
	}
	fresh = wq_keyring_read(w->ring, members, (size_t) n);
	free(members);
	for (m = fresh > 0 ? wq_keyring_first(w->ring) : NULL; m; m = m->next) {
		struct wq_name *name = m->in && !m->name ? wq_keys_name_of(st, m->serial) : NULL;

		if (name)
			wq_keyring_name(w->ring, m, name);
	}
	return fresh < 0 ? (int) fresh : 0;
}

/* What the kernel says of it now. */
static int read_key(struct wq_keys_state *st, struct wq_watched *w)
{
	struct wq_name *old, *n;
	int rc = 0;

	w->doubt = DOUBT_NONE;
	w->named = false;
	if (!st->names) {
		n = wq_key_describe(w->serial);
		if (!n && errno == ENOKEY)
			wq_keys_no_more(st, w);
		wq_name_unref(n);
		return 0;
	}
	old = wq_name_ref(wq_keys_find(st->names, (uint32_t) w->serial));
	n = look_up(st, (uint32_t) w->serial);
	if (!n && errno == ENOKEY)
		wq_keys_no_more(st, w);
	else if (!n && errno == EACCES)
		hide_attributes(st, (uint32_t) w->serial);
	else if (!n && errno == EKEYREVOKED)
		w->revoked = true;
	n = wq_keys_find(st->names, (uint32_t) w->serial);
	if (old && n && !wq_name_equal(old, n))
		w->attr_told = false;
	wq_name_unref(old);

	if (w->there && st->members && !w->ring && n && strcmp(n->type, "keyring") == 0) {
		w->ring = wq_keyring_new();
		rc = w->ring ? 0 : -ENOMEM;
	}
	return !rc && w->ring ? read_members(st, w) : rc;
}

/* What records have named since it was read may have been read before or after
 * they were posted. */
static void doubt_named(struct wq_keys_state *st, unsigned round)
{
	struct wq_watched *w;

	for (w = st->first; w; w = w->next) {
		if (!w->named || !w->there)
			continue;
		if (round < WQ_ROUNDS_MAX)
			w->doubt = DOUBT_NOW;
		else
			wq_keys_read_later(st, w);
	}
}

int wq_keys_state_snapshot(struct wq_keys_state *st, enum wq_mark mark, unsigned round)
{
	enum wq_doubt from = round == 0 ? DOUBT_QUIET : DOUBT_NOW;
	bool read = false;
	struct wq_watched *w;
	int rc;

	if (round == 0)
		st->s->wants_quiet = false;
	else
		doubt_named(st, round);
	for (w = st->first; w; w = w->next) {
		if (w->doubt < from)
			continue;
		rc = read_key(st, w);
		if (rc)
			return rc;
		read = true;
	}
	rc = wq_keys_state_tell(st, mark);
	/* What had no room is told later; that it was read counts for the rounds. */
	return rc && rc != WQ_NO_ROOM ? rc : read;
}
