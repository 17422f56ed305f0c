// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <endian.h>

#include "digits.h"

const char digit_pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

#define WQC_ZEROS	UINT64_C(0x3030303030303030)
#define WQC_EIGHT	100000000u	/* what eight digits can't say */

/* The eight digits of @v, each in a byte, the first in the lowest: halved, and the
 * halves in one register halved again, with a multiplication for a division. */
static uint64_t digits8(uint32_t v)
{
	uint64_t x = v / 10000 | (uint64_t) (v % 10000) << 32, q;

	q = (x * 10486 >> 20) & UINT64_C(0x0000007f0000007f);		/* of each / 100 */
	x = q + ((x - 100 * q) << 16);
	q = (x * 103 >> 10) & UINT64_C(0x000f000f000f000f);		/* of each / 10 */
	return q + ((x - 10 * q) << 8);
}

static char *put_eight(char *p, uint64_t digits, unsigned skip)
{
	digits = htole64((digits | WQC_ZEROS) >> 8 * skip);
	memcpy(p, &digits, sizeof(digits));
	return p + 8 - skip;
}

char *put_unsigned(char *p, uint64_t v)
{
	uint64_t digits;

	if (v >= WQC_EIGHT)
		return put_eight(put_unsigned(p, v / WQC_EIGHT), digits8((uint32_t) (v % WQC_EIGHT)), 0);
	digits = digits8((uint32_t) v);
	return put_eight(p, digits, digits ? (unsigned) __builtin_ctzll(digits) / 8 : 7);
}

char *put_seconds(char *p, uint64_t ns)
{
	p = put_unsigned(p, ns / 1000000000);
	*p++ = '.';
	return put_fraction(p, (uint32_t) (ns % 1000000000));
}
