// SPDX-License-Identifier: GPL-2.0-or-later
/* Events on their way: through a backlog, and through a recorder into a capture and back. */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backlog.h"
#include "libwatchq.h"
#include "models/names.h"
#include "monitor.h"
#include "tap.h"

#define WQT_EVENTS	11

static const struct wq_watch watch = {
	.index = 1, .id = 1, .source = "keys", .backend = "pipe", .object = "@s", .object_len = 2,
};

/* Some events, as they went in; each has references of its own. */
static struct {
	struct wq_event ev;
	unsigned char rec[WQ_RECORD_MAX];
} in[WQT_EVENTS];
static unsigned came;		/* out again */
static bool right;

static bool same_name(const struct wq_name *a, const struct wq_name *b)
{
	return a == b || (a && b && wq_name_equal(a, b));
}

/* A path's serial is its maker's affair. */
static bool same_path(const struct wq_name *a, const struct wq_name *b)
{
	return a == b || (a && b && strcmp(a->desc, b->desc) == 0 && a->desc_len == b->desc_len && a->type_len == 0);
}

static int compare(void *data, const struct wq_event *out)
{
	const struct wq_event *ev = &in[came].ev;
	bool same;

	(void) data;
	if (came == WQT_EVENTS)
		return -1;
	same = out->pid == ev->pid && strcmp(out->command, ev->command) == 0 && same_path(out->path, ev->path) &&
	       same_name(out->key_name, ev->key_name) && out->mark == ev->mark && out->boottime == ev->boottime && out->ktime == ev->ktime &&
	       out->rec.len == ev->rec.len && memcmp(out->rec.data, ev->rec.data, ev->rec.len) == 0;
	if (!same)
		printf("# event %u is not what it was\n", came);
	right &= same;
	came++;
	return 0;
}

/* A record of the key @serial, with @more bytes behind its fields. */
static struct wq_event *event(unsigned i, uint32_t serial, size_t more)
{
	unsigned char body[64] = { 0 };
	struct wq_event *ev = &in[i].ev;

	memcpy(body, &serial, sizeof(serial));
	wq_record_build(in[i].rec, WQ_TYPE_KEY, WQ_KEY_CLEARED, 1 << 8, body, 8 + more);
	wq_record_header(&ev->rec, in[i].rec, false);
	ev->watch = &watch;
	ev->has_key = true;
	ev->key = serial;
	ev->boottime = 1 + i;
	return ev;
}

static struct wq_name *path(const char *text)
{
	return wq_name_new(0, 0, 0, 0, "", 0, text, strlen(text));
}

static void make_events(void)
{
	struct wq_name *plain = wq_name_new(7, 1, 2, 3, "user", 4, "k", 1);
	struct wq_name *expires = wq_name_with_expiry(plain, 1700000000);
	struct wq_event *ev;

	ev = event(0, 7, 0);		/* nothing more */
	ev->key_name = plain;
	ev = event(1, 7, 1);		/* all, behind a length that is not aligned */
	ev->key_name = expires;
	ev->path = path("@s/ring/k");
	ev->pid = 4321;
	ev->ktime = UINT64_MAX;
	memcpy(ev->command, "keyctl", sizeof("keyctl"));
	ev->mark = WQ_MARK_RESYNC;
	ev = event(2, 7, 0);		/* the same path, no one known */
	ev->key_name = wq_name_ref(expires);
	ev->path = wq_name_ref(in[1].ev.path);
	ev = event(3, 8, 3);		/* another key by that path, of no name */
	ev->path = wq_name_ref(in[1].ev.path);
	ev->pid = UINT32_MAX;
	ev = event(4, 7, 0);		/* another path */
	ev->key_name = wq_name_ref(plain);
	ev->path = path("@u/\xff\x1b[31m\n");
	memcpy(ev->command, "\x1b\xff\n\"\\ 789abcdef", 16);	/* 15 bytes */
	ev = event(5, 7, 0);		/* none any more */
	ev->key_name = wq_name_ref(plain);
	ev = event(6, 8, 0);		/* and that of the other key, and no name */
	ev->path = path("@s/ring/k");
	event(7, 8, 0)->pid = 3;	/* and nothing else */
	ev = event(8, 7, 56);
	ev->path = path("@s");
	ev->pid = 1;
	event(9, 8, 0)->ktime = 5;	/* nobody known, but when */
	event(10, 8, 0);		/* and it is not the next one's */
}

static void free_events(void)
{
	unsigned i;

	for (i = 0; i < WQT_EVENTS; i++) {
		wq_name_unref(in[i].ev.key_name);
		wq_name_unref(in[i].ev.path);
	}
}

static void begin(void)
{
	came = 0;
	right = true;
}

