// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON's pieces: numbers of every length, and how much they write. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../../watchq/json.h"
#include "tap.h"

static unsigned wrong;

static void same(const char *what, uint64_t v, const char *end, const char *found, const char *expected)
{
	size_t len = strlen(expected);

	if ((size_t) (end - found) == len && memcmp(found, expected, len) == 0)
		return;
	wrong++;
	printf("# %s of %" PRIu64 ": %.*s\n", what, v, (int) (end - found), found);
}

static void number(uint64_t v)
{
	char found[WQC_NUMBER_ROOM + 8], expected[32];

	memset(found, 'x', sizeof(found));
	snprintf(expected, sizeof(expected), "%" PRIu64, v);
	same("put_unsigned", v, put_unsigned(found, v), found, expected);
	wrong += found[WQC_NUMBER_ROOM] != 'x';
	snprintf(expected, sizeof(expected), v > UINT64_C(9007199254740992) ? "\"%" PRIu64 "\"" : "%" PRIu64, v);
	same("json_safe_unsigned", v, json_safe_unsigned(found, v), found, expected);
	snprintf(expected, sizeof(expected), "%" PRIu64 ".%06" PRIu64, v / 1000000000, v / 1000 % 1000000);
	same("put_seconds", v, put_seconds(found, v), found, expected);
}

int main(void)
{
	uint64_t v, power, random = 1;
	unsigned i;

	for (v = 0; v <= 200000; v++)
		number(v);
	ok(wrong == 0, "all numbers to 200,000");
	for (power = 10, i = 0; i < 19; power *= 10, i++)
		for (v = power - 2; v <= power + 2; v++)
			number(v);
	number(UINT64_MAX);
	number(UINT64_C(9007199254740992));
	number(UINT64_C(9007199254740993));
	ok(wrong == 0, "where one more digit is needed, and the greatest");
	for (i = 0; i < 1000000; i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		number(random >> (random >> 58));
	}
	ok(wrong == 0, "a million of every length");
	return tap_done();
}
