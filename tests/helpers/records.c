// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * records N [SEED]: N key records to standard output, without any of watchq's
 * code. records --random N [SEED]: N bytes of anything. records --cut FILE N:
 * the first N bytes of FILE.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

int main(int argc, char **argv)
{
	static unsigned char chunk[16 * 4096];
	int bytes = argc > 1 && strcmp(argv[1], "--random") == 0;
	unsigned long long n = argc > 1 + bytes ? strtoull(argv[1 + bytes], NULL, 10) : 0, i;
	uint32_t seed = argc > 2 + bytes ? (uint32_t) strtoul(argv[2 + bytes], NULL, 10) : 1;
	size_t fill = 0;

	for (i = 0; i < n; i++) {
		if (bytes) {
			chunk[fill++] = (unsigned char) next(&seed);
		} else {
			uint32_t rec[4] = { 1 | (2 + (uint32_t) (i & 1)) << 24, 0x110, 1000000, (uint32_t) (i % 5000) + 1 };

			memcpy(chunk + fill, rec, sizeof(rec));
			fill += sizeof(rec);
		}
		if (fill == sizeof(chunk) || i + 1 == n) {
			if (fwrite(chunk, 1, fill, stdout) != fill)
				return 1;
			fill = 0;
		}
	}
	return fflush(stdout) ? 1 : 0;
}
