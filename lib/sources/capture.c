// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A capture as a source: records from a file or a pipe, pulled as fast as they
 * are taken. Names come from its own notes alone, never from today's kernel.
 */
#include "config.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/retry.h"
#include "event.h"
#include "models/keys.h"
#include "models/names.h"
#include "note-mount.h"
#include "sources/capture.h"

static void capture_close(struct wq_source *s)
{
	struct capture *c = s->priv;

	if (c) {
		wq_keys_free(c->names);
		wq_keys_free(c->paths);
		wq_mount_map_free(c->mounts);
		wq_mount_unref(c->next.was);
		wq_side_unref(c->next.side);
		free(c->watches);
		free(c->parts);
	}
	free(c);
	s->priv = NULL;
}

static int capture_open(struct wq_source *s, const struct wq_source_config *config, struct wq_error *e)
{
	bool big_here = __BYTE_ORDER == __BIG_ENDIAN;
	struct capture *c = calloc(1, sizeof(*c));
	unsigned char first[WQ_RECORD_MAX], payload[WQ_NOTE_EVENT_LEN] = { 0 };
	int rc;

	s->priv = c;
	if (c) {
		c->names = wq_keys_new(WQ_NAMES_BUDGET);
		c->paths = wq_keys_new(WQ_NAMES_BUDGET);
		c->mounts = wq_mount_map_new();
		c->watches = calloc(WQ_MAX_WATCHES, sizeof(*c->watches));
		c->parts = calloc(1, sizeof(*c->parts));
	}
	if (!c || !c->names || !c->paths || !c->mounts || !c->watches || !c->parts) {
		capture_close(s);
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	c->fd = config->fd;
	c->name = config->name;
	c->keep_going = config->keep_going;
	c->walk = (struct wq_walk) {
		.buf = c->buf,
		.more = true,
		.dialect = wq_monitor_dialect(s->m),
		.swapped = config->endian != WQ_ENDIAN_NATIVE &&
			   (config->endian == WQ_ENDIAN_BIG) != big_here,
	};
	wq_record_build(first, WQ_TYPE_NOTE, WQ_NOTE_EVENT, 0, payload, sizeof(payload));
	memcpy(c->event_header, first, sizeof(c->event_header));
	/* A regular file is always readable, and epoll doesn't take it. */
	rc = wq_engine_poll(s->m, c->fd);
	c->polled = rc == 0;
	return rc && rc != -EPERM ? wq_fail(e, WQ_FAILURE, -rc, "%s: can't poll: %s", c->name, strerror(-rc)) : 0;
}

/* No record that any kernel posts begins so: with eight characters. */
static bool is_text(const unsigned char *first)
{
	unsigned i;

	for (i = 0; i < WQ_RECORD_MIN; i++)
		if ((first[i] < 0x20 && !memchr("\t\r\n", first[i], 3)) || first[i] >= 0x7f)
			return false;
	return true;
}

/* An annotated capture says by its first bytes in which byte order it is. Return 0 or -errno with *@e. */
static int detect_order(struct capture *c, struct wq_error *e)
{
	const unsigned char *first = c->walk.buf + c->walk.pos;
	struct wq_record rec;

	if (c->walk.len - c->walk.pos < WQ_RECORD_MIN)
		return 0;
	if (is_text(first))
		return wq_fail(e, WQ_FAILURE, EBADMSG, "%s: no capture: it looks like %s; what --binary writes can be decoded",
			       c->name, *first == '{' || *first == '[' ? "JSON" : "text");
	c->started = true;
	wq_record_header(&rec, c->walk.buf + c->walk.pos, !c->walk.swapped);
	if (wq_capture_is_header(&rec))
		c->walk.swapped = !c->walk.swapped;
	wq_record_header(&rec, c->walk.buf + c->walk.pos, c->walk.swapped);
	c->headed = wq_capture_is_header(&rec);
	return 0;
}

/* ---- Reading ---- */

/* 1: there is more in the buffer; 0: nothing to read yet. */
static int refill(struct capture *c, struct wq_error *e)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
	size_t left = c->walk.len - c->walk.pos;
	ssize_t n;

	if (poll(&pfd, 1, 0) == 0)
		return 0;
	memmove(c->buf, c->buf + c->walk.pos, left);
	c->walk.base += c->walk.pos;
	c->walk.pos = 0;
	c->walk.len = left;

	WQ_RETRY(n, read(c->fd, c->buf + left, sizeof(c->buf) - left));
	if (n < 0 && errno == EAGAIN && c->polled)
		return 0;
	if (n < 0)
		return wq_fail(e, WQ_FAILURE, errno, "%s: can't read: %s", c->name, strerror(errno));
	if (n == 0)
		c->walk.more = false;
	c->walk.len += (size_t) n;
	return 1;
}

