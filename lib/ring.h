/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_RING_H
#define WQ_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A bounded ring of pieces of any size, from one producer to one consumer,
 * which may be two threads. Each call says whose it is. */
struct wq_ring;

/** What each piece begins with: the ring's own. */
struct wq_piece {
	uint32_t size;
};

/** A ring of @bytes (rounded up to a power of two, 4 KiB at least), or NULL. Memory is
 * taken when it is first written to, and given back when it was read. */
struct wq_ring *wq_ring_new(size_t bytes);
void wq_ring_free(struct wq_ring *r);
/** While it is empty and new: takes all its memory, and keeps it. No page fault, which
 * may have to wait for another thread, then stops the producer. */
void wq_ring_reside(struct wq_ring *r);

/** Producer: room for a piece of @size bytes, struct wq_piece counted, aligned
 * to 8; NULL when there is none. Nothing is seen of it before
 * wq_ring_commit(). */
void *wq_ring_reserve(struct wq_ring *r, size_t size);
/** Producer: hands over the piece that was reserved last. */
void wq_ring_commit(struct wq_ring *r);

/** Consumer: the oldest piece, or NULL. It stays until wq_ring_release(). */
void *wq_ring_peek(struct wq_ring *r);
/** Consumer: frees the piece that wq_ring_peek() gave. */
void wq_ring_release(struct wq_ring *r);

/** Either: bytes in use, as seen from here. */
size_t wq_ring_used(struct wq_ring *r);
size_t wq_ring_size(const struct wq_ring *r);

#endif
