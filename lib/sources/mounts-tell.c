// SPDX-License-Identifier: LGPL-2.1-or-later
/* Telling what is so and wasn't told: whatever it was that said so. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "event.h"
#include "filter.h"
#include "kernel/not-supported.h"
#include "sources/mounts-tell.h"

/* ---- Events ---- */

/* It was gone before it could be asked about: nobody knows whether the user wants to see it. It is
 * reported as the source's own, and counts as incomplete. NULL: it is no such mount. */
static const struct wq_watch *watch_of_gone(struct wq_mounts *ms, enum wq_mount_nr nr, const struct wq_mount *m)
{
	struct wq_monitor *monitor = ms->s->m;

	if ((nr != WQ_MOUNT_NEW_MOUNT && nr != WQ_MOUNT_UNMOUNT) || !m || m->fstype || !wq_mounts_selects(ms->wanted))
		return NULL;
	if (wq_filter_may_pass(wq_engine_filter(monitor), WQ_TYPE_MOUNT, (uint8_t) nr))
		wq_engine_incomplete(monitor);
	return ms->s->self;
}

/* @on: what it is mounted on, 0 where the record has no such thing. */
int wq_mounts_emit(struct wq_mounts *ms, enum wq_mount_nr nr, uint64_t on, uint64_t id,
		   struct wq_mount *m, struct wq_mount *was, const struct wq_mount_change *c)
{
	struct wq_item item = { .boottime = wq_now_boottime() };
	const struct wq_watch *gone = watch_of_gone(ms, nr, m), *watch = gone ? gone : wq_mounts_watch(ms->wanted, m, was);
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

static int emit_move(struct wq_mounts *ms, struct wq_mount *m, struct wq_mount *was, const struct wq_mount_change *c)
{
	int rc = wq_mounts_emit(ms, WQ_MOUNT_MOVE_FROM, was->parent, was->id, was, was, c);

	return rc ? rc : wq_mounts_emit(ms, WQ_MOUNT_MOVE_TO, m->parent, m->id, m, was, c);
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

static int emit_attributes(struct wq_mounts *ms, struct wq_mount *m, struct wq_mount *was, const struct wq_mount_change *c)
{
	int rc = 0;

	if (!m->options || !was->options)	/* it was gone before it could be asked about */
		return 0;
	if (m->readonly != was->readonly)
		rc = wq_mounts_emit(ms, WQ_MOUNT_READONLY, 0, m->id, m, was, c);
	if (!rc && other_attributes(m, was))
		rc = wq_mounts_emit(ms, WQ_MOUNT_SETATTR, 0, m->id, m, was, c);
	return rc;
}

/* ---- Differences ---- */

static bool wq_mount_differs(const struct wq_mount_node *n)
{
	return n->now != n->told || n->moved;
}

static int emit_difference(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount_change *c)
{
	/* Who moved it is known; who changed its attributes never is. */
	const struct wq_mount_change found = { .mark = c->mark };
	struct wq_mount *m = n->now, *was = n->told;
	int rc = 0;

	if (!was)
		return m ? wq_mounts_emit(ms, WQ_MOUNT_NEW_MOUNT, m->parent, m->id, m, NULL, c) : 0;
	if (!m)
		return wq_mounts_emit(ms, WQ_MOUNT_UNMOUNT, was->parent, was->id, was, NULL, c);
	if (n->moved)
		rc = emit_move(ms, m, was, c);
	return rc ? rc : emit_attributes(ms, m, was, &found);
}

/* Tells what differs of @n, which may be gone then. WQ_NO_ROOM: it differs still. */
int wq_mounts_tell_node(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount_change *c)
{
	struct wq_mount_change how = *c;
	int rc;

	/* What had no room was counted then: it is told as what it is, found later. */
	if (n->missed && how.mark == WQ_MARK_NONE)
		how.mark = WQ_MARK_RESYNC;
	rc = wq_mount_differs(n) ? emit_difference(ms, n, &how) : 0;
	n->missed = rc == WQ_NO_ROOM && (n->missed || how.mark == WQ_MARK_NONE);
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

/* What it is on goes before it, however far up: who applies one event after the other
 * knows by then where that is. */
static int tell_from_top(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount_change *c)
{
	int rc = n->parent ? tell_from_top(ms, n->parent, c) : 0;

	return rc || !n->listed || !n->now ? rc : wq_mounts_tell_node(ms, n, c);
}

int wq_mounts_tell(struct wq_mounts *ms, enum wq_mark mark)
{
	const struct wq_mount_change c = { .mark = mark };
	struct wq_mount_node *n, *next;
	int rc = 0;

	/* What was mounted last was unmounted first, and the other way round. */
	for (n = wq_mount_table_last(ms->table); n && !rc; n = next) {
		next = n->prev;
		rc = n->now ? 0 : wq_mounts_tell_node(ms, n, &c);
	}
	for (n = wq_mount_table_first(ms->table); n && !rc; n = n->next)
		rc = wq_mount_differs(n) ? tell_from_top(ms, n, &c) : 0;
	return wq_mounts_told(rc);
}

/* ---- Descriptions ---- */

/* What was told of it says where it is at present: mounts that it is on may have moved. */
int wq_mounts_refresh(struct wq_mounts *ms, struct wq_mount_node *n)
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

int wq_mounts_describe(struct wq_mount_node *n, const struct wq_mount *m)
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
int wq_mounts_set(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount *m,
	       struct wq_mount_node **there)
{
	int moved, rc = wq_mounts_refresh(ms, n);

	if (rc)
		return rc;
	moved = wq_mount_table_place(ms->table, n, m->parent, m->target, there);
	rc = moved < 0 ? moved : wq_mounts_describe(n, m);
	return rc ? rc : moved;
}

int wq_mounts_unreadable(struct wq_mounts *ms, uint64_t id, int err)
{
	wq_engine_log(ms->s->m, WQ_LOG_WARNING, "statmount: mount %" PRIu64 ": %s; what is known of it may be incomplete",
		      id, strerror(err));
	return wq_mounts_told(wq_engine_emit_loss(ms->s));
}

int wq_mounts_look(struct wq_mounts *ms, uint64_t id, struct wq_mount *m)
{
	int rc = ms->look(ms->data, id, m);

	/* What does not pass the second time is reported, and counted as lost. */
	if (rc && rc != -ENOMEM && !wq_is_gone(WQ_CALL_STATMOUNT, -rc))
		rc = ms->look(ms->data, id, m);
	if (rc == 0 || rc == -ENOMEM)
		return rc;
	if (!wq_is_gone(WQ_CALL_STATMOUNT, -rc))
		rc = wq_mounts_unreadable(ms, id, -rc);
	*m = (struct wq_mount) { .id = id, .ns = ms->ns };
	return rc == 0 ? -ENOENT : rc;
}
