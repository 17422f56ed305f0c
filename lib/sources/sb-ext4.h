/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What ext4 says of its errors in /sys/fs/ext4/DEV: Documentation/ABI/testing/sysfs-fs-ext4. */
#ifndef WQ_SB_EXT4_H
#define WQ_SB_EXT4_H

#include "models/filesystems.h"

struct wq_ext4_error {
	char function[33];	/* "": not known */
	uint64_t line;		/* 0: not known */
	uint64_t inode, block;	/* 0: none */
};

/** How many errors it had, ever; 0 also of what is no ext4. */
uint64_t wq_ext4_errors(const struct wq_filesystem *fs);

/** Its last error. 0; -ENOENT: there was none, or it is no ext4; -errno. */
int wq_ext4_last_error(const struct wq_filesystem *fs, struct wq_ext4_error *last);

#endif
