// SPDX-License-Identifier: LGPL-2.1-or-later
/* Telling what is so and wasn't told: whatever it was that said so. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "event.h"
#include "sources/mounts.h"

int wq_mounts_open(struct wq_mounts *ms, struct wq_source *s, struct wq_mounts_wanted *wanted,
		   struct wq_error *e)
{
	*ms = (struct wq_mounts) { .s = s, .wanted = wanted, .table = wq_mount_table_new() };
	return ms->table ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

void wq_mounts_close(struct wq_mounts *ms)
{
	wq_mount_table_free(ms->table);
	wq_mounts_wanted_free(ms->wanted);
}

/* ---- Events ---- */

/* What is common to the records that one change is told by. */
struct change {
	enum wq_mark mark;
	const struct wq_item *by;	/* NULL: not known */
};

/* @on: what it is mounted on, 0 where the record has no such thing. */
static int emit(struct wq_mounts *ms, enum wq_mount_nr nr, uint64_t on, uint64_t id,
		struct wq_mount *m, struct wq_mount *was, const struct change *c)
{
	struct wq_item item = { .boottime = wq_now_boottime() };
	const struct wq_watch *watch = wq_mounts_watch(ms->wanted, m, was);
	bool topology = nr != WQ_MOUNT_READONLY && nr != WQ_MOUNT_SETATTR;
	uint64_t body[2] = { topology ? on : id, topology ? id : 0 };
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_event ev;
	uint32_t info;

	if (!watch)
		return 0;
	if (c->by)
		item = *c->by;
	info = (uint32_t) watch->id << 8;
	if (nr == WQ_MOUNT_READONLY && m->readonly)
		info |= WQ_MOUNT_IS_NOW_RO;
	wq_record_build(rec, WQ_TYPE_MOUNT, (uint8_t) nr, info, body, sizeof(body));
	wq_record_header(&item.rec, rec, false);
	wq_engine_event(&ev, &item, watch);
	wq_engine_by(&ev, &item);
	ev.realtime = item.boottime + (uint64_t) wq_engine_clock(ms->s->m);
	ev.mark = c->mark;
	ev.mount = m;
	ev.was = was;
	return wq_engine_emit_borrowed(ms->s->m, &ev);
}

static int emit_move(struct wq_mounts *ms, struct wq_mount *m, struct wq_mount *was, const struct change *c)
{
	int rc = emit(ms, WQ_MOUNT_MOVE_FROM, was->parent, was->id, was, was, c);

	return rc ? rc : emit(ms, WQ_MOUNT_MOVE_TO, m->parent, m->id, m, was, c);
}

/* Whether there is more to say than that it is read-only now, or no more. */
static bool other_attributes(const struct wq_mount *m, const struct wq_mount *was)
{
	const char *options = m->options ? m->options : "ro", *old = was->options ? was->options : "ro";

	/* Both begin with ro or rw. */
	return m->propagation != was->propagation || m->peer_group != was->peer_group ||
	       strcmp(options + 2, old + 2) != 0 ||
	       (m->readonly == was->readonly && !wq_mount_same_attributes(m, was));
}

static int emit_attributes(struct wq_mounts *ms, struct wq_mount *m, struct wq_mount *was, const struct change *c)
{
	int rc = 0;

	if (!m->options || !was->options)	/* it was gone before it could be asked about */
		return 0;
	if (m->readonly != was->readonly)
		rc = emit(ms, WQ_MOUNT_READONLY, 0, m->id, m, was, c);
	if (!rc && other_attributes(m, was))
		rc = emit(ms, WQ_MOUNT_SETATTR, 0, m->id, m, was, c);
	return rc;
}

/* ---- Differences ---- */

static bool differs(const struct wq_mount_node *n)
{
	return n->now != n->told || n->moved;
}

static int emit_difference(struct wq_mounts *ms, struct wq_mount_node *n, const struct change *c)
{
	struct wq_mount *m = n->now, *was = n->told;
	int rc = 0;

	if (!was)
		return m ? emit(ms, WQ_MOUNT_NEW_MOUNT, m->parent, m->id, m, NULL, c) : 0;
	if (!m)
		return emit(ms, WQ_MOUNT_UNMOUNT, was->parent, was->id, was, NULL, c);
	if (n->moved)
		rc = emit_move(ms, m, was, c);
	return rc ? rc : emit_attributes(ms, m, was, c);
}

