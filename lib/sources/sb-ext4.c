// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/sb-ext4.h"

/* The name of its device, as the kernel has it: "sda1". */
static bool device_name(const struct wq_filesystem *fs, char *name, size_t size)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	if (!fs->fstype || strncmp(fs->fstype, "ext", 3) != 0)	/* ext4 mounts the older ones, too */
		return false;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", (unsigned) (fs->dev >> 20), (unsigned) (fs->dev & 0xfffff));
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	snprintf(name, size, "%s", basename(target));
	return true;
}

/* A file of its directory, without the newline; "": it isn't there. */
static void read_file(const char *device, const char *file, char *text, size_t size)
{
	char path[128];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/ext4/%.40s/%s", device, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static uint64_t read_number(const char *device, const char *file)
{
	char text[32];

	read_file(device, file, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

uint64_t wq_ext4_errors(const struct wq_filesystem *fs)
{
	char device[64];

	return device_name(fs, device, sizeof(device)) ? read_number(device, "errors_count") : 0;
}

int wq_ext4_last_error(const struct wq_filesystem *fs, struct wq_ext4_error *last)
{
	char device[64];

	if (!device_name(fs, device, sizeof(device)))
		return -ENOENT;
	read_file(device, "last_error_func", last->function, sizeof(last->function));
	if (!last->function[0])
		return -ENOENT;
	last->line = read_number(device, "last_error_line");
	last->inode = read_number(device, "last_error_ino");
	last->block = read_number(device, "last_error_block");
	return 0;
}
