/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in decimal digits, written to where there is room. */
#ifndef WQC_DIGITS_H
#define WQC_DIGITS_H

#include <stdint.h>
#include <string.h>

#define WQC_NUMBER_ROOM	24	/* bytes that any of these may need */

extern const char digit_pairs[201];	/* 00 to 99 */

/* Each returns where it stopped, and may have written up to eight bytes, whatever
 * they come to. */
char *put_unsigned(char *p, uint64_t v);
/* Two digits, of a number below 100. */
static inline char *put_two(char *p, unsigned v)
{
	memcpy(p, digit_pairs + 2 * v, 2);
	return p + 2;
}

/* A byte as two hexadecimal digits. */
static inline char *put_hex(char *p, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	p[0] = digits[byte >> 4];
	p[1] = digits[byte & 15];
	return p + 2;
}

#define WQC_FRACTION_BITS	57

/* Nanoseconds, less than a second, as six digits: of a fixed-point number, which is
 * too great by less than a nanosecond, two before the point at a time. */
static inline char *put_fraction(char *p, uint32_t ns)
{
	const uint64_t one = UINT64_C(1) << WQC_FRACTION_BITS;
	uint64_t x = ns * (one / 10000000 + 1);

	p = put_two(p, (unsigned) (x >> WQC_FRACTION_BITS));
	x = (x & (one - 1)) * 100;
	p = put_two(p, (unsigned) (x >> WQC_FRACTION_BITS));
	x = (x & (one - 1)) * 100;
	return put_two(p, (unsigned) (x >> WQC_FRACTION_BITS));
}

/* Nanoseconds, as seconds with six digits behind the point. */
char *put_seconds(char *p, uint64_t ns);

#endif
