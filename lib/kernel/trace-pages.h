/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The events of one processor, page by page: Documentation/trace/ring-buffer-design.rst. libtraceevent's
 * kbuffer parses a page; what it gives is checked. */
#ifndef WQ_TRACE_PAGES_H
#define WQ_TRACE_PAGES_H

#include <stddef.h>
#include <stdint.h>

struct kbuffer;

struct wq_trace_pages {
	int fd;			/* per_cpu/cpuN/trace_pipe_raw; -1: none */
	unsigned word;		/* bytes: wq_trace_format_word() */
	size_t size;		/* of a page, bytes */
	unsigned char *page;
	struct kbuffer *kb;
	const void *event;	/* the oldest one, in page; NULL: none was read */
	unsigned len;		/* of the event, bytes */
	uint64_t time;		/* of the event, by the clock of the trace, ns */
	uint64_t missed;	/* events before this one, at the least, not reported yet */
};

/** Read pages of @size bytes from @fd, which is *@p's. Return 0 or -ENOMEM; to be closed in any case. */
int wq_trace_pages_open(struct wq_trace_pages *p, int fd, size_t size, unsigned word);
void wq_trace_pages_close(struct wq_trace_pages *p);

/** Read pages until there is an event. Never waits; allocates nothing. Return 0, also if there is
 * none; -errno. A page that is not laid out as it should be is given up, and counts as one missed
 * event: how many it has is not known. */
int wq_trace_pages_load(struct wq_trace_pages *p);

/** Go to the next event, which may be in the next page. There is one. As wq_trace_pages_load(). */
int wq_trace_pages_next(struct wq_trace_pages *p);

#endif
