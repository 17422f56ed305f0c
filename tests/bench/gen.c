// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a capture of N key records to standard output: `plain`, or `annotated`
 * with the names of a thousand keys and the times. Both tell the same events.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libwatchq.h"
#include "models/names.h"

#define WQT_KEYS	1000

static int out(void *data, const void *bytes, size_t len)
{
	(void) data;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -5;
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, i;
	struct wq_recorder *r = wq_recorder_new(argc == 3 && strcmp(argv[1], "annotated") == 0, false, out, NULL);
	struct wq_watch watch = { .id = 1, .source = "keys", .backend = "pipe", .object = "@s", .object_len = 2 };
	struct wq_name *ring, *keys[WQT_KEYS];

	if (!n || !r) {
		fprintf(stderr, "usage: gen plain|annotated N\n");
		return 1;
	}
	ring = wq_name_new(340000000, 0, 0, 0x3f3f0000, "keyring", 7, "_ses", 4);
	for (i = 0; i < WQT_KEYS; i++) {
		char desc[32];
		int len = snprintf(desc, sizeof(desc), "cache:%05lu", i);

		keys[i] = wq_name_new((uint32_t) (100000000 + i * 7919), 1000, 1000, 0x3f010000,
				      "user", 4, desc, (size_t) len);
	}
	for (i = 0; i < n; i++) {
		struct wq_name *key = keys[i % WQT_KEYS];
		uint32_t body[2] = { ring->serial, key->serial };
		unsigned char bytes[WQ_RECORD_MAX];
		struct wq_event ev = {
			.boottime = 1000000000000 + i * 1000,
			.realtime = 1700000000000000000 + i * 1000,
			.watch = &watch, .has_key = true, .aux_kind = WQ_AUX_KEY,
			.key = ring->serial, .key_name = ring, .aux = key->serial, .aux_name = key,
		};

		wq_record_build(bytes, WQ_TYPE_KEY, i & 1 ? WQ_KEY_UNLINKED : WQ_KEY_LINKED, 1 << 8,
				body, sizeof(body));
		wq_record_header(&ev.rec, bytes, false);
		if (wq_recorder_add(r, &ev))
			return 1;
	}
	wq_recorder_free(r);
	for (i = 0; i < WQT_KEYS; i++)
		wq_name_unref(keys[i]);
	wq_name_unref(ring);
	return fclose(stdout) ? 1 : 0;
}
