// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "parse.h"

bool parse_time(const char *text, int64_t *ns)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {
		{ "ns", 1e-9 }, { "us", 1e-6 }, { "ms", 1e-3 }, { "s", 1 },
		{ "m", 60 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	const char *start = text;
	double total = 0;

	errno = EINVAL;
	if (!*text)
		return false;
	while (*text) {
		size_t digits = strspn(text, "0123456789."), len, i;
		char *end;
		double v, scale = -1;

		v = strtod(text, &end);
		/* No signs, no exponents, no hex, no "inf". */
		if (digits == 0 || end != text + digits)
			return false;
		for (len = 0; ascii_is_letter(end[len]); len++)
			;
		if (len == 0 && *end == '\0' && text == start)
			scale = 1;
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strlen(units[i].unit) == len && memcmp(units[i].unit, end, len) == 0)
				scale = units[i].seconds;
		if (scale < 0)
			return false;
		total += v * scale;
		text = end + len;
	}
	if (total > 9e9) {	/* 285 years */
		errno = ERANGE;
		return false;
	}
	*ns = (int64_t) (total * 1e9);
	return true;
}

bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *v)
{
	char *end;

	if (!ascii_is_digit(*text))
		return false;
	errno = 0;
	*v = strtoull(text, &end, 10);
	return !errno && !*end && *v >= min && *v <= max;
}

bool parse_size(const char *text, uint64_t min, uint64_t max, size_t *size)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t v, scale = 1;
	char *end;

	if (!ascii_is_digit(*text))
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	unit = *end ? strchr(units, ascii_upper(*end)) : NULL;
	if (unit) {
		scale = UINT64_C(1) << 10 * (unit - units + 1);
		end++;
		/* As in util-linux: K and KiB are the same. */
		if (strcmp(end, "iB") == 0)
			end += 2;
	}
	if (errno || *end || v > max / scale || v * scale < min)
		return false;
	*size = (size_t) (v * scale);
	return true;
}
