/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers in records and notes, at any alignment and in either byte order. */
#ifndef WQ_RECORD_H
#define WQ_RECORD_H

#include <byteswap.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t wq_read_u16(const unsigned char *p, bool swapped)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swapped ? bswap_16(v) : v;
}

static inline uint32_t wq_read_u32(const unsigned char *p, bool swapped)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swapped ? bswap_32(v) : v;
}

static inline uint64_t wq_read_u64(const unsigned char *p, bool swapped)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swapped ? bswap_64(v) : v;
}

#endif
