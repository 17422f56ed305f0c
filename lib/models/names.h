/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_NAMES_H
#define WQ_NAMES_H

#include "libwatchq.h"

/** A new name with one reference, its texts copied; NULL without memory. */
struct wq_name *wq_name_new(uint32_t serial, uint32_t uid, uint32_t gid, uint32_t perm,
			    const char *type, size_t type_len,
			    const char *desc, size_t desc_len);

/** A copy of @n, with one reference, that says the key does not expire before @expires
 * (0: no such time is known). NULL without memory. */
struct wq_name *wq_name_with_expiry(const struct wq_name *n, uint64_t expires);

/** Whether they say the same; and whether they do but for the expiry. */
bool wq_name_equal(const struct wq_name *a, const struct wq_name *b);
bool wq_name_same_attributes(const struct wq_name *a, const struct wq_name *b);

/** Counts that an event with @n is waiting, or no more: the bytes that this adds
 * to those of names that events wait with, or takes from them. Any thread. */
size_t wq_name_wait(struct wq_name *n);
size_t wq_name_unwait(struct wq_name *n);

#endif
