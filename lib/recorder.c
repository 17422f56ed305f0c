// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes events as a capture: the records byte for byte, and, if annotated,
 * notes of all that decoding can't learn from the records. A name or a path is
 * written once, before the record that needs it, until the tables of those that
 * are out grow past their budget: then all are forgotten, in the file as here,
 * so that neither side needs memory without bound.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/keys.h"
#include "models/names.h"
#include "libwatchq.h"
#include "note.h"
#include "note-mount.h"
#include "side.h"

#define WQ_BUDGET	(16u << 20)	/* bytes of names and paths */

struct payload {
	size_t len;
	unsigned char bytes[WQ_NOTE_MAX];
};

struct wq_recorder {
	wq_write_fn write;
	void *data;
	bool annotated, here, begun;
	const struct wq_dialect *dialect;
	struct wq_keys *out;	/* names that the file has */
	struct wq_keys *paths;	/* the same of paths */
	struct wq_mount_map *mounts;	/* and of mounts */
	unsigned nwatches;	/* watches that the file has: all below this */
	bool *watch_out;
	struct payload payload;	/* the note that is being made */
};

struct wq_recorder *wq_recorder_new(bool annotated, bool here, wq_write_fn write, void *data)
{
	struct wq_recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->write = write;
	r->data = data;
	r->annotated = annotated;
	r->here = here;
	r->dialect = wq_dialect_at(0);
	/* The bound is kept here: an eviction would not be in the file. */
	r->out = wq_keys_new(SIZE_MAX);
	r->paths = wq_keys_new(SIZE_MAX);
	r->mounts = wq_mount_map_new();
	if (!r->out || !r->paths || !r->mounts) {
		wq_recorder_free(r);
		return NULL;
	}
	return r;
}

void wq_recorder_free(struct wq_recorder *r)
{
	if (!r)
		return;
	wq_keys_free(r->out);
	wq_keys_free(r->paths);
	wq_mount_map_free(r->mounts);
	free(r->watch_out);
	free(r);
}

void wq_recorder_set_dialect(struct wq_recorder *r, const struct wq_dialect *d)
{
	r->dialect = d;
}

static struct payload *begin_payload(struct wq_recorder *r)
{
	r->payload.len = 0;
	return &r->payload;
}

static void put(struct payload *p, const void *bytes, size_t len)
{
	if (len > sizeof(p->bytes) - p->len)
		len = sizeof(p->bytes) - p->len;
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void put_text(struct payload *p, const char *text)
{
	put(p, text, strlen(text) + 1);
}

/* The longest go before their NUL does. */
static void put_cut_text(struct payload *p, const char *text, size_t len)
{
	size_t room = sizeof(p->bytes) - p->len - 1;

	put(p, text, len < room ? len : room);
	put_text(p, "");
}

static int put_note(struct wq_recorder *r, enum wq_note_tag tag, const struct payload *p)
{
	return wq_note_write(tag, p->bytes, p->len, r->write, r->data);
}

/* Zeros where it isn't known: the boot that a capture is of. */
static void put_boot_id(struct payload *p, bool known)
{
	unsigned char id[16] = { 0 };
	char text[64] = "";
	FILE *f = known ? fopen("/proc/sys/kernel/random/boot_id", "re") : NULL;
	unsigned i, n = 0;

	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
	}
	for (i = 0; text[i] && text[i + 1] && n < sizeof(id); i++) {
		unsigned byte;

		if (text[i] != '-' && sscanf(text + i, "%2x", &byte) == 1) {
			id[n++] = (unsigned char) byte;
			i++;
		}
	}
	put(p, id, sizeof(id));
}

static int write_header(struct wq_recorder *r)
{
	struct payload *p = begin_payload(r);
	uint32_t order = WQ_NOTE_ORDER;
	uint16_t version = WQ_NOTE_VERSION, zero = 0;

	put(p, WQ_NOTE_MAGIC, 8);
	put(p, &order, sizeof(order));
	put(p, &version, sizeof(version));
	put(p, &zero, sizeof(zero));
	put_boot_id(p, r->here);
	put_text(p, r->dialect->name);
	return put_note(r, WQ_NOTE_HEADER, p);
}

