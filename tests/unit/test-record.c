// SPDX-License-Identifier: GPL-2.0-or-later
/* The walker: good records, bad ones, cut ones, any bytes. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "libwatchq.h"
#include "tap.h"

/* A copy that ends where its memory does: a byte too far is seen by sanitizers. */
static unsigned char *exactly(const unsigned char *bytes, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);

	memcpy(copy, bytes, len);
	return copy;
}

static void test_good(void)
{
	unsigned char buf[3 * WQ_RECORD_MAX];
	uint32_t body[2] = { 4711, 815 };
	struct wq_walk w = { .buf = buf };
	struct wq_record rec;
	struct wq_bad bad;
	int n;

	n = wq_record_build(buf, WQ_TYPE_KEY, WQ_KEY_LINKED, 0x00050300, body, sizeof(body));
	ok(n == 16, "a key record is 16 bytes long");
	/* One byte further: alignment must not matter. */
	n += wq_record_build(buf + n, 0xabcdef, 200, 0, "x", 1);
	n += wq_record_build(buf + n, WQ_TYPE_META, WQ_META_LOSS, 0, NULL, 0);
	w.len = (size_t) n;

	ok(wq_walk_next(&w, &rec, &bad) == 1, "the first record is there");
	ok(rec.type_nr == 1 && rec.subtype_nr == 2 && rec.len == 16 && rec.id == 3 && rec.info == 0x00050310,
	   "its header is decoded");
	ok(rec.type && strcmp(rec.type->name, "key") == 0 && rec.sub && strcmp(rec.sub->name, "linked") == 0,
	   "it is known");
	ok(wq_field_value(&rec, wq_record_field(&rec, WQ_F_KEY)) == 4711 &&
	   wq_field_value(&rec, wq_record_field(&rec, WQ_F_AUX)) == 815, "its fields are");
	ok(!wq_record_field(&rec, WQ_F_MOUNT), "it has no field of another type");
	ok(wq_walk_next(&w, &rec, &bad) == 1 && !rec.type && !rec.sub && rec.len == 9 && rec.type_nr == 0xabcdef,
	   "an unknown type is a good record");
	ok(wq_walk_next(&w, &rec, &bad) == 1 && rec.len == 8 && rec.id == 0, "a header alone, too");
	ok(wq_walk_next(&w, &rec, &bad) == 0, "then comes the end");
	ok(wq_record_build(buf, 1, 1, 0, buf, 120) == -EMSGSIZE, "128 bytes are too long for a record");
}

/* Sets the length that a record says it has. */
static void set_length(unsigned char *rec, uint32_t length)
{
	memcpy(rec + 4, &length, sizeof(length));
}

static void test_bad(void)
{
	unsigned char buf[32] = { 0 };
	struct wq_walk w = { .buf = buf, .len = 16, .base = 1000 };
	struct wq_record rec;
	struct wq_bad bad;
	char text[256];

	wq_record_build(buf, WQ_TYPE_KEY, WQ_KEY_CLEARED, 0, NULL, 0);
	set_length(buf, 7);
	ok(wq_walk_next(&w, &rec, &bad) == -EBADMSG && bad.kind == WQ_BAD_LENGTH && bad.offset == 1000 &&
	   bad.found == 7, "a length below 8 is bad");
	ok(strstr(wq_bad_text(&bad, text, sizeof(text)), "offset 1000") && strstr(text, "found 7"),
	   "and said so: %s", text);
	set_length(buf, 17);
	ok(wq_walk_next(&w, &rec, &bad) == -EBADMSG && bad.kind == WQ_BAD_CUT && bad.expected == 17 &&
	   bad.found == 16, "past the end is bad");
	w.more = true;
	ok(wq_walk_next(&w, &rec, &bad) == -EAGAIN && w.pos == 0, "unless more may come");
	w.more = false;
	set_length(buf, 15);
	ok(wq_walk_next(&w, &rec, &bad) == -EBADMSG && bad.kind == WQ_BAD_BODY && bad.expected == 16 &&
	   bad.found == 15, "a body shorter than its type's is bad");
	wq_record_build(buf, WQ_TYPE_META, WQ_META_REMOVAL, 0, NULL, 0);
	set_length(buf, 12);
	ok(wq_walk_next(&w, &rec, &bad) == -EBADMSG && bad.kind == WQ_BAD_BODY,
	   "a removal's body is there, or it isn't: half is bad");
	set_length(buf, 8);
	ok(wq_walk_next(&w, &rec, &bad) == 1 && rec.len == 8, "without is fine");
}

static void test_usb_name(void)
{
	unsigned char body[9 + 46] = { 0 };
	unsigned char buf[WQ_RECORD_MAX];
	struct wq_walk w = { .buf = buf };
	struct wq_record rec;
	struct wq_bad bad;
	size_t len;

	memcpy(body + 9, "usb1", 4);
	body[8] = 4;
	w.len = (size_t) wq_record_build(buf, WQ_TYPE_USB, 0, 0, body, 13);
	ok(wq_walk_next(&w, &rec, &bad) == 1, "a name of four bytes fits");
	ok(memcmp(wq_field_text(&rec, wq_record_field(&rec, WQ_F_NAME), &len), "usb1", 4) == 0 && len == 4,
	   "and is found");
	body[8] = 5;
	w.pos = 0;
	w.len = (size_t) wq_record_build(buf, WQ_TYPE_USB, 0, 0, body, 13);
	ok(wq_walk_next(&w, &rec, &bad) == -EBADMSG && bad.kind == WQ_BAD_BODY && bad.expected == 22,
	   "one of five runs past the end");
}

