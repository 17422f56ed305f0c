// SPDX-License-Identifier: GPL-2.0-or-later
/* pause MICROSECONDS: so long, more or less: to put what follows into a gap. */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	long us = argc > 1 ? atol(argv[1]) : 0;
	struct timespec ts = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	return nanosleep(&ts, NULL) != 0;
}
