// SPDX-License-Identifier: GPL-2.0-or-later
/* Names: the bounded table, notes from parts, and what a recorder writes of names. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "libwatchq.h"
#include "models/keys.h"
#include "models/names.h"
#include "note.h"
#include "tap.h"

static struct wq_name *name(uint32_t serial, size_t desc_len)
{
	char desc[4096];

	memset(desc, 'd', sizeof(desc));
	return wq_name_new(serial, 0, 0, 0, "user", 4, desc, desc_len);
}

static void put(struct wq_keys *k, uint32_t serial, size_t desc_len)
{
	struct wq_name *n = name(serial, desc_len);

	wq_keys_put(k, n);
	wq_name_unref(n);
}

static void test_table(void)
{
	struct wq_keys *k = wq_keys_new(10000);
	unsigned i, there = 0;

	put(k, 1, 4000);
	put(k, 2, 4000);
	ok(wq_keys_find(k, 1) && wq_keys_find(k, 2) && wq_keys_find(k, 1), "two names fit");
	put(k, 3, 4000);
	ok(wq_keys_find(k, 1) && !wq_keys_find(k, 2) && wq_keys_find(k, 3), "past the bound the one unused longest goes");
	ok(wq_keys_evicted(k) == 1 && wq_keys_bytes(k) <= 10000, "and is counted");
	wq_keys_clear(k);
	ok(!wq_keys_find(k, 1) && wq_keys_bytes(k) == 0, "nothing is left when all are forgotten");
	wq_keys_free(k);

	k = wq_keys_new(SIZE_MAX);
	for (i = 1; i <= 1000; i++)
		put(k, i, 1);
	for (i = 1; i <= 1000; i++)
		there += wq_keys_find(k, i) && wq_keys_find(k, i)->serial == i;
	ok(there == 1000, "a table that grows loses none: %u", there);
	wq_keys_free(k);
}

static void test_equal(void)
{
	struct wq_name *a = wq_name_new(1, 2, 3, 4, "user", 4, "k", 1);
	struct wq_name *b[] = {
		wq_name_new(9, 2, 3, 4, "user", 4, "k", 1), wq_name_new(1, 9, 3, 4, "user", 4, "k", 1),
		wq_name_new(1, 2, 9, 4, "user", 4, "k", 1), wq_name_new(1, 2, 3, 9, "user", 4, "k", 1),
		wq_name_new(1, 2, 3, 4, "uses", 4, "k", 1), wq_name_new(1, 2, 3, 4, "user", 4, "l", 1),
		wq_name_new(1, 2, 3, 4, "user", 4, "kk", 2), wq_name_with_expiry(a, 5),
	};
	unsigned i, equal = 0;

	for (i = 0; i < sizeof(b) / sizeof(b[0]); i++) {
		equal += wq_name_equal(a, b[i]);
		wq_name_unref(b[i]);
	}
	ok(wq_name_equal(a, a) && equal == 0, "names that differ in anything are not equal");
	wq_name_unref(a);
}

static void test_expiry(void)
{
	struct wq_name *a = wq_name_new(1, 2, 3, 4, "user", 4, "k", 1);
	struct wq_name *b = wq_name_with_expiry(a, 5), *c = wq_name_with_expiry(b, 0);

	ok(a->expires == 0 && b->expires == 5 && wq_name_equal(a, c) && b->desc != a->desc,
	   "a name with an expiry is a copy of its own");
	wq_name_unref(a);
	ok(strcmp(b->type, "user") == 0 && strcmp(b->desc, "k") == 0 && b->perm == 4, "that says the same else");
	wq_name_unref(b);
	wq_name_unref(c);
}

static int add_part(struct wq_note_parts *parts, uint8_t tag, uint32_t info, const char **what)
{
	unsigned char buf[WQ_RECORD_MAX];
	struct wq_record rec;

	wq_record_build(buf, WQ_TYPE_NOTE, tag, info, "x", 1);
	wq_record_header(&rec, buf, false);
	return wq_note_add(parts, &rec, what);
}

static void test_parts(void)
{
	struct wq_note_parts *parts = calloc(1, sizeof(*parts));
	const char *what = "";
	unsigned i;
	int rc = 0;

	ok(add_part(parts, WQ_NOTE_KEY, WQ_NOTE_MORE, &what) == 0 &&
	   add_part(parts, WQ_NOTE_KEY, 0x100, &what) == 1 && parts->len == 2, "a note of two parts");
	add_part(parts, WQ_NOTE_KEY, WQ_NOTE_MORE, &what);
	ok(add_part(parts, WQ_NOTE_WATCH, 0x100, &what) == -EBADMSG, "a part of another note doesn't belong: %s", what);

	memset(parts, 0, sizeof(*parts));
	for (i = 0; i < 256 && !rc; i++)
		rc = add_part(parts, WQ_NOTE_KEY, i << 8 | WQ_NOTE_MORE, &what);
	ok(rc == 0 && add_part(parts, WQ_NOTE_KEY, 0, &what) == -EBADMSG && strstr(what, "256"), "256 parts are the most: %s", what);
	free(parts);
}

/* How many notes of each tag, and how many records, a recorder has written. */
struct written {
	unsigned notes[8], records;
};