/* Apart from what runs for each record, which needs no room for a text. */
static int __attribute__((cold, noinline)) bad(struct capture *c, const struct wq_bad *why, struct wq_error *e)
{
	char text[256];

	return wq_fail(e, WQ_FAILURE, EBADMSG, "%s: %s", c->name, wq_bad_text(why, text, sizeof(text)));
}

/* No note, and none is begun. */
static bool is_plain(const struct capture *c, const struct wq_record *rec)
{
	return rec->type_nr != WQ_TYPE_NOTE && !c->parts->next;
}

/* Reads a record that may be a note: 1 if it was one, 0 if not. */
static int note_taken(struct wq_source *s, const struct wq_record *rec, uint64_t offset,
		      struct wq_error *e)
{
	struct capture *c = s->priv;
	struct wq_bad why = { .offset = offset, .kind = WQ_BAD_NOTE };
	int rc;

	c->last = NULL;		/* it may be forgotten now */

	if (c->parts->next && rec->type_nr != WQ_TYPE_NOTE) {
		why.what = "the next part of the note before it was expected";
		return bad(c, &why, e);
	}
	if (rec->type_nr != WQ_TYPE_NOTE || (!c->annotated && !wq_capture_is_header(rec)))
		return 0;
	rc = wq_note_add(c->parts, rec, &why.what);
	if (rc > 0) {
		why.what = wq_capture_read_note(s);
		if (why.what == c->refused)
			why.kind = WQ_BAD_DIALECT;
		rc = why.what ? -EBADMSG : 0;
	}
	return rc ? bad(c, &why, e) : 1;
}

/* The watch of a record that no note speaks of: known by its ID alone. */
static const struct wq_watch *plain_watch(struct wq_source *s, uint8_t id)
{
	if (id == 0)
		return s->self;
	if (!s->by_id[id])
		wq_engine_watch(s, id, s->ops->source, s->ops->backend, NULL);
	return s->by_id[id] ? s->by_id[id] : s->self;
}

static int emit_mount(struct wq_source *s)
{
	struct capture *c = s->priv;
	uint64_t on, id = wq_record_mount(&c->next.rec, &on);
	bool unmount = c->next.rec.subtype_nr == WQ_MOUNT_UNMOUNT;
	int rc;

	c->next.mount = wq_mount_map_find(c->mounts, id);
	rc = wq_engine_emit_borrowed(s->m, &c->next);
	wq_capture_forget_event(c);
	if (unmount)
		wq_mount_map_forget(c->mounts, id);
	return rc;
}

