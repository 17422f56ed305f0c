// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

bool wq_is_block_device(const char *name)
{
	struct wq_open_how how = {
		.flags = O_PATH | O_CLOEXEC, .resolve = WQ_RESOLVE_NO_XDEV | WQ_RESOLVE_NO_MAGICLINKS | WQ_RESOLVE_BENEATH,
	};
	int dir = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	bool is_block = false;
	struct stat st;

	if (dir < 0)
		return false;
	fd = (int) syscall(WQ_SYS_OPENAT2, dir, name, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		fd = open_older(dir, name);
	if (fd >= 0) {
		is_block = fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
		close(fd);
	}
	close(dir);
	return is_block;
}
