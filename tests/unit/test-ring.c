// SPDX-License-Identifier: GPL-2.0-or-later
/* The ring: order, wrapping, fullness; one thread, then two. */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "ring.h"
#include "tap.h"

#define ROUNDS	200000u

static size_t size_of(unsigned i)
{
	return 4 + i * 2654435761u % 200;
}

static bool put(struct wq_ring *r, unsigned i)
{
	unsigned char *p = wq_ring_reserve(r, size_of(i));

	if (!p)
		return false;
	memcpy(p, &i, sizeof(i));
	memset(p + 4, (int) (i & 0xff), size_of(i) - 4);
	wq_ring_commit(r);
	return true;
}

static bool get(struct wq_ring *r, unsigned want, bool *right)
{
	unsigned char *p = wq_ring_peek(r);
	unsigned i;
	size_t n;

	if (!p)
		return false;
	memcpy(&i, p, sizeof(i));
	*right &= i == want;
	for (n = 4; n < size_of(want); n++)
		*right &= p[n] == (want & 0xff);
	wq_ring_release(r);
	return true;
}

static void *produce(void *ring)
{
	unsigned i;

	for (i = 0; i < ROUNDS; i++)
		while (!put(ring, i))
			sched_yield();
	return NULL;
}

int main(void)
{
	struct wq_ring *r = wq_ring_new(4096);
	unsigned in = 0, out = 0, fullest = 0;
	pthread_t thread;
	bool right = true;

	ok(r != NULL, "a ring");
	ok(!wq_ring_peek(r), "is empty at first");
	ok(!wq_ring_reserve(r, 4096), "has no room for a piece as large as itself");
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
	for (out = 0; out < ROUNDS; )
		if (get(r, out, &right))
			out++;
		else
			sched_yield();
	pthread_join(thread, NULL);
	ok(right, "the same between two threads");
	wq_ring_free(r);
	return tap_done();
}
