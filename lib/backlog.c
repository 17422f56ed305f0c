// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events between the engine and the writer: packed, bounded, never waited for. */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backlog.h"
#include "models/mount.h"
#include "models/names.h"
#include "ring.h"
#include "side.h"
#include "source.h"
#include "wake.h"

/* 64 bytes with the 16 of a key's record, and fewer where pointers have 32 bits: a million fit in
 * 64 MiB. */
struct packed {
	struct wq_piece piece;
	uint32_t seq : 24;	/* its low bits: they come in order */
	uint32_t mark : 7;
	uint32_t has_extra : 1;
	uint64_t boottime, realtime;
	struct wq_name *key_name, *aux_name;
	const struct wq_watch *watch;
	unsigned char data[];	/* the record; behind it, aligned, struct extra */
};
_Static_assert(sizeof(void *) == 8 ? offsetof(struct packed, data) == 48 : offsetof(struct packed, data) <= 40,
	       "64 bytes with a key's record");

/* What most events don't have. */
struct extra {
	struct wq_name *path;
	struct wq_mount *mount, *was;
	struct wq_side *side;
	uint64_t ktime;
	uint32_t pid;
	char command[sizeof(((struct wq_event *) NULL)->command)];
};

#define WQ_LAST_ROOM	4096	/* bytes that are kept for what wq_backlog_last() lets in */

struct wq_backlog {
	struct wq_ring *ring;
	struct wq_wake some;		/* engine to writer */
	struct wq_wake room;		/* writer to engine */
	bool full, last;		/* engine's */
	uint64_t seq;			/* writer's */
	struct packed *out;		/* writer's: the event it has */
	struct extra out_extra;		/* and what it has of that */
	_Atomic size_t names;		/* bytes that events wait with */
};

struct wq_backlog *wq_backlog_new(size_t bytes)
{
	struct wq_backlog *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->some.fd = b->room.fd = -1;
	atomic_init(&b->names, 0);
	b->ring = wq_ring_new(bytes);
	if (!b->ring || wq_wake_open(&b->some) || wq_wake_open(&b->room)) {
		wq_backlog_free(b);
		return NULL;
	}
	return b;
}

void wq_backlog_free(struct wq_backlog *b)
{
	struct wq_event ev;

	if (!b)
		return;
	while (b->ring && wq_backlog_next(b, &ev))
		wq_backlog_done(b);
	wq_ring_free(b->ring);
	wq_wake_close(&b->some);
	wq_wake_close(&b->room);
	free(b);
}

/* ---- The engine's side ---- */

static size_t used(struct wq_backlog *b)
{
	return wq_ring_used(b->ring) + atomic_load_explicit(&b->names, memory_order_relaxed);
}

static bool has_room(struct wq_backlog *b)
{
	size_t size = wq_ring_size(b->ring);

	if (b->last)
		return true;
	if (b->full)
		b->full = used(b) > size / 2;
	return !b->full && used(b) < size - WQ_LAST_ROOM;
}

void wq_backlog_last(struct wq_backlog *b)
{
	b->last = true;
}

static bool has_extra(const struct wq_event *ev)
{
	return ev->path || ev->mount || ev->was || ev->side || ev->ktime || ev->pid || ev->command[0];
}

/* Where it is behind a record of @len bytes. */
static size_t extra_at(size_t len)
{
	const size_t align = _Alignof(struct extra);

	return (offsetof(struct packed, data) + len + align - 1) / align * align;
}

static struct extra *extra_of(struct packed *p, size_t len)
{
	return p->has_extra ? (void *) ((char *) p + extra_at(len)) : NULL;
}

static size_t packed_size(const struct wq_event *ev)
{
	return has_extra(ev) ? extra_at(ev->rec.len) + sizeof(struct extra)
			     : offsetof(struct packed, data) + ev->rec.len;
}

static void put_extra(struct extra *extra, const struct wq_event *ev)
{
	if (!extra)
		return;
	extra->path = wq_name_ref(ev->path);
	extra->mount = wq_mount_ref(ev->mount);
	extra->was = wq_mount_ref(ev->was);
	extra->side = wq_side_ref(ev->side);
	extra->ktime = ev->ktime;
	extra->pid = ev->pid;
	memcpy(extra->command, ev->command, sizeof(extra->command));
}

/* Counts what the event's names need while it waits. */
static void count_names(struct wq_backlog *b, const struct wq_event *ev)
{
	size_t bytes = wq_name_wait(ev->key_name) + wq_name_wait(ev->aux_name) + wq_name_wait(ev->path) +
		       wq_mount_wait(ev->mount) + wq_mount_wait(ev->was) + wq_side_wait(ev->side);

	atomic_fetch_add_explicit(&b->names, bytes, memory_order_relaxed);
}

