/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_KEYS_H
#define WQ_KEYS_H

#include "libwatchq.h"

/** What keys are called: a bounded table from serial to name. A key may be gone
 * when a record of it is read, so names are kept; past the bound the one that
 * was unused longest goes. One thread's. */
struct wq_keys;

/** A table that holds names of @budget bytes together, or NULL. */
struct wq_keys *wq_keys_new(size_t budget);
void wq_keys_free(struct wq_keys *k);

/** The name of @serial, or NULL. Borrowed: good until the next change. */
struct wq_name *wq_keys_find(struct wq_keys *k, uint32_t serial);
/** Puts @n in, instead of what its serial was called before; takes a reference
 * of its own. 0 or -ENOMEM. */
int wq_keys_put(struct wq_keys *k, struct wq_name *n);
/** Takes @serial out, if it is there. */
void wq_keys_forget(struct wq_keys *k, uint32_t serial);
void wq_keys_clear(struct wq_keys *k);

/** Bytes in use, and how many names went because of the bound. */
size_t wq_keys_bytes(const struct wq_keys *k);
uint64_t wq_keys_evicted(const struct wq_keys *k);

#endif
