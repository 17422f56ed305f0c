// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What devices there are, and what was told of them. Uevents and the list in /sys are
 * brought together by the uevents' numbers.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "side.h"
#include "sources/block-changes.h"

#define WQ_SECTOR		512

/* ---- Opening ---- */

int wq_block_changes_open(struct wq_block_changes *c, struct wq_source *s, const struct wq_source_config *config,
			  struct wq_error *e)
{
	int rc = wq_block_wanted_open(&c->wanted, s, config, e);

	c->s = s;
	if (rc)
		return rc;
	c->devices = wq_devices_new();
	return c->devices ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

void wq_block_changes_close(struct wq_block_changes *c)
{
	wq_devices_free(c->devices);
	wq_block_wanted_close(&c->wanted);
}

/* ---- Telling ---- */

static int tell(struct wq_block_changes *c, enum wq_block_nr what, enum wq_mark mark, const struct wq_device *d)
{
	const struct wq_watch *watch = wq_block_watch(&c->wanted, d->disk, wq_device_is_partition(d) ? d->dev : 0);
	uint64_t body[2] = { d->dev, d->start };
	struct wq_side side = { .numbers_apply = 0 };
	unsigned char rec[WQ_RECORD_MAX];

	if (!watch)
		return 0;
	wq_block_side(&side, d);
	if (d->has_size && what != WQ_BLOCK_REMOVE)
		wq_side_set(&side, WQ_SIDE_SIZE, d->size * WQ_SECTOR);
	else
		wq_side_unknown(&side, WQ_SIDE_SIZE);
	wq_record_build(rec, WQ_TYPE_BLOCK, (uint8_t) what, (uint32_t) watch->id << 8, body, sizeof(body));
	return wq_engine_emit_side(c->s->m, rec, watch, mark, &side, 0, 0);
}

/* Tells @what of a device that is there, and that this was told. */
static int tell_now(struct wq_block_changes *c, struct wq_device_node *n, enum wq_block_nr what, enum wq_mark mark)
{
	int rc = tell(c, what, mark, &n->now);

	if (rc != WQ_NO_ROOM) {
		n->told = n->now;
		n->was_told = true;
	}
	return rc;
}

/* Tells that it is gone; then it is not known any more. */
static int tell_gone(struct wq_block_changes *c, struct wq_device_node *n, enum wq_mark mark)
{
	int rc = n->was_told ? tell(c, WQ_BLOCK_REMOVE, mark, &n->told) : 0;

	n->is = false;
	if (rc != WQ_NO_ROOM)
		wq_devices_remove(c->devices, n);
	return rc;
}

/* What was looked up of it differs so much that it is another one. */
static bool is_other(const struct wq_device *a, const struct wq_device *b)
{
	return strcmp(a->name, b->name) != 0 || a->disk != b->disk || a->start != b->start;
}

/* Tells what differs from what was told. */
static int tell_difference(struct wq_block_changes *c, struct wq_device_node *n, enum wq_mark mark)
{
	int rc = 0;

	if (!n->is)
		return tell_gone(c, n, mark);
	if (n->was_told && is_other(&n->now, &n->told)) {
		rc = tell(c, WQ_BLOCK_REMOVE, mark, &n->told);
		n->was_told = rc == WQ_NO_ROOM;
	}
	if (rc)
		return rc;
	if (!n->was_told)
		return tell_now(c, n, WQ_BLOCK_ADD, mark);
	if (n->now.size != n->told.size)
		return tell_now(c, n, WQ_BLOCK_RESIZE, mark);
	if (n->now.seq != n->told.seq)
		return tell_now(c, n, WQ_BLOCK_MEDIA, mark);
	return 0;
}

int wq_block_changes_tell(struct wq_block_changes *c, enum wq_mark mark)
{
	struct wq_device_node *n, *next;
	int rc = 0;

	for (n = wq_devices_next(c->devices, NULL); n && !rc; n = next) {
		next = wq_devices_next(c->devices, n);
		rc = tell_difference(c, n, mark);
	}
	return rc;
}

/* ---- Uevents ---- */

static int apply_add(struct wq_block_changes *c, const struct wq_device *d)
{
	struct wq_device_node *n = wq_devices_find(c->devices, d->dev);

	/* A snapshot has seen it first. */
	if (n && n->is && n->was_told && strcmp(n->now.name, d->name) == 0)
		return 0;
	if (!n)
		n = wq_devices_add(c->devices, d->dev);
	if (!n)
		return -ENOMEM;
	n->now = *d;
	n->is = true;
	/* Its number was another's, whose end is to be told still. */
	if (n->was_told)
		return tell_difference(c, n, WQ_MARK_RESYNC);
	return tell_now(c, n, WQ_BLOCK_ADD, WQ_MARK_NONE);
}

/* The device mapper says it of its own, and then the kernel does; or a snapshot has missed
 * it first. */
static int apply_remove(struct wq_block_changes *c, const struct wq_device *d)
{
	struct wq_device_node *n = wq_devices_find(c->devices, d->dev);

	if (n)
		return tell_gone(c, n, WQ_MARK_NONE);
	return c->blind ? tell(c, WQ_BLOCK_REMOVE, WQ_MARK_NONE, d) : 0;
}

static int apply_change(struct wq_block_changes *c, const struct wq_block_uevent *ev)
{
	const struct wq_device *d = &ev->device;
	struct wq_device_node *n = wq_devices_find(c->devices, d->dev);
	bool resized = n && n->was_told && d->has_size && n->told.has_size && d->size != n->told.size;
	enum wq_block_nr what = WQ_BLOCK_CHANGE;

	if (ev->media)
		what = WQ_BLOCK_MEDIA;
	else if (resized || ev->resize)
		what = WQ_BLOCK_RESIZE;
	if (what == WQ_BLOCK_RESIZE && !resized && ev->nr <= c->window)
		return 0;
	if (n && n->is)
		n->now = *d;
	/* Whose end is to be told still, or that it has come, has it told later. */
	if (!n || !n->is || !n->was_told || is_other(d, &n->told))
		return tell(c, what, WQ_MARK_NONE, d);
	return tell_now(c, n, what, WQ_MARK_NONE);
}

int wq_block_changes_apply(struct wq_block_changes *c, const struct wq_block_uevent *ev)
{
	if (ev->nr <= c->before)
		return 0;
	/* Some program had these repeated: nothing came or went. */
	if (ev->action == WQ_UEVENT_ADD)
		return ev->asked_for ? 0 : apply_add(c, &ev->device);
	if (ev->action == WQ_UEVENT_REMOVE)
		return ev->asked_for ? 0 : apply_remove(c, &ev->device);
	return apply_change(c, ev);
}

/* ---- Snapshots ---- */

static int is_there(void *data, const struct wq_device *d)
{
	struct wq_block_changes *c = data;
	struct wq_device_node *n = wq_devices_find(c->devices, d->dev);

	if (!n)
		n = wq_devices_add(c->devices, d->dev);
	if (!n)
		return -ENOMEM;
	n->now = *d;
	n->is = true;
	n->round = c->round;
	return 0;
}

static int list(struct wq_block_changes *c)
{
	struct wq_device_node *n;
	int rc;

	c->round++;
	rc = wq_block_list(is_there, c);
	if (rc == -ENOMEM)
		return rc;
	c->blind = rc != 0;
	if (rc) {
		wq_engine_log(c->s->m, WQ_LOG_WARNING, "/sys/class/block: %s; not known: which devices there are", strerror(-rc));
		rc = wq_engine_emit_loss(c->s);
		return rc == WQ_NO_ROOM ? 0 : rc;
	}
	for (n = wq_devices_next(c->devices, NULL); n; n = wq_devices_next(c->devices, n))
		n->is &= n->round == c->round;
	return 0;
}

int wq_block_changes_snapshot(struct wq_block_changes *c, enum wq_mark mark,
			      int (*receive)(struct wq_source *s, uint64_t nr))
{
	uint64_t nr = wq_block_seqnum();
	int rc = 0;

	/* Nobody is told of what was before the start. Later, what is queued is older than what
	 * will be found: it is told first. */
	if (!c->looked)
		c->before = nr;
	else
		rc = receive(c->s, nr);
	if (rc)
		return rc;
	c->looked = true;
	rc = list(c);
	c->window = wq_block_seqnum();
	if (!rc)
		rc = wq_block_changes_tell(c, mark);
	return rc ? rc : 1;
}
