// SPDX-License-Identifier: GPL-2.0-or-later
/* What notes say of side data, also if they lie; and that it waits and is given back. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "backlog.h"
#include "note.h"
#include "side.h"
#include "tap.h"

static unsigned char buf[WQ_NOTE_MAX];

/* What wq_side_take() makes of a copy of @len bytes that ends where its memory does. */
static struct wq_side *take(const unsigned char *bytes, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);
	const char *what = NULL;
	struct wq_side *side;

	memcpy(copy, bytes, len);
	side = wq_side_take(copy, len, false, &what);
	free(copy);
	return side;
}

static bool same_texts(const struct wq_side *a, const struct wq_side *b)
{
	unsigned i;

	for (i = 0; i < WQ_SIDE_TEXTS; i++)
		if (!a->texts[i] != !b->texts[i] || (a->texts[i] && strcmp(a->texts[i], b->texts[i]) != 0))
			return false;
	return a->texts_apply == b->texts_apply && a->text_len == b->text_len;
}

static bool same(const struct wq_side *a, const struct wq_side *b)
{
	return a && b && same_texts(a, b) && a->numbers_apply == b->numbers_apply &&
	       a->numbers_known == b->numbers_known && memcmp(a->numbers, b->numbers, sizeof(a->numbers)) == 0;
}

static struct wq_side *some(const char *path)
{
	struct wq_side side = { .text_len = 0 };

	wq_side_set(&side, WQ_SIDE_DEV, 7u << 20);
	wq_side_set(&side, WQ_SIDE_SIZE, UINT64_MAX);
	wq_side_unknown(&side, WQ_SIDE_LINE);
	wq_side_set_text(&side, WQ_SIDE_TARGET, "");
	wq_side_set_text(&side, WQ_SIDE_PATH, path);
	wq_side_set_text(&side, WQ_SIDE_OPERATION, "read");
	wq_side_set_text(&side, WQ_SIDE_FUNCTION, NULL);
	return wq_side_new(&side);
}

static void test_notes(void)
{
	struct wq_side *side = some("/a\nb\xff"), *back;
	size_t len = wq_side_put(buf, side), i;
	bool none = true;

	back = take(buf, len);
	ok(same(side, back), "a note says what it was made of");
	wq_side_unref(back);
	for (i = 0; i < len; i++) {
		back = take(buf, i);
		none &= !back;
		wq_side_unref(back);
	}
	ok(none, "cut anywhere it says nothing");
	wq_side_unref(side);
}

static void test_long(void)
{
	char *path = malloc(2 * WQ_NOTE_MAX);
	struct wq_side *side, *back;
	size_t len;

	memset(path, 'x', 2 * WQ_NOTE_MAX - 1);
	path[2 * WQ_NOTE_MAX - 1] = '\0';
	side = some(path);
	len = wq_side_put(buf, side);
	back = take(buf, len);
	ok(len <= WQ_NOTE_MAX && back && strncmp(back->texts[WQ_SIDE_OPERATION], "read", 1) == 0 &&
	   strlen(back->texts[WQ_SIDE_PATH]) > WQ_NOTE_MAX / 2, "a text that is too long is cut, and the note is one");
	wq_side_unref(side);
	wq_side_unref(back);
	free(path);
}

/* Bits of the future have their numbers and texts. */
static void test_future(void)
{
	uint32_t bits[4] = { UINT32_MAX, 1u << 31 | 1u << WQ_SIDE_COUNT, UINT32_MAX, 1u << 31 | 1u << WQ_SIDE_TARGET };
	uint64_t numbers[2] = { 42, 43 };
	struct wq_side *side;
	size_t len = 0;

	memcpy(buf, bits, sizeof(bits));
	len += sizeof(bits);
	memcpy(buf + len, numbers, sizeof(numbers));
	len += sizeof(numbers);
	memcpy(buf + len, "here\0then", 10);
	len += 10;
	side = take(buf, len);
	ok(side && side->numbers[WQ_SIDE_COUNT] == 42 && side->numbers_known == 1u << WQ_SIDE_COUNT &&
	   strcmp(side->texts[WQ_SIDE_TARGET], "here") == 0, "what this version doesn't know is passed over");
	wq_side_unref(side);
}

static void test_any_bytes(void)
{
	uint32_t seed = 1;
	unsigned taken = 0, i, j;

	for (i = 0; i < 200000; i++) {
		struct wq_side *side, *again;
		unsigned char bytes[96];
		size_t len;

		for (j = 0; j < sizeof(bytes); j++) {
			seed = seed * 1664525 + 1013904223;
			bytes[j] = (unsigned char) (seed >> 24 & (j < 16 ? seed >> 16 & seed >> 10 & seed >> 5 : seed & 2 ? 255 : 0));
		}
		len = sizeof(bytes) - (seed >> 8) % 24;
		side = take(bytes, len);
		if (!side)
			continue;
		taken++;
		again = take(buf, wq_side_put(buf, side));
		if (!same(side, again))
			break;
		wq_side_unref(side);
		wq_side_unref(again);
	}
	ok(i == 200000 && taken > 100, "any bytes: %u of %u are a note, and say the same again", taken, i);
}

static void test_waiting(void)
{
	static const struct wq_watch watch = { .id = 1, .source = "sb", .backend = "fanotify" };
	struct wq_backlog *b = wq_backlog_new(4096 * 4);
	struct wq_event ev = { .watch = &watch, .seq = 1 }, out;
	unsigned char rec[WQ_RECORD_MAX];
	uint64_t sb = 42;

	wq_record_build(rec, WQ_TYPE_SB, WQ_SB_READONLY, 1 << 8, &sb, sizeof(sb));
	wq_record_header(&ev.rec, rec, false);
	ev.side = some("/path");
	ok(wq_backlog_push(b, &ev) == 0, "an event with side data is taken");
	wq_side_unref(ev.side);
	ok(wq_backlog_next(b, &out) && out.side == ev.side && strcmp(out.side->texts[WQ_SIDE_PATH], "/path") == 0,
	   "and given, with it");
	wq_backlog_done(b);
	ev.side = some("/other");
	ok(wq_backlog_push(b, &ev) == 0, "another one waits still when the backlog ends");
	wq_side_unref(ev.side);
	wq_backlog_free(b);
}

int main(void)
{
	test_notes();
	test_long();
	test_future();
	test_any_bytes();
	test_waiting();
	return tap_done();
}
