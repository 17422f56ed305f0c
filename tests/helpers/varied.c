// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * varied N SEED: an annotated capture of N records to standard output: every type and
 * event, names, paths, commands and objects of any length and any bytes, times known
 * and not. varied who: one of five records, of keys whose way and culprit are known.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libwatchq.h"
#include "models/names.h"
#include "side.h"

#define WQT_NAMES	64
#define WQT_WATCHES	8
#define WQT_PATHS	16

static uint32_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static uint64_t any_number(void)
{
	uint64_t v = (uint64_t) below(1 << 24) << 40 | (uint64_t) below(1 << 24) << 20 | below(1 << 20);

	return v >> below(64);
}

static int out(void *data, const void *bytes, size_t len)
{
	(void) data;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -5;
}

/* A text without NUL, of one alphabet or of several; its length. */
static size_t any_text(char *to, size_t max)
{
	static const char *const alphabets[][8] = {
		{ "a", "Z", "0", ":", "_", "-", "/", "." },
		{ "a", "b", " ", "  ", "c", "d ", " e", "x" },
		{ "a", "\"", "'", "\\", "$", "`", "\\x", "!" },
		{ "\xc3\xa9", "\xe2\x82\xac", "\xe6\xbc\xa2", "e\xcc\x81", "\xf0\x9f\x98\x80", "a", "\xc2\xa0", "\xc2\x9b" },
		{ "\n", "\t", "\x1b[31m", "\x7f", "\r", "a", "\x01", "b" },
		{ "\xff", "\xc3", "\x80", "a", "\xed\xa0\x80", "b", "\xf8", "c" },
		{ "(", ")", "=", ",", "#", "%", "*", "~" },
	};
	static const unsigned lengths[] = { 0, 1, 3, 8, 12, 20, 40, 80, 300, 600 };
	unsigned plain = below(2), which = below(7);
	size_t len = 0, want = below(1 + lengths[below(10)]);

	while (len < want) {
		const char *piece = alphabets[plain ? 0 : which][below(8)];

		if (len + strlen(piece) > max)
			break;
		memcpy(to + len, piece, strlen(piece));
		len += strlen(piece);
		if (!plain && below(6) == 0)
			which = below(7);
	}
	to[len] = '\0';
	return len;
}

static struct wq_name *any_name(uint32_t serial)
{
	static const char *const types[] = { "user", "keyring", "logon", "a_type_of_some_length", "big key" };
	const char *type = types[below(5)];
	char desc[1024];
	size_t len = any_text(desc, sizeof(desc) - 1);
	struct wq_name *n = wq_name_new(serial, below(70000), below(70000), below(8) ? below(1 << 24) : WQ_PERM_UNKNOWN,
					type, strlen(type), desc, len);
	struct wq_name *expires = n && below(2) ? wq_name_with_expiry(n, any_number()) : NULL;

	if (!expires)
		return n;
	wq_name_unref(n);
	return expires;
}

static struct wq_name *path(const char *text)
{
	return wq_name_new(0, 0, 0, 0, "", 0, text, strlen(text));
}

static struct wq_name *any_path(void)
{
	char text[1024] = "/";

	any_text(text + 1, sizeof(text) - 2);
	return path(text);
}

/* A record that its layout has room for, and perhaps more; into @buf. */
static void any_record(unsigned char *buf, const struct wq_type *t, const struct wq_subtype *s, uint8_t id)
{
	unsigned char body[WQ_RECORD_MAX] = { 0 };
	size_t min = s && s->layout ? s->layout->min_len - 8u : 0, len = min + (below(2) ? 0 : below(24)), i;

	for (i = 0; i + 8 <= len; i += 8) {
		uint64_t v = any_number();

		memcpy(body + i, &v, sizeof(v));
	}
	if (s && s->layout && s->layout->text) {
		char text[128];
		size_t n = any_text(text, 60);

		if (below(8) == 0)
			text[n / 2] = '\0';
		body[8] = (unsigned char) n;
		memcpy(body + 9, text, n);
		len = 9 + n;
	}
	wq_record_build(buf, t ? t->nr : 77, s ? s->nr : (uint8_t) (200 + below(50)), (uint32_t) id << 8 | below(8) << 16, body, len);
}

/* Of a key: one that has a name, mostly. */
static void set_keys(struct wq_event *ev, unsigned char *buf, struct wq_name *const *names)
{
	unsigned key = below(WQT_NAMES + 8), aux = below(WQT_NAMES + 8);
	uint32_t body[2] = { 1000 + key * 7919 * 131, 1000 + aux * 7919 * 131 };

	ev->has_key = true;
	ev->aux_kind = ev->rec.sub->aux;
	if (ev->aux_kind != WQ_AUX_KEY)
		body[1] = below(2) ? 0 : 0u - below(200);
	memcpy(buf + 8, body, sizeof(body));
	ev->key = body[0];
	ev->aux = body[1];
	ev->key_name = key < WQT_NAMES ? names[key] : NULL;
	if (ev->aux_kind == WQ_AUX_KEY)
		ev->aux_name = aux < WQT_NAMES ? names[aux] : NULL;
}

static void set_who(struct wq_event *ev)
{
	if (below(3) == 0)
		ev->pid = (uint32_t) any_number();
	if (below(3) == 0)
		ev->ktime = any_number();
	if (below(3) == 0)
		any_text(ev->command, sizeof(ev->command) - 1);
}

/* Some of all, known or not. */
static struct wq_side *any_side(void)
{
	static char texts[WQ_SIDE_TEXTS][1024];
	struct wq_side side = { .text_len = 0 };
	unsigned i;

