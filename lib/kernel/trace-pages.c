// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/kbuffer.h>
#include <unistd.h>

#include "kernel/trace-pages.h"

/* kernel/trace/ring_buffer.c: RB_MISSED_EVENTS, RB_MISSED_STORED; what is below them is a length. */
#define WQ_MISSED	(UINT32_C(1) << 31)
#define WQ_STORED	(UINT32_C(1) << 30)
#define WQ_COMMIT	(WQ_STORED - 1)

#define WQ_TIMESTAMP	8u	/* bytes */
#define WQ_BEYOND	16u	/* bytes: an event's header at the end of a page may be read beyond it */

/* Named, as 1.7.1 takes SAME_AS_HOST for little-endian; and tep_kbuffer() for the other order. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WQ_ORDER	KBUFFER_ENDIAN_BIG
#else
#define WQ_ORDER	KBUFFER_ENDIAN_LITTLE
#endif

int wq_trace_pages_open(struct wq_trace_pages *p, int fd, size_t size, unsigned word)
{
	*p = (struct wq_trace_pages) { .fd = fd, .size = size, .word = word };
	p->page = malloc(size + WQ_BEYOND);
	p->kb = kbuffer_alloc(word == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4, WQ_ORDER);
	if (!p->page || !p->kb)
		return -ENOMEM;
	memset(p->page, 0xff, size + WQ_BEYOND);	/* in memory before the first read: drain.c */
	return 0;
}

void wq_trace_pages_close(struct wq_trace_pages *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	kbuffer_free(p->kb);
	free(p->page);
	p->kb = NULL;
	p->page = NULL;
	p->event = NULL;
}

/* The word behind the time stamp: flags, and how long the events are. */
static uint32_t commit(const struct wq_trace_pages *p)
{
	uint32_t narrow;
	uint64_t wide;

	if (p->word == 8) {
		memcpy(&wide, p->page + WQ_TIMESTAMP, sizeof(wide));
		return (uint32_t) wide;
	}
	memcpy(&narrow, p->page + WQ_TIMESTAMP, sizeof(narrow));
	return narrow;
}

/* Whether the events, and the count of those that were missed, are among the @n bytes that were read. */
static bool fits(const struct wq_trace_pages *p, size_t n)
{
	size_t head = WQ_TIMESTAMP + p->word;
	uint32_t flags = n < head ? 0 : commit(p);
	size_t stored = (flags & WQ_MISSED) && (flags & WQ_STORED) ? p->word : 0;

	return n >= head && (flags & WQ_COMMIT) + stored <= n - head;
}

/* kbuffer_missed_events() has forgotten it where the page begins with what is no event. */
static uint64_t missed_before(const struct wq_trace_pages *p)
{
	int n = kbuffer_missed_events(p->kb);

	if (!(commit(p) & WQ_MISSED))
		return 0;
	return n > 0 ? (uint64_t) n : 1;
}

/* Take @event as the next one, if it is in the page and behind the last one: a library that misreads
 * a page gives others, for ever. */
static void take(struct wq_trace_pages *p, const void *event, unsigned long long time)
{
	const unsigned char *at = event, *end = p->page + WQ_TIMESTAMP + p->word + (commit(p) & WQ_COMMIT);
	int len = event ? kbuffer_event_size(p->kb) : 0;
	bool is_good = event && at > p->page && at < end && len > 0 && len <= end - at && (!p->event || event > p->event);

	p->missed += event && !is_good;
	p->event = is_good ? event : NULL;
	p->len = is_good ? (unsigned) len : 0;
	p->time = time;
}

int wq_trace_pages_load(struct wq_trace_pages *p)
{
	while (!p->event) {
		ssize_t n = read(p->fd, p->page, p->size);
		unsigned long long time = 0;
		void *event;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n <= 0)
			return 0;
		if (!fits(p, (size_t) n)) {
			p->missed++;
			continue;
		}
		kbuffer_load_subbuffer(p->kb, p->page);
		p->missed += missed_before(p);
		event = kbuffer_read_event(p->kb, &time);
		take(p, event, time);
	}
	return 0;
}

int wq_trace_pages_next(struct wq_trace_pages *p)
{
	unsigned long long time = 0;
	void *event = kbuffer_next_event(p->kb, &time);

	take(p, event, time);
	return wq_trace_pages_load(p);
}
