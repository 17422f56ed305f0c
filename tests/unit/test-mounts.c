// SPDX-License-Identifier: GPL-2.0-or-later
/* What fanotify gives, also if it lies; where mounts are; what notes say of them. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>

#include "fanotify.h"
#include "models/mounts.h"
#include "note-mount.h"
#include "tap.h"
#include "uapi-mounts.h"

/* ---- fanotify ---- */

#define WQT_EVENT_LEN	40

static void put_event(unsigned char *to, uint64_t mask, uint64_t id)
{
	struct fanotify_event_metadata meta = {
		.event_len = WQT_EVENT_LEN, .vers = FANOTIFY_METADATA_VERSION, .metadata_len = sizeof(meta),
		.mask = mask, .fd = -1, .pid = 4711,
	};
	struct wq_uapi_fan_mnt info = { .type = WQ_UAPI_FAN_INFO_MNT, .len = sizeof(info), .mnt_id = id };

	memcpy(to, &meta, sizeof(meta));
	memcpy(to + sizeof(meta), &info, sizeof(info));
}

/* What wq_fan_next() says of a copy of @len bytes that ends where its memory does. */
static int first(const unsigned char *bytes, size_t len, struct wq_fan_event *ev, size_t *pos)
{
	unsigned char *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, bytes, len);
	*pos = 0;
	rc = wq_fan_next(copy, len, pos, ev);
	free(copy);
	return rc;
}

/* The same with a field, at @at and of @size bytes, that has another value. */
static int with(size_t at, size_t size, uint32_t value)
{
	unsigned char buf[WQT_EVENT_LEN];
	uint16_t half = (uint16_t) value;
	uint8_t byte = (uint8_t) value;
	struct wq_fan_event ev;
	size_t pos;

	put_event(buf, WQ_UAPI_FAN_MNT_ATTACH, 1);
	memcpy(buf + at, size == 4 ? (void *) &value : size == 2 ? (void *) &half : (void *) &byte, size);
	return first(buf, sizeof(buf), &ev, &pos);
}
#define WQT_WITH(type, field, at, value) with((at) + offsetof(type, field), sizeof(((type *) NULL)->field), (value))
#define WQT_WITH_META(field, value) WQT_WITH(struct fanotify_event_metadata, field, 0, value)
#define WQT_WITH_INFO_LEN(value) WQT_WITH(struct wq_uapi_fan_mnt, len, sizeof(struct fanotify_event_metadata), value)

static void test_fanotify(void)
{
	unsigned char buf[2 * WQT_EVENT_LEN], other[WQT_EVENT_LEN + 8];
	struct wq_fan_event ev;
	const struct wq_uapi_fan_mnt unknown = { .type = 0x63, .len = 8 };
	const uint32_t longer = WQT_EVENT_LEN + 8;
	size_t pos, len;
	bool right = true;

	put_event(buf, WQ_UAPI_FAN_MNT_ATTACH, UINT64_C(0x80000001));
	put_event(buf + WQT_EVENT_LEN, WQ_UAPI_FAN_MNT_DETACH, 5);
	ok(first(buf, sizeof(buf), &ev, &pos) == 1 && pos == WQT_EVENT_LEN && ev.mask == WQ_UAPI_FAN_MNT_ATTACH &&
	   ev.pid == 4711 && ev.mount == UINT64_C(0x80000001), "an event is what it is");
	ok(wq_fan_next(buf, sizeof(buf), &pos, &ev) == 1 && ev.mount == 5 &&
	   wq_fan_next(buf, sizeof(buf), &pos, &ev) == 0, "and so is the next, the last");
	for (len = 1; len < WQT_EVENT_LEN; len++)
		right &= first(buf, len, &ev, &pos) == -EBADMSG;
	ok(right, "one that is cut off anywhere is none");
	ok(WQT_WITH_META(event_len, WQT_EVENT_LEN) == 1 && WQT_WITH_META(event_len, 0) == -EBADMSG &&
	   WQT_WITH_META(event_len, 23) == -EBADMSG && WQT_WITH_META(event_len, WQT_EVENT_LEN + 1) == -EBADMSG,
	   "a length of 0, below the metadata's, past the end");
	ok(WQT_WITH_META(vers, FANOTIFY_METADATA_VERSION + 1) == -EBADMSG, "another version");
	ok(WQT_WITH_META(metadata_len, 24) == 1 && WQT_WITH_META(metadata_len, 8) == -EBADMSG &&
	   WQT_WITH_META(metadata_len, WQT_EVENT_LEN + 1) == -EBADMSG, "metadata that is too short, or too long");
	ok(WQT_WITH_INFO_LEN(16) == 1 && WQT_WITH_INFO_LEN(0) == -EBADMSG && WQT_WITH_INFO_LEN(3) == -EBADMSG &&
	   WQT_WITH_INFO_LEN(8) == -EBADMSG && WQT_WITH_INFO_LEN(17) == -EBADMSG,
	   "information that is empty, too short, past the end");

	/* Of a kind that isn't known, in front. */
	put_event(other, WQ_UAPI_FAN_MNT_ATTACH, 9);
	memmove(other + 32, other + 24, 16);
	memcpy(other + 24, &unknown, 4);
	memcpy(other + 28, "zzzz", 4);
	memcpy(other, &longer, sizeof(longer));
	ok(first(other, sizeof(other), &ev, &pos) == 1 && ev.mount == 9, "information of an unknown kind is passed over");
}

