// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loop KEYRING [FILE]: the least that a reader of a notification pipe can be. A queue
 * of 512 records, 64 KiB a read(2). Without FILE it writes a line of fixed text a
 * record, with one write(2) a read; with FILE it writes nothing, and at SIGTERM how
 * many records and how many losses it saw to FILE. Says "ready" on standard error
 * when the watch stands.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WQT_NOTIFICATION_PIPE	O_EXCL
#define WQT_SET_SIZE		_IO('W', 0x60)
#define WQT_WATCH_KEY		32

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void) sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	static const char line[] = "{\"type\":\"key\",\"event\":\"linked\",\"key\":123456789,\"aux\":123456789}\n";
	static unsigned char buf[65536];
	static char out[8192 * sizeof(line)];
	struct sigaction act = { .sa_handler = on_term };
	unsigned long records = 0, losses = 0;
	struct pollfd pfd = { .events = POLLIN };
	int fds[2];

	if (argc < 2 || pipe2(fds, WQT_NOTIFICATION_PIPE | O_CLOEXEC | O_NONBLOCK) || ioctl(fds[0], WQT_SET_SIZE, 512) ||
	    syscall(SYS_keyctl, WQT_WATCH_KEY, atoi(argv[1]), fds[0], 1, 0) < 0) {
		perror("loop");
		return 1;
	}
	pfd.fd = fds[0];
	sigaction(SIGTERM, &act, NULL);
	fprintf(stderr, "ready\n");
	for (;;) {
		ssize_t n = read(fds[0], buf, sizeof(buf)), at;
		size_t len = 0;

		if (n <= 0) {
			if (stop)
				break;
			poll(&pfd, 1, 100);
			continue;
		}
		for (at = 0; at < n; ) {
			uint32_t info;

			memcpy(&info, buf + at + 4, sizeof(info));
			*(buf[at] == 0 && buf[at + 3] == 1 ? &losses : &records) += 1;
			at += info & 0x7f;
			if (argc == 2) {
				memcpy(out + len, line, sizeof(line) - 1);
				len += sizeof(line) - 1;
			}
		}
		if (len && write(STDOUT_FILENO, out, len) != (ssize_t) len)
			return 1;
	}
	if (argc > 2) {
		FILE *f = fopen(argv[2], "w");

		if (!f || fprintf(f, "%lu %lu\n", records, losses) < 0 || fclose(f))
			return 1;
	}
	return 0;
}
