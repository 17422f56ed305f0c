// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The watched keys as they are and as they were told. Records change the one and
 * are the other; where the kernel posts nothing, or what it posted was lost, the
 * state is read, and the difference told.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "filter.h"
#include "sources/keys.h"
#include "sources/keys-watched.h"

#define WQ_NAMES_BUDGET	(16u << 20)	/* bytes of names that are kept */
#define WQ_ORPHANS_MAX	256		/* that wait to be reaped */

static bool may_pass(const struct wq_monitor *m, const uint8_t *subtypes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (wq_filter_may_pass(wq_engine_filter(m), WQ_TYPE_KEY, subtypes[i]))
			return wq_engine_wants_names(m);
	return false;
}

bool wq_keys_wants_members(const struct wq_monitor *m)
{
	static const uint8_t of_members[] = { WQ_KEY_LINKED, WQ_KEY_UNLINKED, WQ_KEY_CLEARED, WQ_KEY_EXPIRED };

	return may_pass(m, of_members, sizeof(of_members));
}

bool wq_keys_wants_expiry(const struct wq_monitor *m)
{
	static const uint8_t expired[] = { WQ_KEY_EXPIRED };

	return may_pass(m, expired, sizeof(expired));
}

struct wq_keys_state *wq_keys_state_new(struct wq_source *s, const struct wq_keys_config *c)
{
	/* What is shown of a key may be when it expires, too. */
	static const uint8_t of_expiry[] = { WQ_KEY_EXPIRED, WQ_KEY_SETATTR, WQ_KEY_UPDATED };
	bool names = wq_engine_wants_names(s->m);
	struct wq_keys_state *st = calloc(1, sizeof(*st));
	struct rlimit limit = { 0 };

	if (!st)
		return NULL;
	st->s = s;
	st->config = *c;
	st->generation = 1;
	st->members = names && (c->recursive || wq_keys_wants_members(s->m));
	st->expiry.wanted = may_pass(s->m, of_expiry, sizeof(of_expiry));
	st->expiry.members = st->members && !c->recursive && wq_keys_wants_expiry(s->m);
	st->expiry.timerfd = -1;
	/* The others of the user's processes need some, too. */
	getrlimit(RLIMIT_NOFILE, &limit);
	st->quiet_max = limit.rlim_cur / 2;
	WQ_TAILQ_INIT(&st->all);
	WQ_TAILQ_INIT(&st->rings);
	WQ_TAILQ_INIT(&st->quiet);
	WQ_TAILQ_INIT(&st->now);
	WQ_TAILQ_INIT(&st->recent);
	WQ_TAILQ_INIT(&st->news);
	WQ_TAILQ_INIT(&st->orphans);
	st->names = names ? wq_keys_new(WQ_NAMES_BUDGET) : NULL;
	if ((names && !st->names) || (st->expiry.wanted && wq_keys_expiry_open(st))) {
		wq_keys_state_free(st);
		return NULL;
	}
	return st;
}

void wq_keys_state_free(struct wq_keys_state *st)
{
	struct wq_watched *w;

	if (!st)
		return;
	st->closing = true;
	while ((w = WQ_TAILQ_FIRST(&st->all)))
		wq_keys_free_watched(st, w);
	wq_keys_expiry_close(st);
	wq_keys_free(st->names);
	free(st);
}

void wq_keys_doubt(struct wq_keys_state *st, struct wq_watched *w, enum wq_doubt doubt)
{
	if (w->doubt == doubt)
		return;
	if (w->doubt != WQ_DOUBT_NONE)
		WQ_TAILQ_REMOVE(w->doubt == WQ_DOUBT_NOW ? &st->now : &st->quiet, w, doubts);
	w->doubt = doubt;
	if (doubt != WQ_DOUBT_NONE)
		WQ_TAILQ_INSERT_TAIL(doubt == WQ_DOUBT_NOW ? &st->now : &st->quiet, w, doubts);
	if (doubt == WQ_DOUBT_QUIET)
		st->s->wants_quiet = true;
}

