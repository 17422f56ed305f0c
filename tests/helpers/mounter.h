/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQT_MOUNTER_H
#define WQT_MOUNTER_H

#include <stdint.h>
#include <sys/syscall.h>

/*
 * From the kernel's include/uapi/linux/mount.h. <sys/mount.h> has some of it since glibc
 * 2.36, under the names of the kernel; <linux/mount.h> can't be included beside it.
 */
enum {
	WQT_ATTR_RDONLY = 0x01,		/* MOUNT_ATTR_... */
	WQT_ATTR_NOSUID = 0x02,
	WQT_ATTR_NODEV = 0x04,
	WQT_ATTR_NOEXEC = 0x08,
	WQT_ATTR_NOATIME = 0x10,
	WQT_ATTR_ATIME = 0x70,		/* all of its field */

	WQT_MOVE_EMPTY_PATH = 0x04,		/* MOVE_MOUNT_F_EMPTY_PATH */
	WQT_MOVE_BENEATH = 0x200,		/* MOVE_MOUNT_BENEATH, 6.5 */
	WQT_TREE_CLONE = 0x01,		/* OPEN_TREE_CLONE */

	WQT_SET_FLAG = 0,			/* FSCONFIG_... */
	WQT_SET_STRING = 1,
	WQT_CMD_CREATE = 6,
	WQT_CMD_RECONFIGURE = 7,
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