/* The event has its record. The names and paths stay the tables'. */
static int emit(struct wq_source *s)
{
	struct capture *c = s->priv;
	struct wq_event *ev = &c->next;
	int rc;

	if (!ev->watch)
		ev->watch = plain_watch(s, ev->rec.id);
	ev->has_key = false;
	ev->aux_kind = WQ_AUX_NONE;
	ev->key = ev->aux = 0;
	ev->key_name = ev->aux_name = ev->path = NULL;
	wq_event_keys(ev);
	if (ev->has_key && c->annotated) {
		if (!c->last || c->last->serial != ev->key) {
			c->last = wq_keys_find(c->names, ev->key);
			c->last_path = wq_keys_bytes(c->paths) ? wq_keys_find(c->paths, ev->key) : NULL;
		}
		ev->key_name = c->last;
		ev->path = c->last_path;
		if (ev->aux_kind == WQ_AUX_KEY)
			ev->aux_name = wq_keys_find(c->names, ev->aux);
	}
	if (ev->rec.type_nr == WQ_TYPE_MOUNT && c->annotated)
		return emit_mount(s);
	rc = wq_engine_emit_borrowed(s->m, ev);
	wq_capture_forget_event(c);		/* the notes spoke of one record */
	return rc;
}

/* All has been read. */
static int end(struct wq_source *s, struct wq_error *e)
{
	struct capture *c = s->priv;
	struct wq_bad why = {
		.offset = c->walk.base + c->walk.pos, .kind = WQ_BAD_NOTE,
		.what = "the file ends before the note does",
	};

	if (c->parts->next)
		return bad(c, &why, e);
	wq_engine_source_ended(s);
	return 0;
}

/* What can't be read is a loss, if it is to be skipped: then 0; else @rc. */
static int skip(struct wq_source *s, uint64_t offset, int rc, struct wq_error *e)
{
	unsigned char loss[WQ_RECORD_MAX];
	struct capture *c = s->priv;

	if (rc != -EBADMSG || !c->keep_going || !(c->annotated || c->headed))
		return rc;
	wq_engine_log(s->m, WQ_LOG_WARNING, "%s; going on at the next header", e->text);
	wq_capture_skip_from(c, offset);
	wq_record_build(loss, WQ_TYPE_META, WQ_META_LOSS, 0, NULL, 0);
	wq_record_header(&c->next.rec, loss, false);
	return emit(s);
}

static int capture_pull(struct wq_source *s, struct wq_error *e)
{
	struct capture *c = s->priv;
	struct wq_record *rec = &c->next.rec;
	struct wq_bad why;
	uint64_t offset;
	int rc;

	for (;;) {
		if (c->skipping && !wq_capture_find_header(c)) {
			if (!c->walk.more)
				return end(s, e);
			rc = refill(c, e);
			if (rc <= 0)
				return rc;
			continue;
		}
		/* Enough to see a header that begins in the next record. */
		if (c->keep_going && c->walk.more && c->walk.len - c->walk.pos < WQ_RECORD_MAX + WQ_CAPTURE_AHEAD) {
			rc = refill(c, e);
			if (rc < 0)
				return rc;
		}
		rc = c->started ? 0 : detect_order(c, e);
		if (rc)
			return rc;
		if (!c->keep_going)
			wq_capture_skip_event_note(c);
		offset = c->walk.base + c->walk.pos;
		rc = wq_walk_next(&c->walk, rec, &why);
		if (rc == -EBADMSG) {
			rc = skip(s, offset, bad(c, &why, e), e);
			return rc ? rc : 1;
		}
		if (rc > 0 && c->keep_going && wq_capture_has_header_inside(c, offset, rec->len)) {
			why = (struct wq_bad) { .offset = offset, .kind = WQ_BAD_NOTE, .what = "the next header begins in it: it was cut" };
			rc = skip(s, offset, bad(c, &why, e), e);
			return rc ? rc : 1;
		}
		if (rc > 0) {
			rc = is_plain(c, rec) ? 0 : note_taken(s, rec, offset, e);
			if (rc == 1)
				continue;
			rc = rc ? skip(s, offset, rc, e) : emit(s);
			return rc ? rc : 1;
		}
		if (!c->walk.more)
			return end(s, e);
		rc = refill(c, e);
		if (rc <= 0)
			return rc;
	}
}

const struct wq_source_ops wq_capture = {
	.source = "capture",
	.backend = "capture",
	.flags = WQ_SOURCE_OFFLINE,
	.open = capture_open,
	.pull = capture_pull,
	.close = capture_close,
};