/* Two walks in two dialects, step by step: neither disturbs the other. */
static void test_dialects(void)
{
	unsigned char buf[2 * WQ_RECORD_MAX];
	uint32_t body[4] = { 21, 33 };
	struct wq_walk feb = { .buf = buf, .dialect = wq_dialect_by_name("feb-2020") };
	struct wq_walk v5 = { .buf = buf, .dialect = wq_dialect_by_name("v5-2019") };
	struct wq_record a, b;
	struct wq_bad bad;

	feb.len = (size_t) wq_record_build(buf, 2, 1, 0x02000500, body, sizeof(body));
	feb.len += (size_t) wq_record_build(buf + feb.len, 4, 1, 0x02000500, NULL, 0);
	v5.len = feb.len;
	ok(wq_walk_next(&feb, &a, &bad) == 1 && wq_walk_next(&v5, &b, &bad) == 1, "a record of two dialects");
	ok(strcmp(a.type->name, "mount") == 0 && strcmp(b.type->name, "block") == 0, "is of two types");
	ok(strcmp(a.sub->name, "unmount") == 0 && strcmp(b.sub->name, "timeout") == 0, "and two events");
	ok(a.id == 2 && b.id == 5 && a.info == b.info, "the ID is where the type has it");
	ok(wq_field_value(&a, wq_record_field(&a, WQ_F_AUX_MOUNT)) == 33 && !wq_record_field(&b, WQ_F_AUX_MOUNT),
	   "a field of 4 bytes");
	ok(wq_walk_next(&feb, &a, &bad) == 1 && !a.type && a.id == 5 && wq_walk_next(&v5, &b, &bad) == 1 && !b.type,
	   "types of the default dialect alone are unknown to both");
	ok(!wq_dialect_by_name("feb") && !wq_dialect_by_name("") && wq_dialect_at(0) == wq_dialect_by_name("default"),
	   "dialects are found by their whole names");
}

/* wq_catalog_type() relies on it, and filters on the names. */
static void test_tables(void)
{
	bool in_order = true, same = true;
	const struct wq_dialect *d;
	const struct wq_type *t;
	unsigned i, nr;

	for (i = 0; (d = wq_dialect_at(i)); i++) {
		in_order &= d->ntypes <= WQ_TYPES;
		for (nr = 0; nr < d->ntypes; nr++) {
			t = wq_type_by_nr(d, nr);
			in_order &= t && t->nr == nr && wq_type_at(d, nr) == t &&
				    wq_type_by_name(d, t->name, strlen(t->name)) == t;
			same &= t && wq_type_by_name(NULL, t->name, strlen(t->name)) != NULL;
		}
		in_order &= wq_type_at(d, nr)->nr == WQ_TYPE_NOTE && !wq_type_at(d, nr + 1);
	}
	ok(in_order, "each dialect has its types in the order of their numbers, and notes");
	ok(same, "all names of types are in the default dialect");
}

/* Any bytes: the walk ends, and each record lies within them. */
static void test_any_bytes(void)
{
	unsigned seed = 12345, round, bad_rounds = 0;
	bool within = true;

	for (round = 0; round < 20000; round++) {
		unsigned char bytes[300];
		size_t len = round % sizeof(bytes), i;
		unsigned char *copy;
		struct wq_walk w = { .swapped = round & 1, .more = round & 2 };
		struct wq_record rec;
		struct wq_bad bad;
		int rc;

		for (i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			bytes[i] = (unsigned char) (seed >> 16);
			/* Small types and lengths often, or all ends at once. */
			if (i % 16 < 3)
				bytes[i] &= seed >> 30 ? 0x07 : 0xff;
			if (i % 16 == 4)
				bytes[i] = 16;
		}
		copy = exactly(bytes, len);
		w.buf = copy;
		w.len = len;
		while ((rc = wq_walk_next(&w, &rec, &bad)) == 1) {
			const unsigned char *rest;
			size_t rest_len;
			unsigned f;

			rest = wq_record_rest(&rec, &rest_len);
			within &= rec.data >= copy && rec.data + rec.len <= copy + len && rec.len >= 8 &&
				  rest + rest_len == rec.data + rec.len;
			for (f = 0; f < WQ_F__NR; f++) {
				const struct wq_field *field = wq_record_field(&rec, (enum wq_field_id) f);

				if (field && field->size)
					wq_field_value(&rec, field);
			}
		}
		bad_rounds += rc == -EBADMSG;
		free(copy);
	}
	ok(within, "20000 rounds of any bytes: every record lies within them");
	ok(bad_rounds > 1000, "and many were bad: %u", bad_rounds);
}

int main(void)
{
	test_good();
	test_bad();
	test_usb_name();
	test_dialects();
	test_tables();
	test_any_bytes();
	return tap_done();
}