/* Tells what differs of @n, which may be gone then. WQ_NO_ROOM: it differs still. */
static int tell(struct wq_mounts *ms, struct wq_mount_node *n, const struct change *c)
{
	int rc = differs(n) ? emit_difference(ms, n, c) : 0;

	if (rc && rc != WQ_DONE)
		return rc;
	if (!n->now) {
		wq_mount_table_remove(ms->table, n);
		return rc;
	}
	if (n->told != n->now) {
		wq_mount_unref(n->told);
		n->told = wq_mount_ref(n->now);
	}
	n->moved = false;
	return rc;
}

/* No room is no failure: the monitor asks for tell() when there is. */
static int told(int rc)
{
	return rc == WQ_NO_ROOM ? 0 : rc;
}

/* What it is on goes before it, however far up: who applies one event after the other
 * knows by then where that is. */
static int tell_from_top(struct wq_mounts *ms, struct wq_mount_node *n, const struct change *c)
{
	int rc = n->parent ? tell_from_top(ms, n->parent, c) : 0;

	return rc || !n->listed || !n->now ? rc : tell(ms, n, c);
}

int wq_mounts_tell(struct wq_mounts *ms, enum wq_mark mark)
{
	const struct change c = { .mark = mark };
	struct wq_mount_node *n, *next;
	int rc = 0;

	/* What was mounted last was unmounted first, and the other way round. */
	for (n = wq_mount_table_last(ms->table); n && !rc; n = next) {
		next = n->prev;
		rc = n->now ? 0 : tell(ms, n, &c);
	}
	for (n = wq_mount_table_first(ms->table); n && !rc; n = n->next)
		rc = differs(n) ? tell_from_top(ms, n, &c) : 0;
	return told(rc);
}

/* ---- Descriptions ---- */

/* What was told of it says where it is at present: mounts that it is on may have moved. */
static int refresh(struct wq_mounts *ms, struct wq_mount_node *n)
{
	const char *path = wq_mount_table_path(ms->table, n);
	struct wq_mount *m;

	if (!n->told || wq_same_text(n->told->target, path))
		return 0;
	m = wq_mount_with_target(n->told, path);
	if (!m)
		return -ENOMEM;
	if (n->now == n->told) {
		wq_mount_unref(n->now);
		n->now = wq_mount_ref(m);
	}
	wq_mount_unref(n->told);
	n->told = m;
	return 0;
}

static int describe(struct wq_mount_node *n, const struct wq_mount *m)
{
	struct wq_mount *now;

	if (n->now && wq_mount_same(n->now, m))
		return 0;
	now = wq_mount_new(m);
	if (!now)
		return -ENOMEM;
	wq_mount_unref(n->now);
	n->now = now;
	return 0;
}

/* @n is @m now. 1: and it has moved; 0; -ENOMEM. *@there: wq_mount_table_place(). */
static int set(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount *m,
	       struct wq_mount_node **there)
{
	int moved, rc = refresh(ms, n);

	if (rc)
		return rc;
	moved = wq_mount_table_place(ms->table, n, m->parent, m->target, there);
	rc = moved < 0 ? moved : describe(n, m);
	return rc ? rc : moved;
}

/* -ENOENT: it was gone before it could be asked about, and *@m says nothing of it. */
static int look(struct wq_mounts *ms, uint64_t id, struct wq_mount *m)
{
	int rc = ms->look(ms->data, id, m);

	if (rc == 0 || rc == -ENOMEM)
		return rc;
	*m = (struct wq_mount) { .id = id, .ns = ms->ns };
	return -ENOENT;
}

/* ---- Something happened ---- */

/* Whether @n is on a mount that was, by what is known of it, somewhere else: an event will
 * tell that it has moved. */
static bool is_astray(struct wq_mounts *ms, const struct wq_mount_node *n)
{
	return !n->parent && n->now && n->now->target && n->now->parent != n->id &&
	       wq_mount_table_find(ms->table, n->now->parent);
}

/* By now that may be known. It is told though it may be where it was: it follows its parent
 * from now on. */
static int look_for_strays(struct wq_mounts *ms)
{
	struct wq_mount_node *n, *next;
	int rc = 0;

	if (!ms->astray)
		return 0;
	ms->astray = false;
	for (n = wq_mount_table_first(ms->table); n && !rc; n = next) {
		next = n->next;
		if (is_astray(ms, n))
			rc = wq_mounts_look_again(ms, n, WQ_MARK_RESYNC);
		ms->astray |= !rc && is_astray(ms, n);
	}
	return rc;
}

