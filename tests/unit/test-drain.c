// SPDX-License-Identifier: GPL-2.0-or-later
/* The drain: what it makes of records, of a full ring, and of barriers; inline, then
 * with its thread. The source is one that has as many records as it is told. */
#include "config.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "drain.h"
#include "tap.h"

static struct {
	int fd;			/* eventfd: that many records more */
	uint32_t next;		/* number of the next record */
} queue;

static int push(struct wq_items *items, uint32_t nr)
{
	unsigned char rec[WQ_RECORD_MAX];
	const uint32_t body[2] = { nr, 0 };
	int len = wq_record_build(rec, WQ_TYPE_KEY, WQ_KEY_UPDATED, 0x100, body, sizeof(body));

	return wq_items_push(items, 3, 1000 + nr, rec, (unsigned) len);
}

static int drain(struct wq_source *s, struct wq_items *items, struct wq_error *e)
{
	uint64_t n = 0;

	(void) s;
	(void) e;
	if (read(queue.fd, &n, sizeof(n)) < 0)
		return 0;
	while (n--)
		push(items, queue.next++);
	return 0;
}

static const struct wq_source_ops ops = { .source = "test", .backend = "test", .drain = drain };

static void post(uint64_t n)
{
	if (write(queue.fd, &n, sizeof(n)) < 0)
		ok(false, "can't post");
}

static uint32_t number_of(const struct wq_ring_item *it)
{
	uint32_t nr;

	memcpy(&nr, it->data + 8, sizeof(nr));
	return nr;
}

/* A ring with room for few: what has no room is counted, and the count stands where
 * it was lost. */
static void test_full(void)
{
	struct wq_items items = { .ring = wq_ring_new(4096), .drop = true };
	unsigned i, fit = 0, lost = 0;
	struct wq_ring_item *it;
	bool right = true;

	for (i = 0; i < 1000; i++)
		push(&items, i);
	ok(items.taken == 1000 && items.lost > 0 && items.lost < 1000, "of 1000, %u had no room",
	   (unsigned) items.lost);
	lost = (unsigned) items.lost;
	while ((it = wq_ring_peek(items.ring))) {
		right &= it->kind == WQ_ITEM_RECORD && it->source == 3 && it->len == 16 &&
			 it->boottime == 1000 + fit && number_of(it) == fit;
		fit++;
		wq_ring_release(items.ring);
	}
	ok(right && fit + lost == 1000, "those before them came as they were: %u", fit);
	push(&items, 1000);
	it = wq_ring_peek(items.ring);
	ok(it && it->kind == WQ_ITEM_LOST && it->number == lost, "how many stands before the next");
	wq_ring_release(items.ring);
	it = wq_ring_peek(items.ring);
	ok(it && it->kind == WQ_ITEM_RECORD && number_of(it) == 1000, "which comes behind it");
	ok(items.lost == 0, "and is told once");
	wq_ring_free(items.ring);

	items = (struct wq_items) { .ring = wq_ring_new(4096) };
	for (i = 0; push(&items, i) == 0; i++)
		;
	ok(items.taken == i && items.lost == 0, "who may wait is told to, and loses nothing: %u", i);
	wq_ring_free(items.ring);
}

/* Takes records until a barrier of that number: how many, -1 if they are not as they
 * should be. */
static long take_until(struct wq_drain *d, uint64_t barrier, uint32_t *next)
{
	struct wq_error e = { 0 };
	long n = 0;
	int idle = 0;

	for (;;) {
		struct wq_ring_item *it;

		if (wq_drain_run(d, &e) < 0)
			return -1;
		while ((it = wq_drain_peek(d))) {
			enum wq_item_kind kind = it->kind;
			uint64_t number = it->number;
			bool right = kind != WQ_ITEM_RECORD || number_of(it) == (*next)++;

			wq_drain_release(d);
			if (!right || kind == WQ_ITEM_LOST)
				return -1;
			if (kind == WQ_ITEM_BARRIER && number >= barrier)
				return n;
			n += kind == WQ_ITEM_RECORD;
		}
		if (!wq_drain_before_wait(d)) {
			struct pollfd pfd = { .fd = wq_drain_fd(d), .events = POLLIN };

			if (poll(&pfd, 1, 1000) == 0 && ++idle == 10)
				return -1;
		}
	}
}

static void test_drain(bool thread)
{
	const char *how = thread ? "by a thread" : "inline";
	struct wq_source source = { .ops = &ops, .depth = 512 };
	struct wq_drain *d = wq_drain_new();
	char got[160] = "";
	uint32_t next = 0;
	unsigned round;
	long n, sum = 0;

	queue.fd = eventfd(0, EFD_NONBLOCK);
	queue.next = 0;
	ok(d && wq_drain_add(d, &source, queue.fd) == 0, "a drain, %s", how);
	if (thread)
		ok(wq_drain_start(d, true, got, sizeof(got)) == 0 && got[0], "its thread is scheduled %s", got);
	ok(take_until(d, wq_drain_barrier(d), &next) == 0, "a barrier comes though nothing does");
	post(100);
	n = take_until(d, wq_drain_barrier(d), &next);
	ok(n == 100, "all that was posted before it stands before it: %ld", n);
	for (round = 0; round < 2000; round++) {
		post(1 + round % 50);
		n = take_until(d, wq_drain_barrier(d), &next);
		if (n < 0)
			break;
		sum += n;
	}
	ok(sum == 2000 / 50 * (50 * 51 / 2), "again and again: %ld records in %u rounds", sum, round);
	wq_drain_free(d);
	close(queue.fd);
}

/* ---- A thread that computes for too long ---- */

static atomic_bool spins;

static int spin(struct wq_source *s, struct wq_items *items, struct wq_error *e)
{
	uint64_t n;

	(void) s;
	(void) items;
	(void) e;
	if (read(queue.fd, &n, sizeof(n)) < 0)
		return 0;
	while (atomic_load(&spins))
		;
	return 0;
}

static const struct wq_source_ops spinning = { .source = "test", .backend = "test", .drain = spin };

/* As a thread that goes round for ever would keep a processor from all others. */
static void test_limit(void)
{
	const struct rlimit limit = { .rlim_cur = 20000, .rlim_max = RLIM_INFINITY };
	struct wq_source source = { .ops = &spinning, .depth = 512 };
	struct pollfd pfd = { .events = POLLIN };
	struct wq_drain *d = wq_drain_new();
	char got[160] = "";

	queue.fd = eventfd(0, EFD_NONBLOCK);
	setrlimit(RLIMIT_RTTIME, &limit);
	if (!d || wq_drain_add(d, &source, queue.fd) || wq_drain_start(d, true, got, sizeof(got)) ||
	    strncmp(got, "SCHED_FIFO", 10) != 0) {
		ok(true, "a thread over RLIMIT_RTTIME is demoted # SKIP it is scheduled %s", got);
	} else {
		pfd.fd = wq_drain_fd(d);
		wq_drain_before_wait(d);
		ok(!wq_drain_was_demoted(d), "a thread under RLIMIT_RTTIME keeps its schedule");
		atomic_store(&spins, true);
		post(1);
		ok(poll(&pfd, 1, 30000) == 1 && wq_drain_was_demoted(d), "a thread over RLIMIT_RTTIME is demoted");
		ok(!wq_drain_was_demoted(d), "and that is reported once");
		atomic_store(&spins, false);
	}
	wq_drain_free(d);
	close(queue.fd);
}

int main(void)
{
	alarm(600);	/* the machine may be busy */
	test_full();
	test_drain(false);
	test_drain(true);
	test_limit();
	return tap_done();
}
