// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>

#include "json.h"

char *json_safe_unsigned(char *p, uint64_t v)
{
	if (v <= WQC_JSON_SAFE_MAX)
		return put_unsigned(p, v);
	*p++ = '"';
	p = put_unsigned(p, v);
	*p++ = '"';
	return p;
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
	return put_hex(p + 4, (unsigned char) c);
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
		p = put_unsigned(p, (unsigned char) text[i]);
	}
	*p++ = ']';
	return p;
}