/* Where @n is now was another's place: what was mounted beneath has moved it up, of
 * which no event tells. What has gone from there has one of its own. */
static int look_beneath(struct wq_mounts *ms, struct wq_mount_node *n, const struct change *c)
{
	struct wq_mount m;
	int rc = n && n->now ? look(ms, n->id, &m) : -ENOENT;

	if (rc == 0)
		rc = set(ms, n, &m, NULL);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	n->moved |= rc == 1;
	return told(tell(ms, n, c));
}

int wq_mounts_attached(struct wq_mounts *ms, uint64_t id, const struct wq_item *by)
{
	const struct change c = { .by = by };
	struct wq_mount_node *n = wq_mount_table_find(ms->table, id), *there = NULL;
	struct wq_mount m;
	int rc;

	if (n && n->now) {
		/* Looking has found it already: it is told once, but to whom the start
		 * was not told. */
		if (!n->unasked)
			return 0;
		n->unasked = false;
		return told(emit(ms, WQ_MOUNT_NEW_MOUNT, n->now->parent, id, n->now, NULL, &c));
	}
	rc = look(ms, id, &m);
	if (rc && rc != -ENOENT)
		return rc;
	if (!n)
		n = wq_mount_table_add(ms->table, id);
	rc = n ? set(ms, n, &m, &there) : -ENOMEM;
	if (rc < 0)
		return rc;
	ms->astray |= is_astray(ms, n);
	n->moved = n->looked = false;
	rc = told(tell(ms, n, &c));
	return rc ? rc : look_beneath(ms, there, &c);
}

int wq_mounts_detached(struct wq_mounts *ms, uint64_t id, const struct wq_item *by)
{
	const struct change c = { .by = by };
	struct wq_mount_node *n = wq_mount_table_find(ms->table, id);
	int rc;

	if (!n) {
		struct wq_mount *m;

		/* Looking has told of that. At the start, nobody has been told of either. What
		 * the root is on can't be seen. */
		if (ms->resynced || id == ms->hidden || wq_engine_wants_initial(ms->s->m))
			return 0;
		m = wq_mount_new(&(struct wq_mount) { .id = id, .ns = ms->ns });
		rc = m ? emit(ms, WQ_MOUNT_UNMOUNT, 0, id, m, NULL, &c) : -ENOMEM;
		wq_mount_unref(m);
		return told(rc);
	}
	rc = refresh(ms, n);
	/* That it came had no room: that it goes is an event all the same. */
	if (!rc && !n->told && n->now)
		rc = told(emit(ms, WQ_MOUNT_UNMOUNT, n->now->parent, id, n->now, NULL, &c));
	if (rc && rc != WQ_DONE)
		return rc;
	wq_mount_unref(n->now);
	n->now = NULL;
	return rc ? rc : told(tell(ms, n, &c));
}

/* That @n has moved is to be told, and not from where. */
static int forget_place(struct wq_mount_node *n)
{
	struct wq_mount was, *m;

	if (!n->told)
		return 0;
	was = *n->told;
	was.parent = 0;
	was.target = NULL;
	m = wq_mount_new(&was);
	if (!m)
		return -ENOMEM;
	wq_mount_unref(n->told);
	n->told = m;
	n->moved = true;
	return 0;
}

/* What @n is, since it was moved; or if it is gone by now, that it was moved to where isn't
 * known any more. */
static int move(struct wq_mounts *ms, struct wq_mount_node *n, struct wq_mount_node **there)
{
	struct wq_mount *before = wq_mount_ref(n->now);
	struct wq_mount m;
	int rc = look(ms, n->id, &m);

	if (rc == -ENOENT) {
		m = *before;
		m.parent = 0;
		m.target = NULL;
		rc = 0;
	}
	if (!rc)
		rc = set(ms, n, &m, there);
	wq_mount_unref(before);
	if (rc < 0)
		return rc;
	n->moved |= rc == 1;
	/* It was looked at since it was moved: told by then, if not by an event; else from
	 * where isn't known. */
	if (rc == 0 && !n->looked)
		rc = forget_place(n);
	n->looked = false;
	return rc;
}