static int write_watch(struct wq_recorder *r, const struct wq_watch *w)
{
	struct payload *p = begin_payload(r);
	uint16_t index = (uint16_t) w->index;
	uint8_t has_object = w->object != NULL;

	if (w->index < r->nwatches && r->watch_out[w->index])
		return 0;
	if (w->index >= r->nwatches) {
		bool *more = realloc(r->watch_out, w->index + 1);

		if (!more)
			return -ENOMEM;
		memset(more + r->nwatches, 0, w->index + 1 - r->nwatches);
		r->watch_out = more;
		r->nwatches = w->index + 1;
	}
	r->watch_out[w->index] = true;

	put(p, &index, sizeof(index));
	put(p, &w->id, sizeof(w->id));
	put(p, &has_object, sizeof(has_object));
	put_text(p, w->source);
	put_text(p, w->backend);
	put_cut_text(p, has_object ? w->object : "", has_object ? w->object_len : 0);
	return put_note(r, WQ_NOTE_WATCH, p);
}

/* Sees to it that the file calls @serial what the event calls it. */
static int write_key(struct wq_recorder *r, uint32_t serial, struct wq_name *n)
{
	struct wq_name *was = wq_keys_find(r->out, serial);
	struct payload *p = begin_payload(r);
	int rc;

	if (n == was || (n && was && wq_name_equal(n, was)))
		return 0;
	put(p, &serial, sizeof(serial));
	if (!n) {
		wq_keys_forget(r->out, serial);
		return put_note(r, WQ_NOTE_FORGET, p);
	}
	rc = wq_keys_put(r->out, n);
	if (rc)
		return rc;
	put(p, &n->uid, sizeof(n->uid));
	put(p, &n->gid, sizeof(n->gid));
	put(p, &n->perm, sizeof(n->perm));
	put_text(p, n->type);
	put_text(p, n->desc);
	if (n->expires)
		put(p, &n->expires, sizeof(n->expires));
	return put_note(r, WQ_NOTE_KEY, p);
}

static bool same_path(const struct wq_name *a, const struct wq_name *b)
{
	return a == b || (a && b && a->desc_len == b->desc_len && memcmp(a->desc, b->desc, a->desc_len) == 0);
}

/* The path of @serial in the file is from now on @path; NULL: none. */
static int keep_path(struct wq_recorder *r, uint32_t serial, const struct wq_name *path)
{
	struct wq_name *own;
	int rc;

	if (!path) {
		wq_keys_forget(r->paths, serial);
		return 0;
	}
	/* A path may be several keys': it says nothing of the serial. */
	own = wq_name_new(serial, 0, 0, 0, "", 0, path->desc, path->desc_len);
	rc = own ? wq_keys_put(r->paths, own) : -ENOMEM;
	wq_name_unref(own);
	return rc;
}

/* Sees to it that the file says of @serial that it was reached as the event says. */
static int write_path(struct wq_recorder *r, uint32_t serial, const struct wq_name *path)
{
	struct payload *p = begin_payload(r);
	int rc;

	if (same_path(path, wq_keys_find(r->paths, serial)))
		return 0;
	rc = keep_path(r, serial, path);
	if (rc)
		return rc;
	put(p, &serial, sizeof(serial));
	put_cut_text(p, path ? path->desc : "", path ? path->desc_len : 0);
	return put_note(r, WQ_NOTE_PATH, p);
}

static int put_mount(struct wq_recorder *r, enum wq_note_tag tag, const struct wq_mount *m)
{
	struct payload *p = begin_payload(r);

	p->len = wq_note_mount_put(p->bytes, m);
	return put_note(r, tag, p);
}

/* Sees to it that the file says of the mount what the event does. */
static int write_mount(struct wq_recorder *r, struct wq_mount *m)
{
	const struct wq_mount *was = wq_mount_map_find(r->mounts, m->id);
	int rc;

	if (was && wq_mount_same(was, m))
		return 0;
	rc = wq_mount_map_put(r->mounts, m);
	return rc ? rc : put_mount(r, WQ_NOTE_MOUNT, m);
}