static int count(void *data, const void *bytes, size_t len)
{
	struct written *w = data;
	struct wq_record rec;

	(void) len;
	wq_record_header(&rec, bytes, false);
	if (rec.type_nr != WQ_TYPE_NOTE)
		w->records++;
	else if (rec.subtype_nr < 8 && rec.id == 0)
		w->notes[rec.subtype_nr]++;
	return 0;
}

/* A record of the key @serial, called @n and reached by @path. */
static int record_path(struct wq_recorder *r, uint32_t serial, struct wq_name *n, struct wq_name *path, enum wq_mark mark)
{
	unsigned char buf[WQ_RECORD_MAX];
	uint32_t body[2] = { serial, 0 };
	struct wq_event ev = { .has_key = true, .key = serial, .key_name = n, .path = path, .mark = mark };

	wq_record_build(buf, WQ_TYPE_KEY, 4, 0, body, sizeof(body));
	wq_record_header(&ev.rec, buf, false);
	return wq_recorder_add(r, &ev);
}

static int record(struct wq_recorder *r, uint32_t serial, struct wq_name *n, enum wq_mark mark)
{
	return record_path(r, serial, n, NULL, mark);
}

static void test_paths(void)
{
	struct written w = { { 0 }, 0 };
	struct wq_recorder *r = wq_recorder_new(true, false, count, &w);
	struct wq_name *path = name(0, 100), *same = name(9, 100);
	unsigned i;

	record_path(r, 1, NULL, path, WQ_MARK_NONE);
	record_path(r, 1, NULL, same, WQ_MARK_NONE);
	ok(w.notes[WQ_NOTE_PATH] == 1 && w.notes[WQ_NOTE_FORGET] == 0, "a path is written once");
	record(r, 1, NULL, WQ_MARK_NONE);
	record(r, 1, NULL, WQ_MARK_NONE);
	ok(w.notes[WQ_NOTE_PATH] == 2 && w.notes[WQ_NOTE_BY] == 0, "that there is none, too");
	for (i = 2; i < 9000; i++) {
		struct wq_name *other = name(i, 2000);

		record_path(r, i, i & 1 ? other : NULL, i & 1 ? NULL : other, WQ_MARK_NONE);
		wq_name_unref(other);
	}
	ok(w.notes[WQ_NOTE_RESET] == 1, "names and paths have one budget: %u", w.notes[WQ_NOTE_RESET]);
	i = w.notes[WQ_NOTE_PATH];
	record_path(r, 2, NULL, path, WQ_MARK_NONE);
	record(r, 4, NULL, WQ_MARK_NONE);
	ok(w.notes[WQ_NOTE_PATH] == i + 1, "what was forgotten needs no note that it is gone");
	wq_recorder_free(r);
	wq_name_unref(path);
	wq_name_unref(same);
}

static void test_recorder(void)
{
	struct written w = { { 0 }, 0 };
	struct wq_recorder *r = wq_recorder_new(true, false, count, &w);
	struct wq_name *n = name(1, 4000);
	unsigned i;

	record(r, 1, n, WQ_MARK_NONE);
	record(r, 1, n, WQ_MARK_NONE);
	ok(w.notes[WQ_NOTE_KEY] == 1 && w.notes[WQ_NOTE_FORGET] == 0 && w.records == 2, "a name is written once");
	record(r, 1, NULL, WQ_MARK_NONE);
	record(r, 1, NULL, WQ_MARK_NONE);
	ok(w.notes[WQ_NOTE_FORGET] == 1, "that it is gone, too");
	record(r, 1, n, WQ_MARK_NONE);
	ok(w.notes[WQ_NOTE_KEY] == 2, "and the same name again when it is back");

	/* 16 MiB of names are the most that a file has its reader keep. */
	for (i = 2; i < 4500; i++) {
		struct wq_name *other = name(i, 4000);

		record(r, i, other, WQ_MARK_NONE);
		wq_name_unref(other);
	}
	ok(w.notes[WQ_NOTE_RESET] == 1, "past the budget every name is forgotten, in the file too, once: %u",
	   w.notes[WQ_NOTE_RESET]);
	i = w.notes[WQ_NOTE_KEY];
	record(r, 1, n, WQ_MARK_NONE);
	ok(w.notes[WQ_NOTE_KEY] == i + 1 && w.notes[WQ_NOTE_RESET] == 1, "and written anew when it is needed");
	wq_recorder_free(r);

	memset(&w, 0, sizeof(w));
	r = wq_recorder_new(false, false, count, &w);
	record(r, 1, n, WQ_MARK_RESYNC);
	record(r, 1, n, WQ_MARK_NONE);
	ok(w.records == 1 && w.notes[WQ_NOTE_KEY] == 0, "plain: only what the kernel posted, and no notes");
	wq_recorder_free(r);
	wq_name_unref(n);
}

int main(void)
{
	test_table();
	test_equal();
	test_expiry();
	test_parts();
	test_recorder();
	test_paths();
	return tap_done();
}