int wq_mounts_moved(struct wq_mounts *ms, uint64_t id, const struct wq_item *by)
{
	const struct change c = { .by = by };
	struct wq_mount_node *n = wq_mount_table_find(ms->table, id), *there = NULL;
	int rc;

	if (!n || !n->now)
		return wq_mounts_attached(ms, id, by);
	rc = move(ms, n, &there);
	if (rc < 0)
		return rc;
	ms->astray |= is_astray(ms, n);
	rc = told(tell(ms, n, &c));
	if (!rc)
		rc = look_beneath(ms, there, &c);
	return rc ? rc : look_for_strays(ms);
}

int wq_mounts_look_again(struct wq_mounts *ms, struct wq_mount_node *n, enum wq_mark mark)
{
	const struct change c = { .mark = mark };
	struct wq_mount m;
	int rc = n->now ? look(ms, n->id, &m) : -ENOENT;

	if (rc == 0)
		rc = refresh(ms, n);
	if (rc)
		return rc == -ENOENT ? 0 : rc;	/* an event tells of that */
	/* An event tells of moves, too; but directories that mounts are on are renamed. */
	if (m.parent != n->now->parent || !m.target || !wq_mount_table_fits(ms->table, n, m.target)) {
		m.parent = n->now->parent;
		m.target = n->now->target;
	}
	rc = set(ms, n, &m, NULL);
	if (rc < 0)
		return rc;
	n->moved |= rc == 1;
	n->looked |= rc == 1;
	return told(tell(ms, n, &c));
}

/* ---- Snapshots ---- */

void wq_mounts_begin(struct wq_mounts *ms)
{
	ms->resynced = ms->round > 0;
	ms->round++;
}

int wq_mounts_has(struct wq_mounts *ms, const struct wq_mount *m)
{
	struct wq_mount_node *n = wq_mount_table_find(ms->table, m->id);
	int rc;

	if (!n)
		n = wq_mount_table_add(ms->table, m->id);
	rc = n ? refresh(ms, n) : -ENOMEM;
	if (!rc)
		rc = describe(n, m);
	if (rc)
		return rc;
	if (m->target && strcmp(m->target, "/") == 0 && !ms->hidden)
		ms->hidden = m->parent;
	n->round = ms->round;
	n->unasked = !ms->resynced && !wq_engine_wants_initial(ms->s->m);
	return 0;
}

/* Where @n is, behind what it is on: that may have moved, too. */
static int settle(struct wq_mounts *ms, struct wq_mount_node *n)
{
	struct wq_mount_node *parent;
	int rc = 0;

	if (n->settled == ms->round || n->round != ms->round)
		return 0;
	n->settled = ms->round;
	parent = wq_mount_table_find(ms->table, n->now->parent);
	if (parent)
		rc = settle(ms, parent);
	if (!rc)
		rc = wq_mount_table_place(ms->table, n, n->now->parent, n->now->target, NULL);
	if (rc < 0)
		return rc;
	n->looked |= rc == 1;
	n->moved |= rc == 1 && n->told;
	return 0;
}

int wq_mounts_end(struct wq_mounts *ms, enum wq_mark mark)
{
	struct wq_mount_node *n;
	int rc = 0;

	for (n = wq_mount_table_first(ms->table); n && !rc; n = n->next) {
		if (n->round == ms->round || !n->now)
			continue;
		rc = refresh(ms, n);
		wq_mount_unref(n->now);
		n->now = NULL;
	}
	for (n = wq_mount_table_first(ms->table); n && !rc; n = n->next)
		rc = settle(ms, n);
	return rc ? rc : wq_mounts_tell(ms, mark);
}

/* It names no mount: what went away is the namespace, or the way to it. */
static int emit_removal(struct wq_mounts *ms, const struct wq_watch *watch)
{
	struct wq_item item = { .boottime = wq_now_boottime() };
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_event ev;

	wq_record_build(rec, WQ_TYPE_META, WQ_META_REMOVAL, (uint32_t) watch->id << 8, NULL, 0);
	wq_record_header(&item.rec, rec, false);
	wq_engine_event(&ev, &item, watch);
	ev.realtime = item.boottime + (uint64_t) wq_engine_clock(ms->s->m);
	return wq_engine_emit_borrowed(ms->s->m, &ev);
}

int wq_mounts_ended(struct wq_mounts *ms)
{
	const struct wq_watch *watch;
	size_t i;
	int rc = 0;

	wq_engine_source_ended(ms->s);
	for (i = 0; !rc && (watch = wq_mounts_wanted_watch(ms->wanted, i)); i++)
		rc = told(emit_removal(ms, watch));
	return rc;
}