static int write_names(struct wq_recorder *r, const struct wq_event *ev)
{
	int rc = 0;

	/* Before the names of this event, which needs both. */
	if (wq_keys_bytes(r->out) + wq_keys_bytes(r->paths) + wq_mount_map_bytes(r->mounts) > WQ_BUDGET) {
		wq_keys_clear(r->out);
		wq_keys_clear(r->paths);
		wq_mount_map_clear(r->mounts);
		rc = wq_note_write(WQ_NOTE_RESET, NULL, 0, r->write, r->data);
	}
	if (!rc && ev->has_key)
		rc = write_key(r, ev->key, ev->key_name);
	if (!rc && ev->has_key && ev->aux_kind == WQ_AUX_KEY)
		rc = write_key(r, ev->aux, ev->aux_name);
	if (!rc && ev->has_key)
		rc = write_path(r, ev->key, ev->path);
	if (!rc && ev->mount)
		rc = write_mount(r, ev->mount);
	if (!rc && ev->was)
		rc = put_mount(r, WQ_NOTE_WAS, ev->was);
	return rc;
}

/* Who did it, and when by the kernel's account, if that is known. */
static int write_by(struct wq_recorder *r, const struct wq_event *ev)
{
	struct payload *p = begin_payload(r);

	if (!ev->pid && !ev->command[0] && !ev->ktime)
		return 0;
	put(p, &ev->pid, sizeof(ev->pid));
	put_cut_text(p, ev->command, strnlen(ev->command, sizeof(ev->command) - 1));
	if (ev->ktime)
		put(p, &ev->ktime, sizeof(ev->ktime));
	return put_note(r, WQ_NOTE_BY, p);
}

static int write_side(struct wq_recorder *r, const struct wq_side *side)
{
	struct payload *p = begin_payload(r);

	if (!side)
		return 0;
	p->len = wq_side_put(p->bytes, side);
	return put_note(r, WQ_NOTE_SIDE, p);
}

static int write_notes(struct wq_recorder *r, const struct wq_event *ev)
{
	struct payload *p;
	uint16_t watch = ev->watch ? (uint16_t) ev->watch->index : WQ_NOTE_NO_WATCH;
	uint8_t mark = (uint8_t) ev->mark;
	int rc;

	rc = ev->watch ? write_watch(r, ev->watch) : 0;
	if (!rc)
		rc = write_names(r, ev);
	if (!rc)
		rc = write_by(r, ev);
	if (!rc)
		rc = write_side(r, ev->side);
	if (rc)
		return rc;
	p = begin_payload(r);
	put(p, &ev->boottime, sizeof(ev->boottime));
	put(p, &ev->realtime, sizeof(ev->realtime));
	put(p, &watch, sizeof(watch));
	put(p, &mark, sizeof(mark));
	return put_note(r, WQ_NOTE_EVENT, p);
}

int wq_recorder_begin(struct wq_recorder *r)
{
	if (!r->annotated || r->begun)
		return 0;
	r->begun = true;
	return write_header(r);
}

static bool is_unmount(const struct wq_record *rec)
{
	return rec->type_nr == WQ_TYPE_MOUNT && rec->subtype_nr == WQ_MOUNT_UNMOUNT;
}

int wq_recorder_add(struct wq_recorder *r, const struct wq_event *ev)
{
	int rc = 0;

	if (r->annotated) {
		if (ev->rec.swapped || ev->rec.type_nr == WQ_TYPE_NOTE)
			return -EOPNOTSUPP;
		rc = wq_recorder_begin(r);
		if (!rc)
			rc = write_notes(r, ev);
	} else if (ev->mark != WQ_MARK_NONE || (ev->rec.type_nr == WQ_TYPE_META && ev->rec.subtype_nr >= WQ_META_READY)) {
		return 0;	/* nobody posted it, and nothing is hidden without it */
	}
	if (!rc)
		rc = r->write(r->data, ev->rec.data, ev->rec.len);
	/* No later record is about it: the reader forgets it, too. */
	if (ev->mount && is_unmount(&ev->rec))
		wq_mount_map_forget(r->mounts, ev->mount->id);
	return rc;
}
