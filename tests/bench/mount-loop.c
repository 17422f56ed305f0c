// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mount-loop: the least that can tell what was mounted and unmounted in its mount
 * namespace: fanotify's events of mounts, and one statmount(2) for each that came.
 * Writes nothing; says "ready" on standard error when the mark stands. At SIGTERM it
 * reads what there still is and prints how many records it saw, and how many of the
 * mounts were gone again when it asked.
 *
 * mount-loop probe: can it be done here? Status 0: yes; else it says what fails.
 * mount-loop read N: reads all of mountinfo N times, prints the seconds that one took.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* From include/uapi/linux/fanotify.h, 6.15. */
#ifndef FAN_REPORT_MNT
#define FAN_REPORT_MNT		0x00004000
#define FAN_MARK_MNTNS		0x00000110
#define FAN_MNT_ATTACH		0x01000000
#define FAN_MNT_DETACH		0x02000000
#endif

struct record {		/* a fanotify_event_metadata and a fanotify_event_info_mnt */
	uint32_t event_len;
	uint8_t vers, reserved;
	uint16_t metadata_len;
	uint64_t mask;
	int32_t fd, pid;
	uint8_t type, pad;
	uint16_t len;
	uint32_t hole;
	uint64_t mnt_id;
};

/* From include/uapi/linux/mount.h: a struct mnt_id_req of 6.8, and STATMOUNT_... of 6.13. */
struct request {
	uint32_t size, spare;
	uint64_t mnt_id, param;
};

enum {
	WQT_SB_BASIC = 0x01,
	WQT_MNT_BASIC = 0x02,
	WQT_MNT_ROOT = 0x08,
	WQT_MNT_POINT = 0x10,
	WQT_FS_TYPE = 0x20,
	WQT_MNT_OPTS = 0x80,
	WQT_SB_SOURCE = 0x200,
	WQT_ALL = WQT_SB_BASIC | WQT_MNT_BASIC | WQT_MNT_ROOT | WQT_MNT_POINT | WQT_FS_TYPE | WQT_MNT_OPTS | WQT_SB_SOURCE,
};

/* 6.8; the same number on every architecture but alpha. */
#ifndef SYS_statmount
#define SYS_statmount 457
#endif

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void) sig;
	stop = 1;
}

static int open_mark(void)
{
	int fd = fanotify_init(FAN_REPORT_MNT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE, 0);

	if (fd < 0)
		fd = fanotify_init(FAN_REPORT_MNT | FAN_CLOEXEC | FAN_NONBLOCK, 0);
	if (fd < 0) {
		perror("mount-loop: fanotify_init");
		return -1;
	}
	if (fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MNTNS, FAN_MNT_ATTACH | FAN_MNT_DETACH, AT_FDCWD,
			  "/proc/self/ns/mnt")) {
		perror("mount-loop: fanotify_mark");
		return -1;
	}
	return fd;
}

static int loop(int fd)
{
	static unsigned char buf[4096];
	static uint64_t details[8192];		/* 64 KiB */
	struct sigaction act = { .sa_handler = on_term };
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	unsigned long records = 0, gone = 0;
	sigset_t term, before;

	/* No signal comes but while it waits. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	sigaction(SIGTERM, &act, NULL);
	fprintf(stderr, "ready\n");
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf)), at;
		struct record rec;

		if (n <= 0) {
			if (stop)
				break;
			ppoll(&pfd, 1, NULL, &before);
			continue;
		}
		for (at = 0; at < n; at += rec.event_len) {
			struct request req = { .size = sizeof(req), .param = WQT_ALL };

			memcpy(&rec, buf + at, (size_t) (n - at) < sizeof(rec) ? (size_t) (n - at) : sizeof(rec));
			if (rec.mask & FAN_Q_OVERFLOW) {
				fprintf(stderr, "mount-loop: events were lost\n");
				continue;
			}
			records++;
			if (!(rec.mask & FAN_MNT_ATTACH))
				continue;
			req.mnt_id = rec.mnt_id;
			if (syscall(SYS_statmount, &req, details, sizeof(details), 0))
				gone++;
		}
	}
	printf("%lu %lu\n", records, gone);
	return 0;
}

static int read_mountinfo(unsigned long n)
{
	static char buf[65536];
	struct timespec from, to;
	unsigned long i;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < n; i++) {
		int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

		if (fd < 0) {
			perror("mount-loop: mountinfo");
			return 1;
		}
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.9f\n", ((double) (to.tv_sec - from.tv_sec) + (double) (to.tv_nsec - from.tv_nsec) / 1e9) / (double) n);
	return 0;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc > 2 && strcmp(argv[1], "read") == 0)
		return read_mountinfo(strtoul(argv[2], NULL, 10));
	fd = open_mark();
	if (fd < 0)
		return 1;
	return argc > 1 ? 0 : loop(fd);
}
