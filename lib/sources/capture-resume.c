// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where a capture that cannot be read from some place on can be read again: at its next header. */
#include "config.h"

#include <string.h>

#include "sources/capture.h"

#define WQ_MAGIC_LEN	(sizeof(WQ_NOTE_MAGIC) - 1)
#define WQ_FIXED_LEN	(WQ_RECORD_MIN + WQ_MAGIC_LEN + 4 + 2 + 2)	/* a header up to its boot ID */

static bool is_header_in_order(const unsigned char *p, bool swapped)
{
	const unsigned char *order = p + WQ_RECORD_MIN + WQ_MAGIC_LEN;
	struct wq_record rec;

	wq_record_header(&rec, p, swapped);
	return wq_capture_is_header(&rec) && wq_read_u32(order, swapped) == WQ_NOTE_ORDER &&
	       wq_read_u16(order + 4, swapped) == WQ_NOTE_VERSION && wq_read_u16(order + 6, swapped) == 0;
}

/* Whether WQ_FIXED_LEN bytes at @p are a header's, in either byte order. Fewer could be a part of names
 * in a note: no name has the NULs of version 1. */
static bool is_header(const unsigned char *p)
{
	return is_header_in_order(p, false) || is_header_in_order(p, true);
}

/* The first header that begins in @len bytes at @p, up to its boot ID; NULL: none does. */
static const unsigned char *find(const unsigned char *p, size_t len)
{
	const unsigned char *end = p + len, *magic;

	for (; len >= WQ_FIXED_LEN; p++, len = (size_t) (end - p)) {
		magic = memmem(p + WQ_RECORD_MIN, len - (WQ_FIXED_LEN - WQ_MAGIC_LEN), WQ_NOTE_MAGIC, WQ_MAGIC_LEN);
		if (!magic)
			return NULL;
		p = magic - WQ_RECORD_MIN;
		if (is_header(p))
			return p;
	}
	return NULL;
}

bool wq_capture_has_header_inside(const struct capture *c, uint64_t offset, size_t len)
{
	const unsigned char *start = c->walk.buf + (offset - c->walk.base), *end = c->walk.buf + c->walk.len, *header;

	/* Its magic may be behind the record's end. */
	header = len > 1 ? find(start + 1, (size_t) (end - start - 1) < len + WQ_CAPTURE_AHEAD ?
				(size_t) (end - start - 1) : len + WQ_CAPTURE_AHEAD) : NULL;
	return header && header < start + len;
}

void wq_capture_skip_from(struct capture *c, uint64_t offset)
{
	size_t pos = (size_t) (offset - c->walk.base);

	/* A note that was cut ends where a header begins; a header that is bad itself is not tried again. */
	c->walk.pos = offset != c->resumed && c->walk.len - pos >= WQ_FIXED_LEN && is_header(c->walk.buf + pos) ? pos : pos + 1;
	c->skipping = true;
	c->parts->next = 0;
	c->last = c->last_path = NULL;
	wq_capture_forget_event(c);
}

bool wq_capture_find_header(struct capture *c)
{
	const unsigned char *start = c->walk.buf + c->walk.pos, *header = find(start, c->walk.len - c->walk.pos);
	size_t kept = WQ_FIXED_LEN - 1;	/* a header may have begun there */

	if (!header) {
		if (c->walk.len - c->walk.pos > kept)
			c->walk.pos = c->walk.len - kept;
		return false;
	}
	c->walk.pos += (size_t) (header - start);
	c->resumed = c->walk.base + c->walk.pos;
	c->skipping = c->started = false;
	return true;
}