static void read_later(struct wq_keys_state *st, struct wq_watched *w)
{
	if (w->doubt == WQ_DOUBT_NONE)
		wq_keys_doubt(st, w, WQ_DOUBT_QUIET);
	st->s->wants_quiet = true;
}

/* ---- Applying ---- */

/* The member leaves the keyring, which is told. */
static int leave(struct wq_keys_state *st, struct wq_watched *w, struct wq_member *m)
{
	uint32_t serial = m->serial;

	wq_keyring_unlink(w->ring, m);
	m = wq_keyring_find(w->ring, serial);
	return m ? wq_keys_tell_member(st, w, m, WQ_MARK_RESYNC) : 0;
}

/* A key is dead: what keyrings it was in, the kernel doesn't say. */
int wq_keys_leaves(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_watched *w;
	int rc = 0;

	/* From the start each time: its own keyring, if it is one, goes with it. */
	while (!rc && (w = wq_keys_ring_with(st, serial))) {
		rc = leave(st, w, wq_keyring_find(w->ring, serial));
		rc = rc == WQ_NO_ROOM ? 0 : rc;
	}
	return rc;
}

static void doubt_keyrings_of(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_watched *w;

	WQ_TAILQ_FOREACH(w, &st->rings, rings)
		if (wq_keyring_find(w->ring, serial))
			read_later(st, w);
}

/* Before the event itself: what it says without words. */
static int before(struct wq_keys_state *st, struct wq_watched *w, const struct wq_event *ev)
{
	struct wq_member *m;

	if (ev->rec.type_nr == WQ_TYPE_META)
		return ev->has_key ? wq_keys_leaves(st, ev->key) : 0;
	if (!w || !w->ring || ev->rec.subtype_nr != WQ_KEY_LINKED)
		return 0;

	/* A link takes the place of a member of the same type and description. */
	m = ev->aux_name ? wq_keyring_displaced(w->ring, ev->aux_name) : NULL;
	if (!ev->aux_name || wq_keyring_has_nameless(w->ring))
		read_later(st, w);
	return m ? leave(st, w, m) : 0;
}

/* The member by that serial has been told to be as it is now. */
static void reported(struct wq_watched *w, uint32_t serial, int rc)
{
	struct wq_member *m = rc == WQ_NO_ROOM ? NULL : wq_keyring_find(w->ring, serial);

	if (m)
		wq_keyring_told(w->ring, m);
}

/* What the event, told or not as @rc says, makes of the members. */
static int after_members(struct wq_watched *w, const struct wq_event *ev, int rc)
{
	struct wq_member *m;

	switch (ev->rec.subtype_nr) {
	case WQ_KEY_LINKED:
		if (!wq_keyring_link(w->ring, ev->aux, ev->aux_name))
			return -ENOMEM;
		reported(w, ev->aux, rc);
		break;
	case WQ_KEY_UNLINKED:
		m = wq_keyring_find(w->ring, ev->aux);
		if (m)
			wq_keyring_unlink(w->ring, m);
		reported(w, ev->aux, rc);
		break;
	case WQ_KEY_REVOKED:	/* says of a keyring that it is empty */
	case WQ_KEY_CLEARED:
		wq_keyring_clear(w->ring);
		if (rc != WQ_NO_ROOM)
			wq_keyring_all_told(w->ring);
		break;
	default:
		break;
	}
	return w->st->error;
}

/* The same of what is known of the key. */
static int after(struct wq_keys_state *st, struct wq_watched *w, const struct wq_event *ev, int rc)
{
	if (ev->rec.subtype_nr == WQ_KEY_INVALIDATED)
		doubt_keyrings_of(st, ev->key);
	if (!w)
		return 0;
	w->named = true;
	switch (ev->rec.subtype_nr) {
	case WQ_KEY_SETATTR:
		w->attr_told = rc != WQ_NO_ROOM;
		break;
	case WQ_KEY_REVOKED:
		w->revoked = true;
		w->revoked_told = rc != WQ_NO_ROOM;
		break;
	case WQ_KEY_INVALIDATED:
		w->invalid = true;
		w->invalid_told = rc != WQ_NO_ROOM;
		break;
	default:
		break;
	}
	return w->ring ? after_members(w, ev, rc) : 0;
}

