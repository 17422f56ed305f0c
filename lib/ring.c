// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A single-producer, single-consumer ring. head is written by the producer
 * alone, tail by the consumer alone; both only grow, and their difference is
 * the bytes in use. A piece never wraps: where it doesn't fit before the end,
 * the rest is marked as skipped. The memory of what has been read is given back
 * a chunk at a time, so that a ring without a backlog holds no more than one.
 */
#include "config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring.h"

#define WQ_SKIP		(1u << 31)
#define WQ_CHUNK	(256u << 10)	/* bytes that are given back at once */

struct wq_ring {
	size_t size;
	unsigned char *bytes;
	size_t reserved;		/* producer: head once it is committed */
	bool resident;
	size_t page;
	size_t given;			/* producer: memory before this is given back */
	_Alignas(64) _Atomic size_t head;
	_Alignas(64) _Atomic size_t tail;
};

struct wq_ring *wq_ring_new(size_t bytes)
{
	size_t size = 4096;
	struct wq_ring *r;

	while (size < bytes)
		size *= 2;
	r = aligned_alloc(64, sizeof(*r));
	if (!r)
		return NULL;
	r->size = size;
	r->page = (size_t) sysconf(_SC_PAGESIZE);
	r->reserved = r->given = 0;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
	r->resident = false;
	r->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->bytes == MAP_FAILED) {
		free(r);
		return NULL;
	}
	return r;
}

void wq_ring_reside(struct wq_ring *r)
{
	memset(r->bytes, 0xff, r->size);
	r->resident = true;
}

void wq_ring_free(struct wq_ring *r)
{
	if (!r)
		return;
	munmap(r->bytes, r->size);
	free(r);
}

static struct wq_piece *piece_at(struct wq_ring *r, size_t pos)
{
	return (struct wq_piece *) (void *) (r->bytes + (pos & (r->size - 1)));
}

/* Gives back the memory of what has been read, but for what has been written over
 * it: what is behind @tail, and not within a ring's length of @head. */
static void give_back(struct wq_ring *r, size_t head, size_t tail)
{
	size_t from = r->given, to = tail & ~(r->page - 1), offset, first;

	if (head > r->size && from < head - r->size)
		from = (head - r->size + r->page - 1) & ~(r->page - 1);
	r->given = to;
	if (from >= to)
		return;
	offset = from & (r->size - 1);
	first = to - from < r->size - offset ? to - from : r->size - offset;
	madvise(r->bytes + offset, first, MADV_DONTNEED);
	if (to - from > first)
		madvise(r->bytes, to - from - first, MADV_DONTNEED);
}

void *wq_ring_reserve(struct wq_ring *r, size_t size)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t need = (size + 7) & ~(size_t) 7;
	size_t to_end = r->size - (head & (r->size - 1));
	size_t skip = need > to_end ? to_end : 0;

	if (!r->resident && tail - r->given >= WQ_CHUNK)
		give_back(r, head, tail);
	if (r->size - (head - tail) < need + skip)
		return NULL;
	if (skip) {
		piece_at(r, head)->size = (uint32_t) skip | WQ_SKIP;
		head += skip;
	}
	piece_at(r, head)->size = (uint32_t) need;
	r->reserved = head + need;
	return piece_at(r, head);
}

void wq_ring_commit(struct wq_ring *r)
{
	atomic_store_explicit(&r->head, r->reserved, memory_order_release);
}

void *wq_ring_peek(struct wq_ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (tail == head)
		return NULL;
	if (piece_at(r, tail)->size & WQ_SKIP) {
		tail += piece_at(r, tail)->size & ~WQ_SKIP;
		atomic_store_explicit(&r->tail, tail, memory_order_release);
	}
	return piece_at(r, tail);
}

void wq_ring_release(struct wq_ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	/* Who looks next whether the producer waits for room must not do so earlier. */
	atomic_store_explicit(&r->tail, tail + piece_at(r, tail)->size, memory_order_seq_cst);
}

size_t wq_ring_used(struct wq_ring *r)
{
	/* The tail first: it can't have overtaken a head that is read later. */
	size_t tail = atomic_load_explicit(&r->tail, memory_order_seq_cst);

	return atomic_load_explicit(&r->head, memory_order_acquire) - tail;
}

size_t wq_ring_size(const struct wq_ring *r)
{
	return r->size;
}
