// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/text.h"
#include "util/printable.h"

bool is_bidi_control(unsigned long c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t bidi_control_at(const char *p, size_t left)
{
	const unsigned char *b = (const unsigned char *) p;

	if (left > 1 && (b[0] & 0xe0) == 0xc0 && wq_text_continues(p[1]))
		return is_bidi_control((b[0] & 0x1fu) << 6 | (b[1] & 0x3fu)) ? 2 : 0;
	if (left > 2 && (b[0] & 0xf0) == 0xe0 && wq_text_continues(p[1]) && wq_text_continues(p[2]))
		return is_bidi_control((b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu)) ? 3 : 0;
	return 0;
}

size_t printable(const char *p, size_t left, unsigned *columns)
{
	mbstate_t state;
	wchar_t c;
	size_t n;
	int width;

	if (*p >= 0x20 && *p < 0x7f) {	/* ASCII in every locale that a terminal has */
		*columns = 1;
		return 1;
	}
	memset(&state, 0, sizeof(state));
	n = mbrtowc(&c, p, left, &state);
	if (n == 0 || n > left)		/* NUL, or no character of this locale */
		return 0;
	/* Not all versions of the C library have the C1 controls and these for unprintable. */
	if (!iswprint((wint_t) c) || (c >= 0x7f && c < 0xa0) || is_bidi_control((unsigned long) c))
		return 0;
	width = wcwidth(c);
	*columns = width > 0 ? (unsigned) width : 0;
	return n;
}
