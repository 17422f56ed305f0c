// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The drain. A queue holds 512 records at most, so who reads it must run before
 * so many have come, must do nothing but read, and must let records gather a
 * little where they come fast, so that it doesn't slow down what it watches.
 * The thread makes no other system calls than read, epoll_wait, clock_nanosleep and a
 * write that wakes the engine, and touches no memory that is not there: a page fault may
 * have to wait for a thread which is not scheduled before others.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/realtime.h"
#include "drain.h"
#include "wake.h"

#define WQ_RING_SIZE		(2u << 20)	/* bytes: 65,536 records of keys */
#define WQ_RETRY_MS		2		/* between attempts to tell of what was lost */
#define WQ_DRAIN_SOURCES	16

struct wq_drain {
	struct wq_items items;
	struct wq_source *sources[WQ_DRAIN_SOURCES];
	unsigned nsources;
	int epfd;			/* the queues, and ask */
	struct wq_wake ask;		/* engine to thread */
	struct wq_wake tell;		/* thread to engine */
	_Atomic uint64_t asked;		/* barriers */
	uint64_t answered;		/* the drain's */
	bool owed;			/* the drain's: a barrier for which there was no room */
	atomic_bool stop, failed, demoted;
	struct wq_error error;		/* before failed is set: the thread's */
	uint64_t last;			/* when records were read last, ns */
	bool is_thread, realtime;
	pthread_t thread;
	char *got;			/* while the thread starts */
	size_t got_size;
	sem_t started;
};

/* ---- Pushing ---- */

static struct wq_ring_item *reserve(struct wq_ring *ring, enum wq_item_kind kind, unsigned len)
{
	struct wq_ring_item *it = wq_ring_reserve(ring, sizeof(*it) + len);

	if (it) {
		it->kind = (uint8_t) kind;
		it->len = (uint8_t) len;
		it->source = 0;
	}
	return it;
}

static bool push_number(struct wq_ring *ring, enum wq_item_kind kind, uint64_t number)
{
	struct wq_ring_item *it = reserve(ring, kind, 0);

	if (!it)
		return false;
	it->number = number;
	wq_ring_commit(ring);
	return true;
}

/* What was lost is told in its place: before anything that came later. */
static bool push_lost(struct wq_items *items)
{
	if (items->lost && !push_number(items->ring, WQ_ITEM_LOST, items->lost))
		return false;
	items->lost = 0;
	return true;
}

int wq_items_push(struct wq_items *items, unsigned source, uint64_t boottime,
		  const unsigned char *data, unsigned len)
{
	struct wq_ring_item *it = push_lost(items) ? reserve(items->ring, WQ_ITEM_RECORD, len) : NULL;

	if (!it && !items->drop)
		return 1;
	items->taken++;
	if (!it) {
		items->lost++;
		return 0;
	}
	it->source = (uint16_t) source;
	it->boottime = boottime;
	memcpy(it->data, data, len);
	wq_ring_commit(items->ring);
	return 0;
}

/* ---- Draining ---- */

/* One look at all queues: all that is in them by now is taken, unless there is
 * no room. Barriers that were asked for before it are answered behind it. */
static int drain_all(struct wq_drain *d, struct wq_error *e)
{
	uint64_t asked = atomic_load_explicit(&d->asked, memory_order_acquire);
	int again = 0;
	unsigned i;

	for (i = 0; i < d->nsources; i++) {
		int rc = d->sources[i]->ops->drain(d->sources[i], &d->items, e);

		if (rc < 0)
			return rc;
		again |= rc;
	}
	if (again && !d->items.drop)
		return 1;
	d->owed = d->answered < asked;
	if (push_lost(&d->items) && d->owed && push_number(d->items.ring, WQ_ITEM_BARRIER, asked)) {
		d->answered = asked;
		d->owed = false;
	}
	return again;
}

int wq_drain_run(struct wq_drain *d, struct wq_error *e)
{
	if (!d->is_thread)
		return drain_all(d, e);
	wq_wake_after(&d->tell, true);
	if (atomic_load_explicit(&d->failed, memory_order_acquire)) {
		*e = d->error;
		return -e->err;
	}
	return 0;
}

/* ---- The thread ---- */

/* How long to let records gather after @n were read: not at all where they come
 * one by one, and well under the time in which the queue fills. */
static int64_t pause_after(struct wq_drain *d, uint64_t n, unsigned depth)
{
	uint64_t now = wq_now_boottime(), since = now - d->last;
	int64_t quarter;

	d->last = now;
	if (since > n * (WQ_DRAIN_PAUSE / 4))
		return 0;
	quarter = (int64_t) (since * (depth / 4) / n);
	return quarter < WQ_DRAIN_PAUSE ? quarter : WQ_DRAIN_PAUSE;
}

static unsigned least_depth(const struct wq_drain *d)
{
	unsigned least = UINT32_MAX, i;

	for (i = 0; i < d->nsources; i++)
		if (d->sources[i]->depth && d->sources[i]->depth < least)
			least = d->sources[i]->depth;
	return least;
}