/* What is in the user's filter alone for the sake of expiry, and what comes from
 * watches that were given up. 1: it is shown. */
static int is_shown(struct wq_keys_state *st, struct wq_watched *w, const struct wq_event *ev)
{
	if (ev->rec.type_nr == WQ_TYPE_META && ev->has_key && !(w && w->root)) {
		struct wq_name *n = wq_key_describe((int32_t) ev->key);
		bool is_there = n || errno != ENOKEY;

		/* The watch was given up; there may even be another by now. */
		wq_name_unref(n);
		if (is_there || !w)
			return 0;
		wq_keys_not_heard(st, w);
		w->there = false;
		return wq_keys_leaves(st, ev->key);
	}
	return ev->rec.type_nr == WQ_TYPE_META || !ev->has_key || (w && w->shown && !w->orphan) ||
	       (!w && !st->names);
}

static int apply_meta(struct wq_keys_state *st, struct wq_watched *w, const struct wq_event *ev, int rc)
{
	if (ev->rec.subtype_nr == WQ_META_LOSS) {
		wq_keys_state_doubt(st);
		wq_engine_resync(st->s->m);
	}
	if (ev->rec.subtype_nr == WQ_META_REMOVAL && w) {
		w->there_told = rc == WQ_NO_ROOM;
		wq_keys_not_heard(st, w);
		wq_keys_no_more(st, w);
		wq_keys_forget_root(st, w);
	}
	return rc;
}

static void hold_names(struct wq_event *ev)
{
	wq_name_ref(ev->key_name);
	wq_name_ref(ev->aux_name);
	wq_name_ref(ev->path);
}

static void drop_names(struct wq_event *ev)
{
	wq_name_unref(ev->key_name);
	wq_name_unref(ev->aux_name);
	wq_name_unref(ev->path);
}

/* What the event's keys are called. */
static void name_event(struct wq_keys_state *st, struct wq_watched *w, struct wq_event *ev)
{
	if (ev->rec.type_nr == WQ_TYPE_KEY && st->names)
		wq_keys_look_again(st, ev);
	/* Held: the second look-up may push the first out of the table. */
	ev->key_name = wq_name_ref(wq_keys_name_of(st, ev->key));
	if (ev->aux_kind == WQ_AUX_KEY)
		ev->aux_name = wq_name_ref(wq_keys_name_of_member(st, w, ev));
	if (st->config.recursive && w)
		ev->path = wq_name_ref(wq_keys_path(st, w));
}

/* An event that is a record's. Gives back its names. */
static int apply_event(struct wq_keys_state *st, struct wq_watched *w, struct wq_event *ev)
{
	struct wq_event was;
	int rc, more;

	more = before(st, w, ev);
	if (more && more != WQ_NO_ROOM) {
		drop_names(ev);
		return more;
	}
	was = *ev;
	hold_names(&was);
	rc = wq_engine_emit(st->s->m, ev);
	if (was.rec.type_nr == WQ_TYPE_META)
		rc = apply_meta(st, w, &was, rc);
	else if (rc >= 0)
		rc = (more = after(st, w, &was, rc)) ? more : rc;
	drop_names(&was);
	return rc;
}

int wq_keys_state_apply(struct wq_keys_state *st, const struct wq_item *item)
{
	const struct wq_record *rec = &item->rec;
	struct wq_watched *w = NULL;
	struct wq_event ev;
	int rc;

	if (st->norphans > WQ_ORPHANS_MAX)
		wq_keys_reap(st);
	wq_engine_event(&ev, item, NULL);
	if (ev.has_key)
		w = wq_keys_find_watched(st, ev.key);
	if (rec->type_nr == WQ_TYPE_KEY && (rec->subtype_nr == WQ_KEY_SETATTR || rec->subtype_nr == WQ_KEY_UPDATED))
		wq_keys_expiry_changed(st, w);
	rc = is_shown(st, w, &ev);
	if (rc != 1)
		return rc;
	ev.watch = w ? w->watch : st->s->by_id[rec->id] ? st->s->by_id[rec->id] : st->s->self;
	wq_engine_by(&ev, item);
	ev.realtime = item->boottime + (uint64_t) wq_engine_clock(st->s->m);
	if (ev.has_key)
		name_event(st, w, &ev);
	return apply_event(st, w, &ev);
}

