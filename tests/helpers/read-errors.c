// SPDX-License-Identifier: GPL-2.0-or-later
/* Usage: read-errors DEVICE SECTOR COUNT [SPAN]: reads so many times, each time the next of
 * SPAN sectors (default: COUNT), past all caches. Prints how many failed, and the seconds. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char buf[512] __attribute__((aligned(4096)));

int main(int argc, char **argv)
{
	unsigned long sector, count, span, i, failed = 0;
	struct timespec from, to;
	int fd;

	if (argc < 4)
		return 2;
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	sector = strtoul(argv[2], NULL, 0);
	count = strtoul(argv[3], NULL, 0);
	span = argc > 4 ? strtoul(argv[4], NULL, 0) : count;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < count; i++)
		failed += pread(fd, buf, 512, (off_t) (sector + i % span) * 512) < 0;
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%lu %.6f\n", failed, (double) (to.tv_sec - from.tv_sec) + (double) (to.tv_nsec - from.tv_nsec) / 1e9);
	return 0;
}
