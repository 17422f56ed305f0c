/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MOUNTER_H
#define MOUNTER_H

#include <stdint.h>
#include <sys/syscall.h>

/*
 * From the kernel's include/uapi/linux/mount.h. <sys/mount.h> has some of it since glibc
 * 2.36, under the names of the kernel; <linux/mount.h> can't be included beside it.
 */
enum {
	ATTR_RDONLY = 0x01,		/* MOUNT_ATTR_... */
	ATTR_NOSUID = 0x02,
	ATTR_NODEV = 0x04,
	ATTR_NOEXEC = 0x08,
	ATTR_NOATIME = 0x10,
	ATTR_ATIME = 0x70,		/* all of its field */

	MOVE_EMPTY_PATH = 0x04,		/* MOVE_MOUNT_F_EMPTY_PATH */
	MOVE_BENEATH = 0x200,		/* MOVE_MOUNT_BENEATH, 6.5 */
	TREE_CLONE = 0x01,		/* OPEN_TREE_CLONE */

	SET_FLAG = 0,			/* FSCONFIG_... */
	SET_STRING = 1,
	CMD_CREATE = 6,
	CMD_RECONFIGURE = 7,
};

struct attributes {			/* struct mount_attr, its first version */
	uint64_t set, clear, propagation, userns_fd;
};

/* The same number on every architecture but alpha, which has its own. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442		/* 5.12; include/uapi/asm-generic/unistd.h */
#endif

/* All return -1 and set errno where the kernel refuses; descriptors are close-on-exec. */
int new_tmpfs(const char *source);
int attach(int fd, const char *target, unsigned flags);
int set_attributes(const char *path, unsigned flags, const struct attributes *attr);
int reconfigure(const char *path, const char *key, const char *value);

/* N operations below dir, told by the seed. Says what it did. Ends the process if it can't. */
void random_operations(uint64_t seed, unsigned long n, const char *dir, int attributes_too);

void fail(const char *what) __attribute__((noreturn));

#endif