static void test_backlog(void)
{
	struct wq_backlog *b = wq_backlog_new(1u << 20);
	struct wq_event out;
	unsigned i, n, plain;

	begin();
	for (i = 0; i < WQT_EVENTS; i++)
		in[i].ev.seq = i + 1;
	for (i = 0; i < WQT_EVENTS; i++)
		right &= wq_backlog_push(b, &in[i].ev) == 0;
	while (wq_backlog_next(b, &out)) {
		right &= out.seq == came + 1;
		compare(NULL, &out);
		wq_backlog_done(b);
	}
	ok(right && came == WQT_EVENTS, "through a backlog: all as it was: %u", came);

	for (n = 0; wq_backlog_push(b, &in[0].ev) == 0; n++)
		;
	plain = n;
	ok(n > (1u << 20) / 64 - 200, "an event without more takes 64 bytes at most: %u in 1 MiB", n);
	wq_backlog_free(b);

	b = wq_backlog_new(1u << 20);
	for (n = 0; wq_backlog_push(b, &in[2].ev) == 0; n++)
		;
	ok(n > (1u << 20) / 128 - 200 && n < plain, "one with a path takes more, 128 bytes at most: %u", n);
	if (sizeof(void *) == 8)
		ok(plain <= (1u << 20) / 64 && n < (1u << 20) / 128, "with pointers of 64 bits, just as many");
	wq_backlog_free(b);
}

/* A path that only the events which wait still need counts as what they are. */
static void test_backlog_paths(void)
{
	struct wq_backlog *b = wq_backlog_new(1u << 20);
	struct wq_event ev = in[0].ev;
	char text[10000];
	unsigned n = 0;

	memset(text, 'p', sizeof(text));
	do {
		wq_name_unref(n ? ev.path : NULL);
		ev.path = wq_name_new(0, 0, 0, 0, "", 0, text, sizeof(text));
	} while (wq_backlog_push(b, &ev) == 0 && ++n < 1000);
	wq_name_unref(ev.path);
	ok(n > 95 && n < 105, "paths of 10 kB: %u in 1 MiB", n);
	wq_backlog_free(b);
}

static int to_file(void *data, const void *bytes, size_t len)
{
	return write(*(int *) data, bytes, len) == (ssize_t) len ? 0 : -5;
}

/* Reads the capture; compare() says what it is. */
static bool read_capture(int fd)
{
	struct wq_monitor *m;
	struct wq_error e = { 0 };
	int rc;

	begin();
	lseek(fd, 0, SEEK_SET);
	if (wq_monitor_new(&m, compare, NULL))
		return false;
	rc = wq_monitor_add_capture(m, fd, "capture", WQ_ENDIAN_NATIVE, &e);
	if (!rc)
		rc = wq_monitor_start(m, &e);
	while (rc >= 0 && rc != WQ_DONE)
		rc = wq_monitor_dispatch(m, &e);
	wq_monitor_free(m);
	if (rc < 0)
		printf("# %s\n", e.text);
	return rc == WQ_DONE;
}

static void test_capture(void)
{
	int fd = memfd_create("capture", 0);
	struct wq_recorder *r = wq_recorder_new(true, false, to_file, &fd);
	unsigned i;
	int rc = 0;

	for (i = 0; i < WQT_EVENTS && !rc; i++)
		rc = wq_recorder_add(r, &in[i].ev);
	wq_recorder_free(r);
	ok(rc == 0 && read_capture(fd) && right && came == WQT_EVENTS, "through a capture: all as it was: %u", came);
	close(fd);
}

/* CLOCK_REALTIME is 5 s ahead. Each row: how long the thread was preempted before and after it
 * read CLOCK_REALTIME, ns. */
static void test_clock(void)
{
	static const uint64_t waits[][2] = {
		{ 40000000, 0 }, { 100, 100 }, { 0, 900000000 }, { 2000000, 2000000 }, { 100, 100 }, { 30000000, 0 }, { 0, 0 },
	};
	const int64_t ahead = 5000000000;
	int64_t offset = 0, last = 0;
	uint64_t now = 1000000000;
	bool forward = true;
	size_t i;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		uint64_t read = now + waits[i][0];

		offset = wq_clock_offset(offset, now, read + (uint64_t) ahead, read + waits[i][1]);
		forward &= offset >= last;
		last = offset;
		now = read + waits[i][1] + 1000;
	}
	ok(forward, "a thread that is preempted while it reads the clocks sets no time back");
	ok(offset > ahead - 2000000 && offset <= ahead, "and the offset is right: %lld ns", (long long) offset);
	offset = wq_clock_offset(offset, now, now + (uint64_t) ahead - 3600000000000u + 100, now + 200);
	ok(offset < ahead - 3599000000000, "a step back is followed: %lld ns", (long long) offset);
}

int main(void)
{
	make_events();
	test_backlog();
	test_backlog_paths();
	test_capture();
	free_events();
	test_clock();
	return tap_done();
}
