// SPDX-License-Identifier: LGPL-2.1-or-later
/* Side data: immutable, shared by reference between the threads. */
#include "config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "note.h"
#include "payload.h"
#include "side.h"

/* What the public structure is the beginning of. */
struct counted_side {
	struct wq_side side;
	_Atomic unsigned refs;
	_Atomic unsigned waiting;	/* events in a backlog */
	char text[];
};

struct wq_side *wq_side_new(const struct wq_side *side)
{
	struct counted_side *c;
	size_t len = 0;
	unsigned i;
	char *p;

	for (i = 0; i < WQ_SIDE_TEXTS; i++)
		len += side->texts[i] ? strlen(side->texts[i]) + 1 : 0;
	c = malloc(sizeof(*c) + len);
	if (!c)
		return NULL;
	c->side = *side;
	c->side.text_len = len;
	for (i = 0, p = c->text; i < WQ_SIDE_TEXTS; i++) {
		size_t n = side->texts[i] ? strlen(side->texts[i]) + 1 : 0;

		if (!n)
			continue;
		c->side.texts[i] = memcpy(p, side->texts[i], n);
		p += n;
	}
	atomic_init(&c->refs, 1);
	atomic_init(&c->waiting, 0);
	return &c->side;
}

struct wq_side *wq_side_ref(struct wq_side *side)
{
	if (side)
		atomic_fetch_add_explicit(&((struct counted_side *) side)->refs, 1, memory_order_relaxed);
	return side;
}

void wq_side_unref(struct wq_side *side)
{
	struct counted_side *c = (struct counted_side *) side;

	if (c && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
		free(c);
}

static size_t bytes_of(const struct wq_side *side)
{
	return sizeof(struct counted_side) + side->text_len;
}

size_t wq_side_wait(struct wq_side *side)
{
	struct counted_side *c = (struct counted_side *) side;

	return c && atomic_fetch_add_explicit(&c->waiting, 1, memory_order_relaxed) == 0 ? bytes_of(side) : 0;
}

size_t wq_side_unwait(struct wq_side *side)
{
	struct counted_side *c = (struct counted_side *) side;

	return c && atomic_fetch_sub_explicit(&c->waiting, 1, memory_order_relaxed) == 1 ? bytes_of(side) : 0;
}

/* ---- Notes ---- */

static unsigned char *put(unsigned char *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

size_t wq_side_put(unsigned char *to, const struct wq_side *side)
{
	uint32_t bits[] = { side->numbers_apply, side->numbers_known, side->texts_apply, 0 };
	unsigned char *p = to + sizeof(bits);
	unsigned i;

	for (i = 0; i < WQ_SIDE_NUMBERS; i++)
		if (side->numbers_known & 1u << i)
			p = put(p, &side->numbers[i], sizeof(side->numbers[i]));
	for (i = 0; i < WQ_SIDE_TEXTS; i++) {
		/* The NULs of those that follow fit in any case. */
		size_t room = (size_t) (to + WQ_NOTE_MAX - p) - (WQ_SIDE_TEXTS - i), len;

		if (!side->texts[i])
			continue;
		bits[3] |= 1u << i;
		len = strlen(side->texts[i]);
		p = put(p, side->texts[i], len < room ? len : room);
		*p++ = '\0';
	}
	memcpy(to, bits, sizeof(bits));
	return (size_t) (p - to);
}

struct wq_side *wq_side_take(const unsigned char *from, size_t len, bool swapped, const char **what)
{
	struct reader r = { .p = from, .end = from + len, .swapped = swapped, .ok = true };
	struct wq_side side = { .numbers_apply = take_u32(&r) }, *made;
	uint32_t numbers, texts;
	unsigned i;

	numbers = take_u32(&r);
	side.texts_apply = take_u32(&r);
	texts = take_u32(&r);
	side.numbers_known = numbers & ((1u << WQ_SIDE_NUMBERS) - 1);
	for (i = 0; i < 32; i++)
		if (numbers & 1u << i) {
			uint64_t number = take_u64(&r);

			if (i < WQ_SIDE_NUMBERS)
				side.numbers[i] = number;
		}
	for (i = 0; i < 32; i++)
		if (texts & 1u << i) {
			const char *text = take_text(&r);

			if (i < WQ_SIDE_TEXTS)
				side.texts[i] = text;
		}
	if (!r.ok) {
		*what = "it describes no event's side data";
		return NULL;
	}
	made = wq_side_new(&side);
	if (!made)
		*what = "out of memory";
	return made;
}
