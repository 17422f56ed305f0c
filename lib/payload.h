/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a note, one thing after the other. */
#ifndef WQ_PAYLOAD_H
#define WQ_PAYLOAD_H

#include <string.h>

#include "record.h"

/* Takes a payload apart; ok turns false at the first thing that isn't there. */
struct reader {
	const unsigned char *p, *end;
	bool swapped, ok;
};

static inline void take(struct reader *r, void *to, size_t len)
{
	if (!r->ok || (size_t) (r->end - r->p) < len) {
		r->ok = false;
		memset(to, 0, len);
		return;
	}
	memcpy(to, r->p, len);
	r->p += len;
}

static inline uint32_t take_u32(struct reader *r)
{
	unsigned char v[4];

	take(r, v, sizeof(v));
	return wq_read_u32(v, r->swapped);
}

static inline uint64_t take_u64(struct reader *r)
{
	unsigned char v[8];

	take(r, v, sizeof(v));
	return wq_read_u64(v, r->swapped);
}

static inline uint16_t take_u16(struct reader *r)
{
	unsigned char v[2];

	take(r, v, sizeof(v));
	return wq_read_u16(v, r->swapped);
}

static inline uint8_t take_u8(struct reader *r)
{
	uint8_t v;

	take(r, &v, sizeof(v));
	return v;
}

/* Good as long as the payload is; "" where there is none. */
static inline const char *take_text(struct reader *r)
{
	const unsigned char *nul = r->ok ? memchr(r->p, '\0', (size_t) (r->end - r->p)) : NULL;
	const char *text = (const char *) r->p;

	if (!nul) {
		r->ok = false;
		return "";
	}
	r->p = nul + 1;
	return text;
}

#endif
