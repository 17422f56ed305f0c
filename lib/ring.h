/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_RING_H
#define WQ_RING_H

#include <stddef.h>

/** A bounded ring of pieces of any size, from one producer to one consumer,
 * which may be two threads. Each call says whose it is. */
struct wq_ring;

/** A ring of @bytes (rounded up to a power of two, 4 KiB at least), or NULL. */
struct wq_ring *wq_ring_new(size_t bytes);
void wq_ring_free(struct wq_ring *r);

/** Producer: room for a piece of @size bytes, aligned to 8; NULL when there is
 * none. Nothing is seen of it before wq_ring_commit(). */
void *wq_ring_reserve(struct wq_ring *r, size_t size);
/** Producer: hands over the piece that was reserved last. */
void wq_ring_commit(struct wq_ring *r);

/** Consumer: the oldest piece, or NULL. It stays until wq_ring_release(). */
void *wq_ring_peek(struct wq_ring *r);
/** Consumer: frees the piece that wq_ring_peek() gave. */
void wq_ring_release(struct wq_ring *r);

#endif
