// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the notes of a capture say. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/keys.h"
#include "models/names.h"
#include "note-mount.h"
#include "payload.h"
#include "side.h"
#include "sources/capture.h"

void wq_capture_forget_event(struct capture *c)
{
	c->next.watch = NULL;
	c->next.boottime = c->next.realtime = 0;
	c->next.mark = WQ_MARK_NONE;
	c->next.ktime = 0;
	c->next.pid = 0;
	c->next.command[0] = '\0';
	wq_mount_unref(c->next.was);
	c->next.mount = c->next.was = NULL;
	wq_side_unref(c->next.side);
	c->next.side = NULL;
}

static void forget_keys(struct capture *c)
{
	wq_keys_clear(c->names);
	wq_keys_clear(c->paths);
	wq_mount_map_clear(c->mounts);
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
	wq_capture_forget_event(c);
	memset(c->watches, 0, WQ_MAX_WATCHES * sizeof(*c->watches));
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

	if (!r->ok || index >= WQ_MAX_WATCHES || strlen(source) > WQ_WORD_MAX || strlen(backend) > WQ_WORD_MAX)
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

static const char *read_mount(struct capture *c)
{
	const char *what;
	struct wq_mount *m = wq_note_mount_take(c->parts->payload, c->parts->len, c->walk.swapped, &what);
	int rc;

	if (!m)
		return what;
	if (c->parts->tag == WQ_NOTE_WAS) {
		wq_mount_unref(c->next.was);
		c->next.was = m;
		return NULL;
	}
	/* Who forgets none is none of ours. */
	if (wq_mount_map_bytes(c->mounts) > WQ_NAMES_BUDGET)
		wq_mount_map_clear(c->mounts);
	rc = wq_mount_map_put(c->mounts, m);
	wq_mount_unref(m);
	return rc ? "out of memory" : NULL;
}

static const char *read_side(struct capture *c)
{
	const char *what = NULL;

	wq_side_unref(c->next.side);
	c->next.side = wq_side_take(c->parts->payload, c->parts->len, c->walk.swapped, &what);
	return what;
}

static const char *read_by(struct capture *c, struct reader *r)
{
	uint32_t pid = take_u32(r);
	const char *command = take_text(r);

	if (!r->ok || strlen(command) >= sizeof(c->next.command))
		return "it describes no process";
	c->next.pid = pid;
	strcpy(c->next.command, command);
	c->next.ktime = take_u64(r);	/* 0 where it isn't there */
	return NULL;
}

/* What an event note says of the next record, at @p. */
static inline bool set_event(struct capture *c, const unsigned char *p)
{
	unsigned watch = wq_read_u16(p + 16, c->walk.swapped), mark = p[18];

	if (mark >= WQ_MARK__NR ||
	    (watch != WQ_NOTE_NO_WATCH && (watch >= WQ_MAX_WATCHES || !c->watches[watch])))
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

const char *wq_capture_read_note(struct wq_source *s)
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
	case WQ_NOTE_MOUNT:
	case WQ_NOTE_WAS:
		return read_mount(c);
	case WQ_NOTE_SIDE:
		return read_side(c);
	}
	return NULL;
}

void wq_capture_skip_event_note(struct capture *c)
{
	const unsigned char *p = c->walk.buf + c->walk.pos;
	size_t len = WQ_RECORD_MIN + WQ_NOTE_EVENT_LEN;

	if (c->annotated && !c->walk.swapped && !c->parts->next && c->walk.len - c->walk.pos >= len &&
	    memcmp(p, c->event_header, WQ_RECORD_MIN) == 0 && set_event(c, p + WQ_RECORD_MIN))
		c->walk.pos += len;
}
