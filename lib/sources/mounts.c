// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is known of the mounts: something happened, and snapshots. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "event.h"
#include "sources/mounts-tell.h"

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
			rc = wq_mounts_look_again(ms, n, WQ_MARK_RESYNC, false);
		ms->astray |= !rc && is_astray(ms, n);
	}
	return rc;
}

/* Where @n is now was another's place: what was mounted beneath has moved it up, of
 * which no event tells. What has gone from there has one of its own. */
static int look_beneath(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount_change *c)
{
	struct wq_mount m;
	int rc = n && n->now ? wq_mounts_look(ms, n->id, &m) : -ENOENT;

	if (rc == 0)
		rc = wq_mounts_set(ms, n, &m, NULL);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	n->moved |= rc == 1;
	return wq_mounts_told(wq_mounts_tell_node(ms, n, c));
}

int wq_mounts_attached(struct wq_mounts *ms, uint64_t id, const struct wq_item *by)
{
	const struct wq_mount_change c = { .by = by };
	struct wq_mount_node *n = wq_mount_table_find(ms->table, id), *there = NULL;
	struct wq_mount m;
	int rc;

	if (n && n->now) {
		/* Looking has found it already: it is told once, but to whom the start
		 * was not told. */
		if (!n->unasked)
			return 0;
		n->unasked = false;
		return wq_mounts_told(wq_mounts_emit(ms, WQ_MOUNT_NEW_MOUNT, n->now->parent, id, n->now, NULL, &c));
	}
	rc = wq_mounts_look(ms, id, &m);
	if (rc && rc != -ENOENT)
		return rc;
	if (!n)
		n = wq_mount_table_add(ms->table, id);
	rc = n ? wq_mounts_set(ms, n, &m, &there) : -ENOMEM;
	if (rc < 0)
		return rc;
	ms->astray |= is_astray(ms, n);
	n->moved = n->looked = n->missed = false;
	rc = wq_mounts_told(wq_mounts_tell_node(ms, n, &c));
	return rc ? rc : look_beneath(ms, there, &c);
}

