/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Side data: making it, and its notes. */
#ifndef WQ_SIDE_H
#define WQ_SIDE_H

#include "libwatchq.h"

/** Fills in a number, or a text, borrowed; NULL: it applies, but isn't known. */
static inline void wq_side_set(struct wq_side *side, enum wq_side_number n, uint64_t value)
{
	side->numbers_apply |= 1u << n;
	side->numbers_known |= 1u << n;
	side->numbers[n] = value;
}

static inline void wq_side_unknown(struct wq_side *side, enum wq_side_number n)
{
	side->numbers_apply |= 1u << n;
}

static inline void wq_side_set_text(struct wq_side *side, enum wq_side_text t, const char *text)
{
	side->texts_apply |= 1u << t;
	side->texts[t] = text;
}

/** A new one with one reference, that says what @side does: its texts are copied, text_len
 * is made. NULL without memory. */
struct wq_side *wq_side_new(const struct wq_side *side);

/** Counts that an event with @side is waiting, or no more: the bytes that this adds to
 * those of what events wait with, or takes from them. Any thread. */
size_t wq_side_wait(struct wq_side *side);
size_t wq_side_unwait(struct wq_side *side);

/* What a note says of it: u32 numbers that apply, u32 that are known, u32 texts that apply,
 * u32 that are known; then u64 for each number that is known, and each text that is, in
 * their order. Bits above those of this version have their numbers and texts, too: they are
 * passed over. */

/** Writes the payload to @to, which has room for WQ_NOTE_MAX bytes; longer texts are cut.
 * Returns its length. */
size_t wq_side_put(unsigned char *to, const struct wq_side *side);

/** Reads a payload of @len bytes. A new one; NULL: it is none, or there is no memory,
 * and *@what, in words. */
struct wq_side *wq_side_take(const unsigned char *from, size_t len, bool swapped, const char **what);

#endif
