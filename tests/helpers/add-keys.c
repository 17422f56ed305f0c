// SPDX-License-Identifier: GPL-2.0-or-later
/* add-keys N KEYRING [SECONDS [FIRST]]: adds N keys to KEYRING, as fast as it can, with a
 * time-out if SECONDS are not 0. Their names are many-FIRST (from 0) and so on. Prints
 * their serials. */
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	unsigned long n = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, i;
	key_serial_t ring = argc > 2 ? (key_serial_t) strtol(argv[2], NULL, 10) : 0;
	unsigned seconds = argc > 3 ? (unsigned) strtoul(argv[3], NULL, 10) : 0;
	unsigned long first = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;

	for (i = 0; i < n; i++) {
		char desc[32];
		key_serial_t key;

		snprintf(desc, sizeof(desc), "many-%lu", first + i);
		key = add_key("user", desc, "x", 1, ring);
		if (key < 0 || (seconds && keyctl_set_timeout(key, seconds))) {
			perror("add-keys");
			return 1;
		}
		printf("%d\n", key);
	}
	return 0;
}
