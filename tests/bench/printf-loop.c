// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What watchq is measured against: reads a plain capture of gen's and prints, a
 * printf() a record, the lines that `watchq decode -J` prints of the annotated
 * one.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WQT_KEYS	1000

static char desc[WQT_KEYS][32];

int main(void)
{
	static unsigned char buf[65536 * 16];
	unsigned long seq = 0;
	size_t n, i;

	for (i = 0; i < WQT_KEYS; i++)
		snprintf(desc[i], sizeof(desc[i]), "cache:%05zu", i);
	while ((n = fread(buf, 16, sizeof(buf) / 16, stdin)) > 0) {
		for (i = 0; i < n; i++) {
			const unsigned char *rec = buf + 16 * i;
			unsigned long us = 1000000000 + seq;
			uint32_t key, aux;

			memcpy(&key, rec + 8, 4);
			memcpy(&aux, rec + 12, 4);
			seq++;
			printf("{\"seq\":%lu,\"time\":%lu.%06lu,\"boottime\":%lu.%06lu,\"type\":\"%s\",\"type_nr\":%d,"
			       "\"event\":\"%s\",\"event_nr\":%d,\"id\":%d,\"object\":\"%s\",\"key\":%u,"
			       "\"key_type\":\"%s\",\"description\":\"%s\",\"aux\":%u,\"aux_type\":\"%s\","
			       "\"aux_description\":\"%s\"}\n",
			       seq, 1700000000 + us / 1000000 - 1000, us % 1000000, us / 1000000, us % 1000000,
			       "key", rec[0], rec[3] == 2 ? "linked" : "unlinked", rec[3], rec[5], "@s", key,
			       "keyring", "_ses", aux, "user", desc[(seq - 1) % WQT_KEYS]);
		}
	}
	return fclose(stdout) ? 1 : 0;
}