int wq_mounts_detached(struct wq_mounts *ms, uint64_t id, const struct wq_item *by)
{
	const struct wq_mount_change c = { .by = by };
	struct wq_mount_node *n = wq_mount_table_find(ms->table, id);
	int rc;

	if (!n) {
		struct wq_mount *m;

		/* Looking has told of that. At the start, nobody has been told of either. What
		 * the root is on can't be seen. */
		if (ms->resynced || id == ms->hidden || wq_engine_wants_initial(ms->s->m))
			return 0;
		m = wq_mount_new(&(struct wq_mount) { .id = id, .ns = ms->ns });
		rc = m ? wq_mounts_emit(ms, WQ_MOUNT_UNMOUNT, 0, id, m, NULL, &c) : -ENOMEM;
		wq_mount_unref(m);
		return wq_mounts_told(rc);
	}
	rc = wq_mounts_refresh(ms, n);
	/* That it came had no room: that it goes is an event all the same. */
	if (!rc && !n->told && n->now)
		rc = wq_mounts_told(wq_mounts_emit(ms, WQ_MOUNT_UNMOUNT, n->now->parent, id, n->now, NULL, &c));
	if (rc && rc != WQ_DONE)
		return rc;
	wq_mount_unref(n->now);
	n->now = NULL;
	n->missed = false;	/* this is another event */
	return rc ? rc : wq_mounts_told(wq_mounts_tell_node(ms, n, &c));
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
	int rc = wq_mounts_look(ms, n->id, &m);

	if (rc == -ENOENT) {
		m = *before;
		m.parent = 0;
		m.target = NULL;
		rc = 0;
	}
	if (!rc)
		rc = wq_mounts_set(ms, n, &m, there);
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

static int refresh_tree(struct wq_mounts *ms, const struct wq_mount_node *root)
{
	struct wq_mount_node *n;
	int rc = 0;

	for (n = wq_mount_table_first(ms->table); n && !rc; n = n->next)
		if (wq_mount_node_is_on(n, root))
			rc = wq_mounts_refresh(ms, n);
	return rc;
}

/* @n is in a tree of whose root it is told where it was if @from, and where it is if @to. */
static int tell_part(struct wq_mounts *ms, struct wq_mount_node *n, bool from, bool to, const struct wq_mount_change *c)
{
	struct wq_mount *was = wq_mount_ref(n->told);
	struct wq_mount *m = wq_mount_with_target(n->now, wq_mount_table_path(ms->table, n));
	int rc = m ? 0 : -ENOMEM;

	if (!rc && !from)
		rc = wq_mounts_emit(ms, WQ_MOUNT_MOVE_FROM, was->parent, n->id, was, was, c);
	/* What comes with a root from elsewhere isn't known to be on it. */
	if (!rc && !(from && to))
		rc = wq_mounts_emit(ms, WQ_MOUNT_MOVE_TO, m->parent, n->id, m, was, c);
	wq_mount_unref(was);
	wq_mount_unref(m);
	return wq_mounts_told(rc);
}

/* Of a tree that is moved the root alone is told; but what is in it may come below a path,
 * or leave it, where the root doesn't. */
static int tell_tree(struct wq_mounts *ms, const struct wq_mount_node *root, const struct wq_mount *was,
		     const struct wq_mount_change *c)
{
	bool from = wq_mounts_watch(ms->wanted, was, was), to = wq_mounts_watch(ms->wanted, root->now, was);
	struct wq_mount_node *n;
	int rc = 0;

	for (n = wq_mount_table_first(ms->table); n && !rc; n = n->next)
		if (n != root && n->now && n->told && wq_mount_node_is_on(n, root))
			rc = tell_part(ms, n, from, to, c);
	return rc;
}

/* What is known of where it was is needed for that: before it is moved. */
static int move_tree(struct wq_mounts *ms, struct wq_mount_node *n, struct wq_mount_node **there, const struct wq_mount_change *c)
{
	struct wq_mount *was;
	int rc = refresh_tree(ms, n);

	was = wq_mount_ref(n->told);
	if (!rc)
		rc = move(ms, n, there);
	if (rc >= 0)
		rc = wq_mounts_told(wq_mounts_tell_node(ms, n, c));
	if (!rc && was)
		rc = tell_tree(ms, n, was, c);
	wq_mount_unref(was);
	return rc;
}

int wq_mounts_moved(struct wq_mounts *ms, uint64_t id, const struct wq_item *by)
{
	const struct wq_mount_change c = { .by = by };
	struct wq_mount_node *n = wq_mount_table_find(ms->table, id), *there = NULL;
	int rc;

	if (!n || !n->now)
		return wq_mounts_attached(ms, id, by);
	n->missed = false;	/* this is another event */
	if (wq_mounts_wants_paths(ms->wanted)) {
		rc = move_tree(ms, n, &there, &c);
	} else {
		rc = move(ms, n, &there);
		if (rc >= 0)
			rc = wq_mounts_told(wq_mounts_tell_node(ms, n, &c));
	}
	if (rc < 0 || rc == WQ_DONE)
		return rc;
	ms->astray |= is_astray(ms, n);
	rc = look_beneath(ms, there, &c);
	return rc ? rc : look_for_strays(ms);
}

int wq_mounts_look_again(struct wq_mounts *ms, struct wq_mount_node *n, enum wq_mark mark, bool quiet)
{
	struct wq_mount_change c = { .mark = mark };
	struct wq_mount m;
	int rc = n->now ? wq_mounts_look(ms, n->id, &m) : -ENOENT;

	if (rc == 0)
		rc = wq_mounts_refresh(ms, n);
	if (rc)
		return rc == -ENOENT ? 0 : rc;	/* an event tells of that */
	if (m.parent != n->now->parent && quiet) {
		/* Lifted by what was mounted beneath it, where it wasn't known to be. */
		c.mark = WQ_MARK_RESYNC;
	} else if (m.parent != n->now->parent || !m.target || !wq_mount_table_fits(ms->table, n, m.target)) {
		/* An event tells of moves; but directories that mounts are on are renamed. */
		m.parent = n->now->parent;
		m.target = n->now->target;
	}
	rc = wq_mounts_set(ms, n, &m, NULL);
	if (rc < 0)
		return rc;
	n->moved |= rc == 1;
	n->looked |= rc == 1;
	return wq_mounts_told(wq_mounts_tell_node(ms, n, &c));
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
	rc = n ? wq_mounts_refresh(ms, n) : -ENOMEM;
	if (!rc)
		rc = wq_mounts_describe(n, m);
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
		rc = wq_mounts_refresh(ms, n);
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
		rc = wq_mounts_told(emit_removal(ms, watch));
	return rc;
}
