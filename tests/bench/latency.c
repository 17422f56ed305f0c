// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * latency N KEYRING COMMAND [ARGUMENT...]: how long from keyctl(2) to the line of
 * COMMAND, which watches KEYRING, on its standard output. N times it clears the
 * keyring and reads until a newline comes; with LATENCY_KEY, a key's serial in the
 * environment, it links and unlinks that by turns instead. Prints the median and the
 * 99th percentile, in microseconds. The first line must come within ten seconds.
 */
#include <errno.h>
#include <keyutils.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t) ts.tv_sec * 1000000000u + (uint64_t) ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return (x > y) - (x < y);
}

/* A line, at most @ms from now. */
static int read_line(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[4096];
	ssize_t n;

	do {
		if (poll(&pfd, 1, ms) <= 0)
			return 0;
		n = read(fd, buf, sizeof(buf));
	} while (n > 0 && !memchr(buf, '\n', (size_t) n));
	return n > 0;
}

/* The @i-th change of the keyring. */
static long change(key_serial_t ring, unsigned long i)
{
	const char *text = getenv("LATENCY_KEY");
	key_serial_t key = text ? (key_serial_t) atol(text) : 0;

	if (!key)
		return keyctl_clear(ring);
	return i % 2 ? keyctl_unlink(key, ring) : keyctl_link(key, ring);
}

int main(int argc, char **argv)
{
	unsigned long first = 0;
	unsigned long n = argc > 3 ? strtoul(argv[1], NULL, 10) : 0, i;
	key_serial_t ring = argc > 3 ? (key_serial_t) strtol(argv[2], NULL, 10) : 0;
	uint64_t *times = calloc(n + 1, sizeof(*times));
	struct timespec pause = { .tv_nsec = 2000000 };
	int fds[2], tries = 100;
	pid_t child;

	if (!n || !times || pipe(fds)) {
		fprintf(stderr, "usage: latency N KEYRING COMMAND [ARGUMENT...]\n");
		return 1;
	}
	child = fork();
	if (child == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	close(fds[1]);
	/* Nobody says when all of them stand: until the first line comes. */
	do
		change(ring, first++);
	while (!read_line(fds[0], 100) && --tries);
	while (read_line(fds[0], 1500))	/* longer than a backend that polls may take */
		;
	for (i = 0; tries && i < n; i++) {
		nanosleep(&pause, NULL);
		times[i] = now();
		if (change(ring, first + i) || !read_line(fds[0], 10000)) {
			fprintf(stderr, "latency: no line came\n");
			tries = 0;
		}
		times[i] = now() - times[i];
	}
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	if (!tries)
		return 1;
	qsort(times, n, sizeof(*times), compare);
	printf("%.0f %.0f\n", (double) times[n / 2] / 1e3, (double) times[n * 99 / 100] / 1e3);
	return 0;
}
