// SPDX-License-Identifier: GPL-2.0-or-later
/* The ring: order, wrapping, fullness; one thread, then two. */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include "ring.h"
#include "tap.h"

#define WQT_ROUNDS	200000u

struct piece {
	struct wq_piece piece;		/* the ring's own */
	unsigned i;
	unsigned char bytes[];
};

static size_t length_of(unsigned i)
{
	return i * 2654435761u % 200;
}

static bool put(struct wq_ring *r, unsigned i)
{
	struct piece *p = wq_ring_reserve(r, sizeof(*p) + length_of(i));

	if (!p)
		return false;
	p->i = i;
	memset(p->bytes, (int) (i & 0xff), length_of(i));
	wq_ring_commit(r);
	return true;
}

static bool get(struct wq_ring *r, unsigned want, bool *right)
{
	struct piece *p = wq_ring_peek(r);
	size_t n;

	if (!p)
		return false;
	*right &= p->i == want;
	for (n = 0; n < length_of(want); n++)
		*right &= p->bytes[n] == (want & 0xff);
	wq_ring_release(r);
	return true;
}

static void *produce(void *ring)
{
	unsigned i;

	for (i = 0; i < WQT_ROUNDS; i++)
		while (!put(ring, i))
			sched_yield();
	return NULL;
}

/* Pages that the process has in memory. */
static long resident(void)
{
	long size = 0, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		pages = -1;
	if (f)
		fclose(f);
	return pages;
}

#ifdef __SANITIZE_THREAD__
#define WQT_MEASURED	false	/* its own memory is most of it */
#else
#define WQT_MEASURED	true
#endif

/* A ring of 64 MiB: what was read is given back, what was not is not. */
static void test_memory(void)
{
	struct wq_ring *r = wq_ring_new(64u << 20);
	long before = resident(), full, after;
	unsigned in = 0, out = 0, round;
	bool right = true;

	while (put(r, in))
		in++;
	full = resident();
	while (get(r, out, &right))
		out++;
	put(r, in++);
	after = resident();
	ok(right && out == in - 1, "what fills 64 MiB comes out as it went in: %u", out);
	ok(!WQT_MEASURED || (full - before) * 4096 > 60 << 20, "while it is in, it takes memory: %ld pages", full - before);
	ok(!WQT_MEASURED || after - before < 512, "and gives it back when it is read: %ld pages are left", after - before);
	ok(wq_ring_used(r) < 512, "an empty ring has all its room: %zu bytes are in use", wq_ring_used(r));

	/* Filled and half emptied again and again, at all offsets. */
	for (round = 0; round < 40; round++) {
		while (put(r, in))
			in++;
		while (right && wq_ring_used(r) > (round % 8 + 1) * (7u << 20))
			get(r, out++, &right);
	}
	ok(right, "what was written over what had been read stays");
	while (right && get(r, out, &right))
		out++;
	ok(right && in == out, "to the last");
	for (round = 0; round < 500000; round++) {
		put(r, in++);
		get(r, out++, &right);
	}
	after = resident();
	ok(!WQT_MEASURED || after - before < 512, "one at a time needs little: %ld pages", after - before);
	wq_ring_free(r);
}

int main(void)
{
	struct wq_ring *r = wq_ring_new(4096);
	/* A ring that is broken has no end. Not a time on the clock: the machine may be busy. */
	const struct rlimit limit = { .rlim_cur = 300, .rlim_max = 300 };
	unsigned in = 0, out = 0, fullest = 0;
	pthread_t thread;
	bool right = true;

	setrlimit(RLIMIT_CPU, &limit);
	ok(r != NULL, "a ring");
	ok(!wq_ring_peek(r), "is empty at first");
	ok(!wq_ring_reserve(r, 4097), "has no room for a piece larger than itself");
	while (in < 20000) {
		unsigned before = in;

		while (put(r, in))
			in++;
		if (in - before > fullest)
			fullest = in - before;
		while ((in - out) > in % 7 && get(r, out, &right))
			out++;
	}
	while (get(r, out, &right))
		out++;
	ok(in == out, "all that went in came out: %u", out);
	ok(right, "in order, as it was");
	ok(fullest > 20, "and many fit in at once: %u", fullest);

	pthread_create(&thread, NULL, produce, r);
	for (out = 0; out < WQT_ROUNDS; )
		if (get(r, out, &right))
			out++;
		else
			sched_yield();
	pthread_join(thread, NULL);
	ok(right, "the same between two threads");
	wq_ring_free(r);
	test_memory();
	return tap_done();
}
