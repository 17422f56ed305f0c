// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * burst N KEYRING [LOG]: N times, as fast as it can, updates a key in KEYRING,
 * unlinks it and adds it again: 2 N records are posted on the keyring. Prints the
 * seconds that took. LOG gets what was posted, a line each: "unlinked SERIAL" or
 * "linked SERIAL".
 *
 * burst --endless KEYRING: the same until it is killed.
 *
 * burst --link N KEYRING KEY...: links the keys into KEYRING by turns, N times in all,
 * with a pause now and then in which the half of a queue that they fill can be read.
 */
#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int link_keys(unsigned long n, key_serial_t ring, char **keys, int nkeys)
{
	unsigned long i;

	for (i = 0; nkeys > 0 && i < n; i++) {
		if (keyctl_link((key_serial_t) atol(keys[i % (unsigned) nkeys]), ring)) {
			perror("burst --link");
			return 1;
		}
		if (i % 256 == 255)
			usleep(2000);
	}
	return 0;
}

static int endless(key_serial_t ring)
{
	key_serial_t key;

	/* A user's quota is free again when the kernel has collected what was unlinked. */
	do
		while ((key = add_key("user", "burst", "x", 1, ring)) < 0 && errno == EDQUOT)
			usleep(1000);
	while (key > 0 && !keyctl_update(key, "y", 1) && !keyctl_unlink(key, ring));
	perror("burst --endless");
	return 1;
}

static int burst(int argc, char **argv)
{
	unsigned long n = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, i;
	key_serial_t ring = argc > 2 ? (key_serial_t) strtol(argv[2], NULL, 10) : 0;
	key_serial_t *serials = calloc(n + 1, sizeof(*serials));
	struct timespec from, to;
	FILE *log;

	if (!n || !serials) {
		fprintf(stderr, "usage: burst N KEYRING [LOG]\n");
		return 1;
	}
	serials[0] = add_key("user", "burst", "x", 1, ring);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < n; i++) {
		if (serials[i] < 0 || keyctl_update(serials[i], "y", 1) || keyctl_unlink(serials[i], ring))
			break;
		serials[i + 1] = add_key("user", "burst", "x", 1, ring);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (i < n || serials[n] < 0) {
		perror("burst");
		return 1;
	}
	printf("%.3f\n", (double) (to.tv_sec - from.tv_sec) + (double) (to.tv_nsec - from.tv_nsec) / 1e9);

	log = argc > 3 ? fopen(argv[3], "w") : NULL;
	for (i = 0; log && i < n; i++)
		fprintf(log, "unlinked %d\nlinked %d\n", serials[i], serials[i + 1]);
	free(serials);
	return log && fclose(log) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc > 4 && strcmp(argv[1], "--link") == 0)
		return link_keys(strtoul(argv[2], NULL, 10), (key_serial_t) atol(argv[3]), argv + 4, argc - 4);
	if (argc > 2 && strcmp(argv[1], "--endless") == 0)
		return endless((key_serial_t) atol(argv[2]));
	return burst(argc, argv);
}
