// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * automount DIR SOURCE TYPE SECONDS: mounts SOURCE on any name below DIR that is looked up, and
 * unmounts it after so many seconds without use, by autofs: Documentation/filesystems/autofs.rst,
 * <linux/auto_fs.h>. Prints "ready" when DIR is mounted. Ends when it is unmounted, or by SIGTERM.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/auto_fs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "automount: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Ask the kernel each tenth of a second to expire what is idle. It asks the other process for the
 * umount, and waits for that. */
static void expire(int dir)
{
	int how = 0;

	for (;;) {
		usleep(100000);
		if (ioctl(dir, AUTOFS_IOC_EXPIRE_MULTI, &how) && errno != EAGAIN && errno != EINTR)
			_exit(0);
	}
}

static void answer(int dir, char **argv, const struct autofs_v5_packet *packet)
{
	char path[4096];
	bool done;

	snprintf(path, sizeof(path), "%s/%.*s", argv[1], (int) packet->len, packet->name);
	if (packet->hdr.type == autofs_ptype_missing_indirect) {
		done = (mkdir(path, 0755) == 0 || errno == EEXIST) && mount(argv[2], path, argv[3], 0, NULL) == 0;
	} else {
		done = umount(path) == 0;
		if (done)
			rmdir(path);
	}
	if (ioctl(dir, done ? AUTOFS_IOC_READY : AUTOFS_IOC_FAIL, packet->wait_queue_token))
		fail("answer");
}

int main(int argc, char **argv)
{
	struct autofs_v5_packet packet;
	unsigned long seconds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	char options[128];
	int pipes[2], dir;

	if (seconds == 0) {
		fprintf(stderr, "usage: automount DIR SOURCE TYPE SECONDS\n");
		return 1;
	}
	/* Its own group is not made to wait for what it mounts. */
	if (setpgid(0, 0) || pipe2(pipes, O_CLOEXEC))
		fail("pipe");
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", pipes[1], (int) getpgrp());
	if (mount("automount", argv[1], "autofs", 0, options))
		fail(argv[1]);
	close(pipes[1]);
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || ioctl(dir, AUTOFS_IOC_SETTIMEOUT, &seconds))
		fail(argv[1]);
	if (fork() == 0)
		expire(dir);
	puts("ready");
	fflush(stdout);
	while (read(pipes[0], &packet, sizeof(packet)) == (ssize_t) sizeof(packet))
		answer(dir, argv, &packet);
	return 0;
}