static void test_any_bytes(void)
{
	unsigned events = 0, bad = 0, i, j;
	bool right = true;

	srand(5);
	for (i = 0; i < 200000; i++) {
		size_t len = (size_t) (WQT_EVENT_LEN * (1 + rand() % 3)), pos = 0, before;
		unsigned char *buf = malloc(len);
		struct wq_fan_event ev;
		int rc;

		for (j = 0; j < len / WQT_EVENT_LEN; j++)
			put_event(buf + j * WQT_EVENT_LEN, WQ_UAPI_FAN_MNT_ATTACH, j + 1);
		for (j = (unsigned) rand() % 4; j; j--)
			buf[(size_t) rand() % len] = (unsigned char) rand();
		do {
			before = pos;
			rc = wq_fan_next(buf, len, &pos, &ev);
			right &= pos <= len && (rc != 1 || pos > before);
			events += rc == 1;
		} while (rc == 1 && right);
		bad += rc < 0;
		free(buf);
	}
	ok(right && events > 200000 && bad > 20000, "200,000 with wrong bytes: %u events, %u ends", events, bad);
}

/* ---- Where they are ---- */

static struct wq_mount_node *put(struct wq_mount_table *t, uint64_t id, uint64_t on, const char *path)
{
	struct wq_mount_node *n = wq_mount_table_find(t, id);

	if (!n)
		n = wq_mount_table_add(t, id);
	wq_mount_table_place(t, n, on, path, NULL);
	return n;
}

static bool is_at(struct wq_mount_table *t, const struct wq_mount_node *n, const char *path)
{
	return wq_same_text(wq_mount_table_path(t, n), path);
}

static void test_places(void)
{
	struct wq_mount_table *t = wq_mount_table_new();
	struct wq_mount_node *root = put(t, 1, 1, "/"), *a = put(t, 2, 1, "/a"), *b = put(t, 3, 2, "/a/b");
	struct wq_mount_node *over = put(t, 4, 2, "/a"), *top = put(t, 5, 1, "/"), *x = put(t, 6, 5, "/x");
	struct wq_mount_node *there, *beneath, *n;
	char path[256];
	unsigned i;

	ok(is_at(t, root, "/") && is_at(t, a, "/a") && is_at(t, b, "/a/b") && is_at(t, over, "/a") &&
	   is_at(t, top, "/") && is_at(t, x, "/x"), "each is where it was put");
	put(t, 2, 1, "/z");
	ok(is_at(t, b, "/z/b") && is_at(t, over, "/z"), "what is on a mount moves with it");
	ok(wq_mount_table_place(t, b, 2, "/z/b", NULL) == 0 && wq_mount_table_place(t, b, 2, "/z/c", NULL) == 1,
	   "a place that it has already is no move");
	beneath = wq_mount_table_add(t, 7);
	ok(wq_mount_table_place(t, beneath, 1, "/z", &there) == 1 && there == a, "who was in that place is said");
	put(t, 2, 7, "/z");
	ok(a->parent == beneath && is_at(t, b, "/z/c"), "and may stand on it from now on");
	ok(wq_mount_table_place(t, beneath, 3, "/z/c/d", NULL) == 1 && !beneath->parent && is_at(t, beneath, "/z/c/d"),
	   "never on what is on itself: then it has its path alone");
	put(t, 7, 1, "/z");
	wq_mount_table_remove(t, beneath);
	wq_mount_table_remove(t, a);
	ok(!wq_mount_table_find(t, 2) && is_at(t, b, "/z/c"), "what went away is still known to what was on it");
	ok(!wq_mount_table_fits(t, b, "/other/c") && wq_mount_table_fits(t, b, "/z/d"), "what fits there, and what not");
	put(t, 3, 99, NULL);
	ok(is_at(t, b, NULL), "a place that isn't known");

	/* Longer than any path may be. */
	memset(path, 'n', 200);
	path[200] = '\0';
	for (i = 0, n = x; i < 40; i++) {
		char *whole = malloc(8192);

		strcpy(whole, wq_mount_table_path(t, n));
		strcat(whole, "/");
		strcat(whole, path);
		n = put(t, 100 + i, n->id, whole);
		free(whole);
	}
	ok(strlen(wq_mount_table_path(t, n)) == 2 + 40 * 201, "a path of 8,042 bytes");

	for (n = wq_mount_table_first(t), i = 0; n; n = n->next)
		i++;
	ok(i == wq_mount_table_count(t), "as many as are counted: %u", i);
	wq_mount_table_rewind(t);
	wq_mount_table_next(t);
	n = wq_mount_table_first(t)->next;
	wq_mount_table_remove(t, n);
	ok(wq_mount_table_next(t) == wq_mount_table_first(t)->next, "going on behind one that went meanwhile");
	wq_mount_table_free(t);
}

