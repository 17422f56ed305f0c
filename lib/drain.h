/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_DRAIN_H
#define WQ_DRAIN_H

#include <stdatomic.h>

#include "ring.h"
#include "source.h"

/** The drain: what takes items from the sources' queues, stamps them and pushes
 * them to a ring, in a thread of its own or in the engine's. */

enum wq_item_kind {
	WQ_ITEM_RECORD,		/* of a source */
	WQ_ITEM_LOST,		/* number: so many had no room in the ring */
	WQ_ITEM_BARRIER,	/* number: all that was posted before it was asked for
				 * stands before this */
};

/** One piece of the ring. */
struct wq_ring_item {
	struct wq_piece piece;
	uint8_t kind;		/* enum wq_item_kind */
	uint8_t len;		/* bytes of data */
	uint16_t source;
	union {
		uint64_t boottime;
		uint64_t number;
	};
	unsigned char data[];
};

/** Where a source pushes. The drain's; @ring is also the engine's to read. */
struct wq_items {
	struct wq_ring *ring;
	bool drop;		/* what has no room is counted and dropped */
	uint64_t lost;		/* so many, of which the ring doesn't tell yet */
	uint64_t taken;		/* records that were pushed or dropped */
};

/** Pushes a record. 0; 1: there is no room, try again later (not with drop). */
int wq_items_push(struct wq_items *items, unsigned source, uint64_t boottime,
		  const unsigned char *data, unsigned len);

struct wq_drain;

/** A drain without sources. NULL without memory or descriptors, see errno. */
struct wq_drain *wq_drain_new(void);
/** Stops the thread, if there is one. */
void wq_drain_free(struct wq_drain *d);

/** Adds a source whose queue polls readable at @fd. 0 or -errno. */
int wq_drain_add(struct wq_drain *d, struct wq_source *s, int fd);
/** Nothing of @s is drained any more. Not while the thread runs. */
void wq_drain_remove(struct wq_drain *d, const struct wq_source *s);

/** Before the first watch stands: what takes time before the thread can start. */
void wq_drain_prepare(struct wq_drain *d);
/** Starts the thread. @realtime: it asks to be scheduled before all others;
 * what it got is written to @got, of @size bytes. 0 or -errno. */
int wq_drain_start(struct wq_drain *d, bool realtime, char *got, size_t size);
bool wq_drain_is_thread(const struct wq_drain *d);
/** Engine: whether the thread is not scheduled in real time any more, having exceeded RLIMIT_RTTIME; true once. */
bool wq_drain_was_demoted(struct wq_drain *d);

/** Engine: a descriptor that polls readable when there is something to take or
 * to drain. */
int wq_drain_fd(const struct wq_drain *d);
/** Engine: before it looks for items; drains, if no thread does. 1: there may
 * be more at once; 0; -errno with *@e: also if the thread has failed. */
int wq_drain_run(struct wq_drain *d, struct wq_error *e);
/** Engine: the oldest item, or NULL; it stays until released. */
struct wq_ring_item *wq_drain_peek(struct wq_drain *d);
void wq_drain_release(struct wq_drain *d);
/** Engine: asks for a WQ_ITEM_BARRIER; returns its number. It comes at the
 * earliest from the next wq_drain_run() on. */
uint64_t wq_drain_barrier(struct wq_drain *d);
/** Engine: before it waits. True: it need not, there is more. */
bool wq_drain_before_wait(struct wq_drain *d);

/** The longest that the thread lets records gather where they come fast, ns. */
#define WQ_DRAIN_PAUSE	2000000

/** How a thread that asks for it would be scheduled here, in words; true if that
 * is real time. */
bool wq_drain_probe(char *got, size_t size);

#endif