static int drain_until_stopped(struct wq_drain *d, struct wq_error *e)
{
	unsigned depth = least_depth(d);

	while (!atomic_load_explicit(&d->stop, memory_order_acquire)) {
		uint64_t before = d->items.taken, answered = d->answered, n;
		struct epoll_event ev;
		int64_t pause;
		bool full;
		int rc;

		rc = drain_all(d, e);
		if (rc < 0)
			return rc;
		if (d->items.taken != before || d->answered != answered)
			wq_wake_up(&d->tell);
		n = d->items.taken - before;
		pause = n ? pause_after(d, n, depth) : 0;
		if (rc || n > depth / 2)
			continue;	/* no time to lose */
		if (pause) {
			/* Not for so long, but until then: it may have been kept waiting. */
			uint64_t until = d->last + (uint64_t) pause;
			struct timespec ts = {
				.tv_sec = (time_t) (until / 1000000000), .tv_nsec = (long) (until % 1000000000),
			};

			clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, NULL);
			continue;
		}

		rc = 0;
		full = d->items.lost || d->owed;
		wq_wake_before(&d->ask);
		if (!atomic_load_explicit(&d->stop, memory_order_acquire) &&
		    (atomic_load_explicit(&d->asked, memory_order_acquire) == d->answered || full))
			rc = epoll_wait(d->epfd, &ev, 1, full ? WQ_RETRY_MS : -1);
		wq_wake_after(&d->ask, rc == 1 && ev.data.ptr == &d->ask);
	}
	return 0;
}

static void *run_thread(void *data)
{
	struct wq_drain *d = data;
	struct wq_error e = { 0 };

	if (d->realtime) {
		wq_realtime_guard(&d->demoted, &d->tell);
		wq_realtime_get(d->got, d->got_size);
	} else {
		snprintf(d->got, d->got_size, "as any other (--no-realtime)");
	}
	sem_post(&d->started);
	if (drain_until_stopped(d, &e)) {
		d->error = e;
		atomic_store_explicit(&d->failed, true, memory_order_release);
		wq_wake_up(&d->tell);
	}
	return NULL;
}

void wq_drain_prepare(struct wq_drain *d)
{
	wq_ring_reside(d->items.ring);
}

int wq_drain_start(struct wq_drain *d, bool realtime, char *got, size_t size)
{
	int rc;

	d->realtime = realtime;
	d->got = got;
	d->got_size = size;
	d->items.drop = true;
	d->last = wq_now_boottime();
	sem_init(&d->started, 0, 0);
	rc = pthread_create(&d->thread, NULL, run_thread, d);
	if (rc == 0) {
		while (sem_wait(&d->started))
			;		/* interrupted */
		pthread_setname_np(d->thread, "watchq-drain");
		d->is_thread = true;
	}
	return -rc;
}

bool wq_drain_is_thread(const struct wq_drain *d)
{
	return d->is_thread;
}

bool wq_drain_was_demoted(struct wq_drain *d)
{
	return atomic_load_explicit(&d->demoted, memory_order_relaxed) && atomic_exchange(&d->demoted, false);
}

static void *probe_thread(void *data)
{
	struct wq_drain *d = data;

	wq_realtime_get(d->got, d->got_size);
	return NULL;
}

bool wq_drain_probe(char *got, size_t size)
{
	struct wq_drain d = { .realtime = true, .got = got, .got_size = size };
	pthread_t thread;

	/* In a thread that ends: there is no way back from every policy. */
	if (pthread_create(&thread, NULL, probe_thread, &d))
		return false;
	pthread_join(thread, NULL);
	return strncmp(got, "SCHED_FIFO", 10) == 0;
}

/* ---- Setting up, and the engine's side ---- */

struct wq_drain *wq_drain_new(void)
{
	struct wq_drain *d = calloc(1, sizeof(*d));
	struct epoll_event ev = { .events = EPOLLIN };

	if (!d)
		return NULL;
	d->ask.fd = d->tell.fd = -1;
	d->epfd = epoll_create1(EPOLL_CLOEXEC);
	d->items.ring = wq_ring_new(WQ_RING_SIZE);
	ev.data.ptr = &d->ask;
	if (d->epfd < 0 || !d->items.ring || wq_wake_open(&d->ask) || wq_wake_open(&d->tell) ||
	    epoll_ctl(d->epfd, EPOLL_CTL_ADD, d->ask.fd, &ev)) {
		wq_drain_free(d);
		return NULL;
	}
	return d;
}

void wq_drain_free(struct wq_drain *d)
{
	if (!d)
		return;
	if (d->is_thread) {
		atomic_store_explicit(&d->stop, true, memory_order_release);
		wq_wake_up(&d->ask);
		pthread_join(d->thread, NULL);
		sem_destroy(&d->started);
	}
	wq_ring_free(d->items.ring);
	wq_wake_close(&d->ask);
	wq_wake_close(&d->tell);
	if (d->epfd >= 0)
		close(d->epfd);
	free(d);
}

int wq_drain_add(struct wq_drain *d, struct wq_source *s, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };

	if (d->nsources == WQ_DRAIN_SOURCES)
		return -E2BIG;
	if (epoll_ctl(d->epfd, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	d->sources[d->nsources++] = s;
	return 0;
}

void wq_drain_remove(struct wq_drain *d, const struct wq_source *s)
{
	unsigned i;

	for (i = 0; i < d->nsources; i++)
		if (d->sources[i] == s)
			d->sources[i--] = d->sources[--d->nsources];
}

int wq_drain_fd(const struct wq_drain *d)
{
	return d->is_thread ? d->tell.fd : d->epfd;
}

struct wq_ring_item *wq_drain_peek(struct wq_drain *d)
{
	return wq_ring_peek(d->items.ring);
}

void wq_drain_release(struct wq_drain *d)
{
	wq_ring_release(d->items.ring);
}

uint64_t wq_drain_barrier(struct wq_drain *d)
{
	uint64_t nr = atomic_fetch_add_explicit(&d->asked, 1, memory_order_acq_rel) + 1;

	if (d->is_thread)
		wq_wake_up(&d->ask);
	return nr;
}

bool wq_drain_before_wait(struct wq_drain *d)
{
	if (!d->is_thread)
		return atomic_load_explicit(&d->asked, memory_order_relaxed) != d->answered;
	wq_wake_before(&d->tell);
	return wq_ring_used(d->items.ring) > 0 || atomic_load_explicit(&d->failed, memory_order_acquire);
}
