// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <endian.h>
#include <string.h>

#include "json.h"

const char json_pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

#define ZEROS	UINT64_C(0x3030303030303030)
#define EIGHT	100000000u	/* what eight digits can't say */

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

static char *put_digits(char *p, uint64_t digits, unsigned skip)
{
	digits = htole64((digits | ZEROS) >> 8 * skip);
	memcpy(p, &digits, sizeof(digits));
	return p + 8 - skip;
}

char *json_unsigned(char *p, uint64_t v)
{
	uint64_t digits;

	if (v >= EIGHT)
		return put_digits(json_unsigned(p, v / EIGHT), digits8((uint32_t) (v % EIGHT)), 0);
	digits = digits8((uint32_t) v);
	return put_digits(p, digits, digits ? (unsigned) __builtin_ctzll(digits) / 8 : 7);
}

char *json_safe_unsigned(char *p, uint64_t v)
{
	if (v <= JSON_SAFE_MAX)
		return json_unsigned(p, v);
	*p++ = '"';
	p = json_unsigned(p, v);
	*p++ = '"';
	return p;
}

char *json_seconds(char *p, uint64_t ns)
{
	p = json_unsigned(p, ns / 1000000000);
	*p++ = '.';
	return json_fraction(p, (uint32_t) (ns % 1000000000));
}

/* Bytes of the UTF-8 character at @s, or 0: RFC 3629, section 4. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	unsigned char c = s[0], low = 0x80, high = 0xbf;
	size_t n, i;

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf) {
		n = 2;
	} else if (c >= 0xe0 && c <= 0xef) {
		n = 3;
		low = c == 0xe0 ? 0xa0 : low;
		high = c == 0xed ? 0x9f : high;
	} else if (c >= 0xf0 && c <= 0xf4) {
		n = 4;
		low = c == 0xf0 ? 0x90 : low;
		high = c == 0xf4 ? 0x8f : high;
	} else {
		return 0;
	}
	if (n > left || s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

bool is_utf8(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *) text;
	size_t i = 0;

	while (i < len) {
		size_t n = utf8_length(s + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

static char *escape(char *p, unsigned c)
{
	static const char digits[] = "0123456789abcdef";
	static const char shorthand[] = "\bb\ff\nn\rr\tt";
	const char *s;

	for (s = shorthand; *s; s += 2) {
		if ((unsigned char) *s == c) {
			*p++ = '\\';
			*p++ = s[1];
			return p;
		}
	}
	memcpy(p, "\\u00", 4);
	p[4] = digits[c >> 4];
	p[5] = digits[c & 15];
	return p + 6;
}

char *json_string(char *p, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *) text;
	size_t i;

	*p++ = '"';
	for (i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\') {
			*p++ = '\\';
			*p++ = (char) c;
		} else if (c < 0x20 || c == 0x7f) {
			p = escape(p, c);
		} else if (c == 0xc2 && s[i + 1] < 0xa0) {	/* U+0080 to U+009F */
			p = escape(p, s[++i]);
		} else {
			*p++ = (char) c;
		}
	}
	*p++ = '"';
	return p;
}

char *json_bytes(char *p, const char *text, size_t len)
{
	size_t i;

	*p++ = '[';
	for (i = 0; i < len; i++) {
		if (i)
			*p++ = ',';
		p = json_unsigned(p, (unsigned char) text[i]);
	}
	*p++ = ']';
	return p;
}