	for (i = 0; i < WQ_SIDE_NUMBERS; i++)
		if (below(3) == 0)
			wq_side_set(&side, i, any_number());
		else if (below(3) == 0)
			wq_side_unknown(&side, i);
	for (i = 0; i < WQ_SIDE_TEXTS; i++) {
		any_text(texts[i], sizeof(texts[i]) - 1);
		if (below(3) == 0)
			wq_side_set_text(&side, i, below(4) ? texts[i] : NULL);
	}
	return wq_side_new(&side);
}

/* A record that key @serial, called @desc, was cleared, @seconds past a whole minute. */
static int cleared(struct wq_recorder *r, uint32_t serial, const char *desc, unsigned seconds,
		   uint64_t expires, struct wq_event ev)
{
	static const struct wq_watch watch = { .id = 1, .source = "keys", .backend = "pipe" };
	struct wq_name *n = wq_name_new(serial, 0, 0, 0, "keyring", 7, desc, strlen(desc));
	struct wq_name *name = n ? wq_name_with_expiry(n, expires) : NULL;
	unsigned char buf[WQ_RECORD_MAX];
	uint32_t body[2] = { serial, 0 };
	int rc;

	wq_record_build(buf, WQ_TYPE_KEY, WQ_KEY_CLEARED, 1 << 8, body, sizeof(body));
	wq_record_header(&ev.rec, buf, false);
	ev.watch = &watch;
	ev.has_key = true;
	ev.key = serial;
	ev.key_name = name;
	ev.realtime = (UINT64_C(1700000040) + seconds) * 1000000000;
	rc = wq_recorder_add(r, &ev);
	wq_name_unref(n);
	wq_name_unref(name);
	wq_name_unref(ev.path);
	return rc;
}

static int write_who(struct wq_recorder *r)
{
	return cleared(r, 1, "a", 0, 1700003640,
		       (struct wq_event) { .path = path("@s/ring/k"), .pid = 4321, .command = "keyctl" }) ||
	       cleared(r, 2, "b", 1, 0,
		       (struct wq_event) { .path = path("@s/\x1b[31m\"\n\xc2\x9b"), .pid = 1, .command = "\x1b]0;x\x07\n\\" }) ||
	       cleared(r, 3, "c", 2, 0,
		       (struct wq_event) { .path = path("@s/\xff\xc3("), .command = "0123456789abc\xc3\xa9" }) ||
	       cleared(r, 1, "a", 3, 0, (struct wq_event) { .pid = UINT32_MAX, .command = "\xfe" }) ||
	       cleared(r, 1, "a", 4, UINT64_MAX, (struct wq_event) { .path = path("\xc3\xa9/k") });
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, i;
	struct wq_recorder *r = wq_recorder_new(true, false, out, NULL);
	static char objects[WQT_WATCHES][1024];
	struct wq_watch watches[WQT_WATCHES];
	struct wq_name *names[WQT_NAMES], *paths[WQT_PATHS];
	uint64_t time = UINT64_C(1700000000000000000);

	if (argc == 2 && strcmp(argv[1], "who") == 0) {
		int rc = !r || write_who(r);

		wq_recorder_free(r);
		return fclose(stdout) || rc;
	}
	seed = argc == 3 ? (uint32_t) strtoul(argv[2], NULL, 10) : 0;
	for (i = 0; i < WQT_WATCHES; i++)
		watches[i] = (struct wq_watch) {
			.index = (unsigned) i, .id = (uint8_t) (1 + i * 31), .source = "keys", .backend = "pipe",
			.object_len = any_text(objects[i], sizeof(objects[i]) - 1), .object = i ? objects[i] : NULL,
		};
	for (i = 0; i < WQT_NAMES; i++)
		names[i] = any_name((uint32_t) (1000 + i * 7919 * 131));
	for (i = 0; i < WQT_PATHS; i++)
		paths[i] = any_path();
	for (i = 0; r && i < n; i++) {
		const struct wq_type *t = below(2) ? wq_type_by_nr(NULL, WQ_TYPE_KEY) : below(12) ? wq_type_at(NULL, below(WQ_TYPES)) : NULL;
		const struct wq_subtype *s = t && below(12) ? &t->subtypes[below(t->nsubtypes)] : NULL;
		struct wq_event ev = { .mark = below(8) ? WQ_MARK_NONE : WQ_MARK_RESYNC };
		unsigned char buf[WQ_RECORD_MAX];

		time += any_number() % 100000000;
		ev.watch = &watches[below(WQT_WATCHES)];
		ev.boottime = below(16) ? time % 1000000000000 : 0;
		ev.realtime = below(16) ? time : 0;
		any_record(buf, t, s, below(8) ? ev.watch->id : (uint8_t) below(256));
		wq_record_header(&ev.rec, buf, false);
		if (t && t->nr == WQ_TYPE_KEY && s)
			set_keys(&ev, buf, names);
		ev.path = ev.has_key && below(3) ? paths[below(WQT_PATHS)] : NULL;
		ev.side = t && s && (t->nr == WQ_TYPE_SB || t->nr == WQ_TYPE_BLOCK) ? any_side() : NULL;
		set_who(&ev);
		if (wq_recorder_add(r, &ev))
			return 1;
		wq_side_unref(ev.side);
	}
	wq_recorder_free(r);
	for (i = 0; i < WQT_NAMES; i++)
		wq_name_unref(names[i]);
	for (i = 0; i < WQT_PATHS; i++)
		wq_name_unref(paths[i]);
	return fclose(stdout) ? 1 : 0;
}
