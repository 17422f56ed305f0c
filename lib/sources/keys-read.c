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

/* The kernel doesn't say when a key expires where it describes it. */
static struct wq_name *with_expiry(struct wq_keys_state *st, struct wq_name *n)
{
	struct wq_watched *w = st->expiry.wanted ? wq_keys_find_watched(st, n->serial) : NULL;
	struct wq_name *more = w && w->expires ? wq_name_with_expiry(n, w->expires) : NULL;

	if (!more)
		return n;
	wq_name_unref(n);
	return more;
}

static struct wq_name *look_up(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_name *n = wq_key_describe((int32_t) serial), *old;
	int err = errno;

	if (!n)
		return NULL;
	n = with_expiry(st, n);
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
	if (ev->rec.subtype_nr == WQ_KEY_SETATTR || ev->rec.subtype_nr == WQ_KEY_UPDATED)
		wq_keys_expiry_read(st);
	if (ev->rec.subtype_nr == WQ_KEY_SETATTR && !look_up(st, ev->key) && errno == EACCES)
		hide_attributes(st, ev->key);
}

/* ---- Telling what no record told ---- */

int wq_keys_tell_key(struct wq_keys_state *st, struct wq_watched *w, enum wq_key_nr what,
		     uint32_t aux, struct wq_name *aux_name, enum wq_mark mark)
{
	const uint32_t body[2] = { (uint32_t) w->serial, aux };
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_name *path, *name;
	struct wq_suspect *who = st->config.calls ? wq_keys_who(st, what, aux) : NULL;
	struct wq_item by = { 0 };

	if (who)
		by = (struct wq_item) {
			.boottime = who->boottime, .ktime = who->ktime, .pid = who->pid, .command = who->command,
		};
	wq_name_ref(aux_name);		/* before a look-up that may push it out of the table */
	path = st->config.recursive || !w->root ? wq_name_ref(wq_keys_path(st, w)) : NULL;
	name = wq_name_ref(wq_keys_name_of(st, (uint32_t) w->serial));
	wq_record_build(rec, WQ_TYPE_KEY, (uint8_t) what, (uint32_t) w->watch->id << WQ_UAPI_INFO_ID_SHIFT,
			body, sizeof(body));
	return wq_engine_emit_own(st->s->m, rec, w->watch, mark, name, aux_name, path,
				  mark == WQ_MARK_NONE && who ? &by : NULL);
}

/* The member is in the keyring now, or isn't any more. */
int wq_keys_tell_member(struct wq_keys_state *st, struct wq_watched *w, struct wq_member *m, enum wq_mark mark)
{
	int rc = wq_keys_tell_key(st, w, m->in ? WQ_KEY_LINKED : WQ_KEY_UNLINKED, m->serial,
			  m->name ? m->name : wq_keys_find(st->names, m->serial), mark);

	if (rc == 0 || rc == WQ_DONE)
		wq_keyring_told(w->ring, m);
	return rc;
}

/* Two or more that leave at one look have been cleared; of one it can't be told. */
static bool is_cleared(const struct wq_watched *w)
{
	const struct wq_member *m;
	unsigned gone = 0;

	if (w->heard || wq_keyring_count(w->ring))
		return false;
	for (m = wq_keyring_first(w->ring); m; m = m->next)
		gone += m->told;
	return gone > 1;
}

static int tell_members(struct wq_keys_state *st, struct wq_watched *w, enum wq_mark mark)
{
	struct wq_member *m, *next;
	int rc;

	if (mark == WQ_MARK_NONE && is_cleared(w)) {
		rc = wq_keys_tell_key(st, w, WQ_KEY_CLEARED, 0, NULL, mark);
		if (rc == 0 || rc == WQ_DONE)
			wq_keyring_all_told(w->ring);
		return rc;
	}
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
	wq_keys_doubt(st, w, WQ_DOUBT_NONE);
	wq_keys_no_ring(st, w);		/* that it is gone says it of all its members */
	if (w->root && --st->standing == 0 && !st->config.all)
		wq_engine_source_ended(st->s);
}

static int tell_gone(struct wq_keys_state *st, struct wq_watched *w, enum wq_mark mark)
{
	const uint64_t serial = (uint64_t) w->serial;
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_name *path = st->config.recursive ? wq_name_ref(wq_keys_path(st, w)) : NULL;
	int rc;

	wq_record_build(rec, WQ_TYPE_META, WQ_META_REMOVAL, (uint32_t) w->watch->id << WQ_UAPI_INFO_ID_SHIFT,
			&serial, sizeof(serial));
	rc = wq_engine_emit_own(st->s->m, rec, w->watch, mark,
				wq_name_ref(wq_keys_name_of(st, (uint32_t) w->serial)), NULL, path, NULL);
	if (rc == 0 || rc == WQ_DONE)
		w->there_told = false;
	return rc;
}

