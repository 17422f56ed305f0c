// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/dev-node.h"

/* include/uapi/linux/openat2.h, which build machines may lack; the number is the same on every
 * architecture. */
#define WQ_SYS_OPENAT2			437
#define WQ_RESOLVE_NO_XDEV		0x01
#define WQ_RESOLVE_NO_MAGICLINKS	0x02
#define WQ_RESOLVE_BENEATH		0x08

struct wq_open_how {
	uint64_t flags, mode, resolve;
};

/* Only root makes links in /dev: without ".." a look-up stays there. */
static int open_older(int dir, const char *name)
{
	return strstr(name, "..") ? -1 : openat(dir, name, O_PATH | O_CLOEXEC);
}

uint64_t wq_dev_node_number(const char *name)
{
	struct wq_open_how how = {
		.flags = O_PATH | O_CLOEXEC, .resolve = WQ_RESOLVE_NO_XDEV | WQ_RESOLVE_NO_MAGICLINKS | WQ_RESOLVE_BENEATH,
	};
	int dir = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	uint64_t number = 0;
	struct stat st;

	if (dir < 0)
		return 0;
	fd = (int) syscall(WQ_SYS_OPENAT2, dir, name, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		fd = open_older(dir, name);
	if (fd >= 0) {
		if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode))
			number = (uint64_t) major(st.st_rdev) << 20 | minor(st.st_rdev);
		close(fd);
	}
	close(dir);
	return number;
}

/* What sysfs calls the device: "sda1". false: it is not there. */
static bool get_name(uint64_t dev, char name[static NAME_MAX + 1])
{
	char path[64], target[PATH_MAX], *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", (unsigned) (dev >> 20), (unsigned) (dev & 0xfffff));
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	if (strlen(slash) > NAME_MAX)
		return false;
	strcpy(name, slash);
	return true;
}

static bool has_device(const char *uuid, const char *name)
{
	char path[PATH_MAX];

	return (size_t) snprintf(path, sizeof(path), "/sys/fs/btrfs/%s/devices/%s", uuid, name) < sizeof(path) &&
	       access(path, F_OK) == 0;
}

bool wq_dev_node_same_btrfs(uint64_t a, uint64_t b)
{
	char name_a[NAME_MAX + 1], name_b[NAME_MAX + 1];
	struct dirent *d;
	bool same = false;
	DIR *dir;

	if (!get_name(a, name_a) || !get_name(b, name_b))
		return false;
	dir = opendir("/sys/fs/btrfs");
	while (dir && !same && (d = readdir(dir)))
		same = has_device(d->d_name, name_a) && has_device(d->d_name, name_b);
	if (dir)
		closedir(dir);
	return same;
}