/* ---- What they are ---- */

static bool options_are(const char *vfs, const char *fs, const char *both)
{
	struct wq_mount *m = wq_mount_new(&(struct wq_mount) { .vfs_options = vfs, .fs_options = fs });
	bool same = wq_same_text(m->options, both);

	wq_mount_unref(m);
	return same;
}

static void test_options(void)
{
	ok(options_are("rw,nosuid", "rw,size=1k", "rw,nosuid,size=1k") && options_are("rw", "ro", "ro") &&
	   options_are("ro,noexec", "rw", "ro,noexec") && options_are("rw", "rw", "rw") &&
	   options_are("rw", "rw,rowdy", "rw,rowdy") && options_are("rowdy", NULL, "rw,rowdy") &&
	   options_are(NULL, NULL, NULL), "options together, as findmnt(8) has them");
}

static void test_map(void)
{
	struct wq_mount_map *map = wq_mount_map_new();
	struct wq_mount *one = wq_mount_new(&(struct wq_mount) { .id = 1, .target = "/a" });
	struct wq_mount *other = wq_mount_new(&(struct wq_mount) { .id = 1, .target = "/longer" });
	size_t bytes;

	wq_mount_map_put(map, one);
	bytes = wq_mount_map_bytes(map);
	wq_mount_map_put(map, one);
	ok(bytes && wq_mount_map_bytes(map) == bytes, "the same twice counts once");
	wq_mount_map_put(map, other);
	ok(wq_mount_map_find(map, 1) == other && wq_mount_map_bytes(map) > bytes, "another one in its place");
	wq_mount_map_forget(map, 1);
	wq_mount_map_forget(map, 1);
	ok(!wq_mount_map_find(map, 1) && wq_mount_map_bytes(map) == 0, "forgotten, and counted no more");
	wq_mount_map_put(map, one);
	wq_mount_map_free(map);
	wq_mount_unref(one);
	wq_mount_unref(other);
}

static void test_notes(void)
{
	char *huge = malloc(WQ_NOTE_MAX + 1);
	struct wq_mount m = {
		.id = UINT64_C(0x80000005), .parent = 7, .old_id = 31, .major = 8, .minor = 1, .propagation = 3,
		.peer_group = 12, .ns = 4026531841, .target = "/a b", .fstype = "ext4", .vfs_options = "ro",
		.fs_options = "rw,data=x",
	};
	struct wq_mount *in = wq_mount_new(&m), *out;
	unsigned char *buf = malloc(WQ_NOTE_MAX);
	size_t len = wq_note_mount_put(buf, in), i;
	const char *what = NULL;
	bool right = true;

	out = wq_note_mount_take(buf, len, false, &what);
	ok(out && wq_mount_same(in, out) && out->propagation == 3 && !out->source && !out->root && out->readonly,
	   "a note says what the mount was");
	wq_mount_unref(out);
	for (i = 0; i < len; i++) {
		unsigned char *cut = malloc(i ? i : 1);

		memcpy(cut, buf, i);
		right &= !wq_note_mount_take(cut, i, false, &what) && what;
		free(cut);
	}
	ok(right, "one that is cut off anywhere describes none");
	out = wq_note_mount_take(buf, len, true, &what);
	ok(out && out->id == UINT64_C(0x0500008000000000) && out->major == 0x08000000, "in the other byte order");
	wq_mount_unref(out);
	wq_mount_unref(in);

	memset(huge, 'h', WQ_NOTE_MAX);
	huge[WQ_NOTE_MAX] = '\0';
	m.target = m.source = m.root = huge;
	in = wq_mount_new(&m);
	len = wq_note_mount_put(buf, in);
	out = wq_note_mount_take(buf, len, false, &what);
	ok(len <= WQ_NOTE_MAX && out && strlen(out->target) > WQ_NOTE_MAX - 200 && out->fs_options,
	   "texts that are too long for a note are cut");
	wq_mount_unref(out);
	wq_mount_unref(in);
	free(buf);
	free(huge);
}

int main(void)
{
	test_fanotify();
	test_any_bytes();
	test_places();
	test_options();
	test_map();
	test_notes();
	return tap_done();
}