/* What is so of the key itself, and was not told. @told: whether this was. */
static int tell_once(struct wq_keys_state *st, struct wq_watched *w, enum wq_key_nr what, bool so,
		     bool *told, enum wq_mark mark)
{
	int rc;

	if (!so || *told)
		return 0;
	rc = wq_keys_tell_key(st, w, what, 0, NULL, mark);
	*told = rc != WQ_NO_ROOM;
	return rc;
}

int wq_keys_tell_differences(struct wq_keys_state *st, struct wq_watched *w, enum wq_mark mark)
{
	int rc;

	/* There is no record for a key that simply is there; this one comes near. */
	rc = tell_once(st, w, WQ_KEY_INSTANTIATED, w->there, &w->there_told,
		       mark == WQ_MARK_NONE ? WQ_MARK_RESYNC : mark);
	if (!rc)
		rc = tell_once(st, w, WQ_KEY_SETATTR, true, &w->attr_told, mark);
	if (!rc)
		rc = tell_once(st, w, WQ_KEY_REVOKED, w->revoked, &w->revoked_told, mark);
	if (!rc)
		rc = tell_once(st, w, WQ_KEY_INVALIDATED, w->invalid, &w->invalid_told, mark);
	if (!rc)
		rc = tell_once(st, w, WQ_KEY_EXPIRED, w->expired, &w->expired_told, mark);
	if (!rc && w->ring)
		rc = tell_members(st, w, mark);
	if (!rc && !w->there && w->there_told && w->root)
		rc = tell_gone(st, w, mark == WQ_MARK_NONE && !w->heard ? mark : WQ_MARK_RESYNC);
	if (!rc)
		wq_keys_forget_root(st, w);
	return rc;
}

/* ---- Reading ---- */

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
		else if (w->root && !w->unlisted)
			wq_engine_log(st->s->m, WQ_LOG_INFO,
				      "%s: can't list the members (%s): those that are there now have no names",
				      w->watch->object, strerror((int) -n));
		w->unlisted = true;
		return 0;
	}
	fresh = wq_keyring_read(w->ring, members, (size_t) n);
	free(members);
	if (st->error)
		return st->error;
	for (m = fresh > 0 ? wq_keyring_first(w->ring) : NULL; m; m = m->next) {
		struct wq_name *name = m->in && !m->name ? wq_keys_name_of(st, m->serial) : NULL;

		if (name)
			wq_keyring_name(w->ring, m, name);
	}
	return fresh < 0 ? (int) fresh : 0;
}

/* Its name says that it is a keyring, or else that it is none. */
static int read_ring(struct wq_keys_state *st, struct wq_watched *w, const struct wq_name *n)
{
	bool is_ring = n && strcmp(n->type, "keyring") == 0;
	int rc = 0;

	if (!w->there || !st->members || !(w->shown || w->root))
		return 0;
	if (!w->ring && is_ring)
		rc = wq_keys_new_ring(st, w);
	return !rc && w->ring ? read_members(st, w) : rc;
}

/* It can't be described any more. */
static void read_no_more(struct wq_keys_state *st, struct wq_watched *w, int err)
{
	switch (err) {
	case ENOKEY:
		wq_keys_expiry_read(st);	/* tells an invalidated key from one that is gone */
		wq_keys_no_more(st, w);
		if (!w->root || st->config.queue_fd >= 0)
			wq_keys_leaves(st, (uint32_t) w->serial);
		break;
	case EACCES:
		hide_attributes(st, (uint32_t) w->serial);
		break;
	case EKEYREVOKED:
		w->revoked = true;
		break;
	case EKEYEXPIRED:
		w->expired = true;
		break;
	default:
		break;
	}
}

int wq_keys_read(struct wq_keys_state *st, struct wq_watched *w)
{
	struct wq_name *old, *n;

	wq_keys_doubt(st, w, WQ_DOUBT_NONE);
	w->named = false;
	if (!w->recent && st->reading)
		WQ_TAILQ_INSERT_TAIL(&st->recent, w, recents);
	w->recent |= st->reading;
	if (!st->names) {
		n = wq_key_describe(w->serial);
		if (!n && errno == ENOKEY)
			wq_keys_no_more(st, w);
		wq_name_unref(n);
		return 0;
	}
	old = wq_name_ref(wq_keys_find(st->names, (uint32_t) w->serial));
	n = look_up(st, (uint32_t) w->serial);
	if (!n)
		read_no_more(st, w, errno);
	else if (w->deaf) {	/* it may be viewed now */
		w->deaf = false;
		wq_keys_hear(st, w);
	}
	n = wq_keys_find(st->names, (uint32_t) w->serial);
	if (old && n && !wq_name_same_attributes(old, n))
		w->attr_told = false;
	wq_name_unref(old);
	return read_ring(st, w, n);
}