/* ---- Snapshots ---- */

void wq_keys_state_doubt(struct wq_keys_state *st)
{
	struct wq_watched *w;

	WQ_TAILQ_FOREACH(w, &st->all, all)
		if (w->there && w->shown && !w->orphan)
			wq_keys_doubt(st, w, WQ_DOUBT_NOW);
	wq_keys_expiry_stale(st);
}

int wq_keys_state_tell(struct wq_keys_state *st, enum wq_mark mark)
{
	struct wq_watched *w;
	int rc;

	WQ_TAILQ_FOREACH(w, &st->all, all) {
		rc = w->orphan ? 0 : wq_keys_tell_differences(st, w, w->snapped ? WQ_MARK_RESYNC : mark);
		if (rc)
			return rc;
		w->snapped = false;
	}
	return 0;
}

/* What records have named since it was read may have been read before or after
 * they were posted. */
static void doubt_named(struct wq_keys_state *st, unsigned round)
{
	struct wq_watched *w;

	while ((w = WQ_TAILQ_FIRST(&st->recent))) {
		WQ_TAILQ_REMOVE(&st->recent, w, recents);
		w->recent = false;
		/* A call that is applied to what it made changes nothing. */
		if (!w->named || !w->there || st->config.calls)
			continue;
		if (round < WQ_ROUNDS_MAX)
			wq_keys_doubt(st, w, WQ_DOUBT_NOW);
		else
			read_later(st, w);
	}
}

static void tell_soon(struct wq_keys_state *st, unsigned round)
{
	st->tell_soon = true;
	if (round == WQ_ROUNDS_MAX)
		wq_engine_read_soon(st->s->m);
}

/* Between two barriers: what a look finds is told behind the second, since calls that
 * come before that may have made it, and say who did. */
static int look_between(struct wq_keys_state *st, unsigned round, bool *read)
{
	int rc = st->tell_soon ? wq_keys_state_tell(st, WQ_MARK_NONE) : 0;

	st->tell_soon = false;
	if ((!rc || rc == WQ_NO_ROOM) && st->look_soon) {
		rc = wq_keys_look(st, st->look_soon);
		st->look_soon = WQ_LOOK_NOT;
		*read = true;
		tell_soon(st, round);
	}
	return rc == WQ_NO_ROOM ? 0 : rc;
}

int wq_keys_state_snapshot(struct wq_keys_state *st, enum wq_mark mark, unsigned round)
{
	struct wq_watched *w;
	bool read = false, no_room = false, at_start = mark == WQ_MARK_INITIAL;
	bool later = st->config.calls && !at_start;
	int rc = 0;

	doubt_named(st, round);
	rc = look_between(st, round, &read);
	if (rc)
		return rc;
	if (round == 0) {
		st->s->wants_quiet = false;
		while ((w = WQ_TAILQ_FIRST(&st->quiet)))
			wq_keys_doubt(st, w, WQ_DOUBT_NOW);
	}
	st->reading = true;
	/* Members that are found come behind. */
	while (rc == 0 && (w = WQ_TAILQ_FIRST(&st->now))) {
		read = true;
		rc = wq_keys_read(st, w);
		w->snapped = later;
		if (!rc && !no_room && !at_start && !later)
			rc = wq_keys_tell_differences(st, w, mark);
		if (rc == WQ_NO_ROOM) {	/* it is told later */
			no_room = true;
			rc = 0;
		}
	}
	st->reading = false;
	if (read && later)
		tell_soon(st, round);
	/* At the start all is read first, then when it expires; then it is told. */
	if (!rc && at_start)
		rc = wq_keys_expiry_read(st);
	if (!rc && at_start)
		rc = wq_keys_state_tell(st, mark);
	return rc && rc != WQ_NO_ROOM ? rc : read;
}