int wq_backlog_push(void *data, const struct wq_event *ev)
{
	struct wq_backlog *b = data;
	size_t size = packed_size(ev);
	struct packed *p = has_room(b) ? wq_ring_reserve(b->ring, size) : NULL;

	if (!p) {
		/* Asked for first: what the writer takes from now on is not missed. */
		b->full = true;
		wq_wake_before(&b->room);
		if (!has_room(b))
			return WQ_NO_ROOM;
		wq_wake_after(&b->room, false);
		p = wq_ring_reserve(b->ring, size);
		if (!p)
			return WQ_NO_ROOM;
	}
	p->seq = ev->seq & 0xffffff;
	p->boottime = ev->boottime;
	p->realtime = ev->realtime;
	p->key_name = wq_name_ref(ev->key_name);
	p->aux_name = wq_name_ref(ev->aux_name);
	p->watch = ev->watch;
	p->mark = ev->mark & 0x7f;
	p->has_extra = has_extra(ev);
	memcpy(p->data, ev->rec.data, ev->rec.len);
	put_extra(extra_of(p, ev->rec.len), ev);
	count_names(b, ev);
	wq_ring_commit(b->ring);
	if (used(b) > wq_ring_size(b->ring) / 4)	/* no time to wait for the others */
		wq_wake_up(&b->some);
	return 0;
}

void wq_backlog_pushed(struct wq_backlog *b)
{
	if (wq_ring_used(b->ring))
		wq_wake_up(&b->some);
}

int wq_backlog_room_fd(const struct wq_backlog *b)
{
	return b->room.fd;
}

void wq_backlog_room_seen(struct wq_backlog *b)
{
	wq_wake_after(&b->room, true);
}

/* ---- The writer's side ---- */

static void take_extra(const struct extra *extra, struct wq_event *ev)
{
	if (!extra)
		return;
	ev->path = extra->path;
	ev->mount = extra->mount;
	ev->was = extra->was;
	ev->side = extra->side;
	ev->ktime = extra->ktime;
	ev->pid = extra->pid;
	memcpy(ev->command, extra->command, sizeof(ev->command));
}

bool wq_backlog_next(struct wq_backlog *b, struct wq_event *ev)
{
	struct packed *p = wq_ring_peek(b->ring);
	struct wq_item item;

	if (!p)
		return false;
	wq_record_header(&item.rec, p->data, false);
	item.boottime = p->boottime;
	wq_engine_event(ev, &item, p->watch);
	b->seq += (p->seq - b->seq) & 0xffffff;
	ev->seq = b->seq;
	ev->realtime = p->realtime;
	ev->mark = p->mark;
	ev->key_name = p->key_name;
	ev->aux_name = p->aux_name;
	take_extra(extra_of(p, ev->rec.len), ev);
	b->out = p;
	b->out_extra = (struct extra) { .path = ev->path, .mount = ev->mount, .was = ev->was, .side = ev->side };
	return true;
}

static void tell_room(struct wq_backlog *b)
{
	/* In one order with the tail that was just moved, and with wq_wake_before(). */
	if (atomic_load_explicit(&b->room.asleep, memory_order_seq_cst) && used(b) <= wq_ring_size(b->ring) / 2)
		wq_wake_up(&b->room);
}

void wq_backlog_done(struct wq_backlog *b)
{
	struct packed *p = b->out;
	const struct extra *extra = &b->out_extra;
	size_t names = wq_name_unwait(p->key_name) + wq_name_unwait(p->aux_name) + wq_name_unwait(extra->path) +
		       wq_mount_unwait(extra->mount) + wq_mount_unwait(extra->was) + wq_side_unwait(extra->side);

	if (names)
		atomic_fetch_sub_explicit(&b->names, names, memory_order_relaxed);
	wq_name_unref(p->key_name);
	wq_name_unref(p->aux_name);
	wq_name_unref(extra->path);
	wq_mount_unref(extra->mount);
	wq_mount_unref(extra->was);
	wq_side_unref(extra->side);
	wq_ring_release(b->ring);
	tell_room(b);
}

int wq_backlog_fd(const struct wq_backlog *b)
{
	return b->some.fd;
}

bool wq_backlog_before_wait(struct wq_backlog *b)
{
	wq_wake_before(&b->some);
	tell_room(b);
	return wq_ring_used(b->ring) > 0;
}

void wq_backlog_after_wait(struct wq_backlog *b, bool readable)
{
	wq_wake_after(&b->some, readable);
}
