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

#include "event.h"
#include "models/keys.h"
#include "models/names.h"
#include "note.h"
#include "payload.h"
#include "record.h"
#include "source.h"

#define BUF_SIZE	(256u << 10)
#define NAMES_BUDGET	(64u << 20)	/* of each table; well-kept captures forget before: recorder.c */
#define MAX_WATCHES	4096		/* that a capture may define */
#define WORD_MAX	31		/* bytes of a source's, backend's or dialect's name */

struct capture {
	int fd;
	const char *name;
	struct wq_walk walk;
	bool ended;
	bool annotated;			/* a header note has come */
	bool started;			/* the first record has */
	bool headed;			/* and it is a header note */
	unsigned char event_header[WQ_RECORD_MIN];	/* of an event note in one part */

	char refused[192];		/* why it is not decoded: of another dialect */

	/* From the notes. */
	struct wq_keys *names;
	struct wq_keys *paths;
	const struct wq_watch **watches;	/* by the capture's index */
	struct wq_note_parts *parts;
	struct wq_name *last;		/* of the record before's key; NULL behind a note */
	struct wq_name *last_path;	/* the same key's */
	struct wq_event next;		/* of the next record: what notes have said of it */

	unsigned char buf[BUF_SIZE];
};

static void capture_close(struct wq_source *s)
{
	struct capture *c = s->priv;

	if (c) {
		wq_keys_free(c->names);
		wq_keys_free(c->paths);
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

	s->priv = c;
	if (c) {
		c->names = wq_keys_new(NAMES_BUDGET);
		c->paths = wq_keys_new(NAMES_BUDGET);
		c->watches = calloc(MAX_WATCHES, sizeof(*c->watches));
		c->parts = calloc(1, sizeof(*c->parts));
	}
	if (!c || !c->names || !c->paths || !c->watches || !c->parts) {
		capture_close(s);
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	c->fd = config->fd;
	c->name = config->name;
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
	wq_engine_poll(s->m, c->fd);
	return 0;
}

/* ---- Notes ---- */

/* Nothing is known of the next record. */
static void forget_event(struct capture *c)
{
	c->next.watch = NULL;
	c->next.boottime = c->next.realtime = 0;
	c->next.mark = WQ_MARK_NONE;
	c->next.pid = 0;
	c->next.command[0] = '\0';
}

static void forget_keys(struct capture *c)
{
	wq_keys_clear(c->names);
	wq_keys_clear(c->paths);
}

static const char *read_header(struct wq_source *s, struct reader *r)
{
	struct capture *c = s->priv;
	char magic[8], boot_id[16];
	const char *dialect;
	uint32_t order;
	uint16_t version;

	take(r, magic, sizeof(magic));
	order = take_u32(r);
	version = take_u16(r);
	take_u16(r);
	take(r, boot_id, sizeof(boot_id));
	dialect = take_text(r);
	if (!r->ok || memcmp(magic, WQ_NOTE_MAGIC, sizeof(magic)) != 0)
		return "it is no header of a capture";
	if (order != WQ_NOTE_ORDER)
		return "the byte order it names is not the one it is in";
	if (version != WQ_NOTE_VERSION)
		return "a version of the format that this watchq does not know";
	if (wq_engine_says_dialect(s->m, dialect, c->headed, c->refused, sizeof(c->refused)))
		return c->refused;
	c->walk.dialect = wq_monitor_dialect(s->m);

	/* Another capture begins: they may be put one behind the other. */
	c->annotated = true;
	forget_event(c);
	memset(c->watches, 0, MAX_WATCHES * sizeof(*c->watches));
	memset(s->by_id, 0, sizeof(s->by_id));
	forget_keys(c);
	return NULL;
}

static const char *read_watch(struct wq_source *s, struct reader *r)
{
	struct capture *c = s->priv;
	unsigned index = take_u16(r);
	uint8_t id = take_u8(r), has_object = take_u8(r);
	const char *source = take_text(r), *backend = take_text(r), *object = take_text(r);

	if (!r->ok || index >= MAX_WATCHES || strlen(source) > WORD_MAX || strlen(backend) > WORD_MAX)
		return "it describes no watch";
	if (c->watches[index])
		return "it describes a watch anew";
	c->watches[index] = wq_engine_watch(s, id, source, backend, has_object ? object : NULL);
	return c->watches[index] ? NULL : "too many watches";
}

static const char *read_key(struct wq_source *s, struct reader *r)
{
	struct capture *c = s->priv;
	uint32_t serial = take_u32(r);
	uint32_t uid = take_u32(r), gid = take_u32(r), perm = take_u32(r);
	const char *type = take_text(r), *desc = take_text(r);
	struct wq_name *n;
	int rc;

	if (!r->ok)
		return "it describes no key";
	n = wq_name_new(serial, uid, gid, perm, type, strlen(type), desc, strlen(desc));
	if (n)
		n->expires = take_u64(r);	/* 0 where it isn't there */
	rc = n ? wq_keys_put(c->names, n) : -ENOMEM;
	wq_name_unref(n);
	return rc ? "out of memory" : NULL;
}

static const char *read_path(struct capture *c, struct reader *r)
{
	uint32_t serial = take_u32(r);
	const char *path = take_text(r);
	struct wq_name *n;
	int rc;

	if (!r->ok)
		return "it describes no path";
	wq_keys_forget(c->paths, serial);
	if (!*path)
		return NULL;
	n = wq_name_new(serial, 0, 0, 0, "", 0, path, strlen(path));
	rc = n ? wq_keys_put(c->paths, n) : -ENOMEM;
	wq_name_unref(n);
	return rc ? "out of memory" : NULL;
}

static const char *read_by(struct capture *c, struct reader *r)
{
	uint32_t pid = take_u32(r);
	const char *command = take_text(r);

	if (!r->ok || strlen(command) >= sizeof(c->next.command))
		return "it describes no process";
	c->next.pid = pid;
	strcpy(c->next.command, command);
	return NULL;
}

/* What an event note says of the next record, at @p. */
static inline bool set_event(struct capture *c, const unsigned char *p)
{
	unsigned watch = wq_read_u16(p + 16, c->walk.swapped), mark = p[18];

	if (mark >= WQ_MARK__NR ||
	    (watch != WQ_NOTE_NO_WATCH && (watch >= MAX_WATCHES || !c->watches[watch])))
		return false;
	c->next.boottime = wq_read_u64(p, c->walk.swapped);
	c->next.realtime = wq_read_u64(p + 8, c->walk.swapped);
	c->next.mark = (enum wq_mark) mark;
	c->next.watch = watch == WQ_NOTE_NO_WATCH ? NULL : c->watches[watch];
	return true;
}

static const char *read_event(struct wq_source *s, struct reader *r)
{
	bool whole = r->end - r->p >= WQ_NOTE_EVENT_LEN;

	return whole && set_event(s->priv, r->p) ? NULL : "it describes no event";
}

/* What is wrong with the note, or NULL. Tags of the future are passed over. */
static const char *read_note(struct wq_source *s)
{
	struct capture *c = s->priv;
	struct reader r = {
		.p = c->parts->payload,
		.end = c->parts->payload + c->parts->len,
		.swapped = c->walk.swapped,
		.ok = true,
	};

	switch ((enum wq_note_tag) c->parts->tag) {
	case WQ_NOTE_HEADER:
		return read_header(s, &r);
	case WQ_NOTE_WATCH:
		return read_watch(s, &r);
	case WQ_NOTE_KEY:
		return read_key(s, &r);
	case WQ_NOTE_FORGET:
		wq_keys_forget(c->names, take_u32(&r));
		return r.ok ? NULL : "it names no key";
	case WQ_NOTE_EVENT:
		return read_event(s, &r);
	case WQ_NOTE_RESET:
		forget_keys(c);
		return NULL;
	case WQ_NOTE_BY:
		return read_by(c, &r);
	case WQ_NOTE_PATH:
		return read_path(c, &r);
	}
	return NULL;
}

static bool is_header(const struct wq_record *rec)
{
	return rec->type_nr == WQ_TYPE_NOTE && rec->subtype_nr == WQ_NOTE_HEADER;
}

/* There is one event note before nearly every record: it is passed over where it
 * stands, if it is like all others; else it is for read_note(). */
static void skip_event_note(struct capture *c)
{
	const unsigned char *p = c->walk.buf + c->walk.pos;
	size_t len = WQ_RECORD_MIN + WQ_NOTE_EVENT_LEN;

	if (c->annotated && !c->walk.swapped && !c->parts->next && c->walk.len - c->walk.pos >= len &&
	    memcmp(p, c->event_header, WQ_RECORD_MIN) == 0 && set_event(c, p + WQ_RECORD_MIN))
		c->walk.pos += len;
}

/* An annotated capture says by its first bytes in which byte order it is. */
static void detect_order(struct capture *c)
{
	struct wq_record rec;

	if (c->walk.len - c->walk.pos < WQ_RECORD_MIN)
		return;
	c->started = true;
	wq_record_header(&rec, c->walk.buf + c->walk.pos, !c->walk.swapped);
	if (is_header(&rec))
		c->walk.swapped = !c->walk.swapped;
	wq_record_header(&rec, c->walk.buf + c->walk.pos, c->walk.swapped);
	c->headed = is_header(&rec);
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

	n = read(c->fd, c->buf + left, sizeof(c->buf) - left);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
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
	if (rec->type_nr != WQ_TYPE_NOTE || (!c->annotated && !is_header(rec)))
		return 0;
	rc = wq_note_add(c->parts, rec, &why.what);
	if (rc > 0) {
		why.what = read_note(s);
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
	rc = wq_engine_emit_borrowed(s->m, ev);
	forget_event(c);		/* the notes spoke of one record */
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

static int capture_pull(struct wq_source *s, struct wq_error *e)
{
	struct capture *c = s->priv;
	struct wq_record *rec = &c->next.rec;
	struct wq_bad why;
	uint64_t offset;
	int rc;

	for (;;) {
		if (!c->started)
			detect_order(c);
		skip_event_note(c);
		offset = c->walk.base + c->walk.pos;
		rc = wq_walk_next(&c->walk, rec, &why);
		if (rc == -EBADMSG)
			return bad(c, &why, e);
		if (rc > 0) {
			rc = is_plain(c, rec) ? 0 : note_taken(s, rec, offset, e);
			if (rc == 1)
				continue;
			if (rc == 0)
				rc = emit(s);
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
	.flags = WQ_SOURCE_PULL,
	.open = capture_open,
	.pull = capture_pull,
	.close = capture_close,
};
