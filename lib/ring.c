// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A single-producer, single-consumer ring. head is written by the producer
 * alone, tail by the consumer alone; both only grow, and their difference is
 * the bytes in use. A piece never wraps: where it doesn't fit before the end,
 * the rest is marked as skipped.
 */
#include "config.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "ring.h"

#define HEADER	8	/* before each piece: its size with the header */
#define SKIP	(1u << 31)

struct wq_ring {
	size_t size;
	unsigned char *bytes;
	size_t reserved;		/* producer: head once it is committed */
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
	r->reserved = 0;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
	r->bytes = malloc(size);
	if (!r->bytes) {
		free(r);
		return NULL;
	}
	return r;
}

void wq_ring_free(struct wq_ring *r)
{
	if (!r)
		return;
	free(r->bytes);
	free(r);
}

static uint32_t *header_at(struct wq_ring *r, size_t pos)
{
	return (uint32_t *) (void *) (r->bytes + (pos & (r->size - 1)));
}

void *wq_ring_reserve(struct wq_ring *r, size_t size)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t need = (HEADER + size + 7) & ~(size_t) 7;
	size_t to_end = r->size - (head & (r->size - 1));
	size_t skip = need > to_end ? to_end : 0;

	if (r->size - (head - tail) < need + skip)
		return NULL;
	if (skip) {
		*header_at(r, head) = (uint32_t) skip | SKIP;
		head += skip;
	}
	*header_at(r, head) = (uint32_t) need;
	r->reserved = head + need;
	return r->bytes + (head & (r->size - 1)) + HEADER;
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
	if (*header_at(r, tail) & SKIP) {
		tail += *header_at(r, tail) & ~SKIP;
		atomic_store_explicit(&r->tail, tail, memory_order_release);
	}
	return r->bytes + (tail & (r->size - 1)) + HEADER;
}

void wq_ring_release(struct wq_ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(&r->tail, tail + *header_at(r, tail), memory_order_release);
}
