// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hung-fuse mute|stops DIR TYPE SOURCE: a FUSE filesystem whose server does not answer.
 *
 * "mute" answers INIT alone. "stops" serves an empty directory with one file until it gets
 * SIGUSR1, and again from SIGUSR2 on, then also what it has not answered. Prints "ready" when
 * the filesystem is mounted. The mount is in the caller's mount namespace. TYPE is fuse, or
 * fuseblk with a block device as SOURCE. The protocol is that of <linux/fuse.h>.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define WQT_REQUEST	(1 << 18)	/* bytes of a request at most: FUSE_MIN_READ_BUFFER and more */
#define WQT_PENDING	64
#define WQT_FILE	2		/* node of the only file, "file" */

static int device;
static bool mute, stopped;
static struct fuse_in_header pending[WQT_PENDING];
static char pending_name[WQT_PENDING][256];
static unsigned npending;

static void fail(const char *what)
{
	fprintf(stderr, "hung-fuse: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void reply(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	struct fuse_out_header out = { .len = (uint32_t) (sizeof(out) + len), .error = error, .unique = in->unique };
	struct iovec iov[2] = { { &out, sizeof(out) }, { (void *) data, len } };

	/* ENOENT: the request was interrupted meanwhile. */
	if (writev(device, iov, 2) < 0 && errno != ENOENT)
		fail("reply");
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096, .mode = node == WQT_FILE ? S_IFREG | 0644 : S_IFDIR | 0755,
	};
}

static void do_init(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_init_in *init = body;
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_readahead = init->max_readahead,
		.max_background = 12, .congestion_threshold = 10, .max_write = 4096,
	};

	reply(in, 0, &out, sizeof(out));
}

/* Nothing is kept by the kernel: each look-up is a request. */
static void do_lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = { .nodeid = WQT_FILE, .attr = attributes(WQT_FILE) };

	if (strcmp(name, "file") == 0)
		reply(in, 0, &out, sizeof(out));
	else
		reply(in, -ENOENT, NULL, 0);
}

static void answer(const struct fuse_in_header *in, const char *name)
{
	const struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	const struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };
	const struct fuse_statfs_out fs = { .st = { .bsize = 4096, .namelen = 255 } };

	switch (in->opcode) {
	case FUSE_LOOKUP:
		do_lookup(in, name);
		break;
	case FUSE_GETATTR:
		reply(in, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		reply(in, 0, &opened, sizeof(opened));
		break;
	case FUSE_STATFS:
		reply(in, 0, &fs, sizeof(fs));
		break;
	case FUSE_READ:
	case FUSE_READDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
		reply(in, 0, NULL, 0);
		break;
	default:
		reply(in, -ENOSYS, NULL, 0);
	}
}

static void request(const char *bytes)
{
	const struct fuse_in_header *in = (const struct fuse_in_header *) bytes;
	const char *body = bytes + sizeof(*in);

	if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET || in->opcode == FUSE_INTERRUPT)
		return;
	if (in->opcode == FUSE_INIT) {
		do_init(in, body);
	} else if (!mute && !stopped) {
		answer(in, body);
	} else if (npending < WQT_PENDING) {
		pending[npending] = *in;
		snprintf(pending_name[npending++], sizeof(pending_name[0]), "%s", in->opcode == FUSE_LOOKUP ? body : "");
	}
}

static void take_signal(int fd)
{
	struct signalfd_siginfo info;
	unsigned i;

	if (read(fd, &info, sizeof(info)) != (ssize_t) sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM)
		exit(0);
	stopped = info.ssi_signo == SIGUSR1;
	for (i = 0; !stopped && i < npending; i++)
		answer(&pending[i], pending_name[i]);
	if (!stopped)
		npending = 0;
}

int main(int argc, char **argv)
{
	static char *buf;	/* reachable at the end: no leak */
	char options[128];
	struct pollfd fds[2];
	sigset_t set;
	ssize_t n;

	buf = malloc(WQT_REQUEST);
	if (argc != 5 || !buf) {
		fprintf(stderr, "usage: hung-fuse mute|stops DIR TYPE SOURCE\n");
		return 1;
	}
	mute = strcmp(argv[1], "mute") == 0;
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		fail("/dev/fuse");
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%d,group_id=%d%s", device, (int) getuid(), (int) getgid(),
		 strncmp(argv[3], "fuseblk", 7) == 0 ? ",blksize=512" : "");
	if (mount(argv[4], argv[2], argv[3], 0, options))
		fail(argv[2]);
	fds[0] = (struct pollfd) { .fd = device, .events = POLLIN };
	fds[1] = (struct pollfd) { .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN };
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			fail("poll");
		if (fds[1].revents)
			take_signal(fds[1].fd);
		if (!fds[0].revents)
			continue;
		n = read(device, buf, WQT_REQUEST);
		if (n < 0 && errno == ENODEV)
			return 0;	/* unmounted */
		if (n < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
			fail("read");
		if (n >= (ssize_t) sizeof(struct fuse_in_header))
			request(buf);
	}
}
