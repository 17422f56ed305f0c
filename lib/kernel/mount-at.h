/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount a path is on, by the list of mounts alone: no look-up, and no link is followed. */
#ifndef WQ_MOUNT_AT_H
#define WQ_MOUNT_AT_H

#include <libmount.h>
#include <stdbool.h>
#include <stdint.h>

/** What the list of mounts says of a path. */
struct wq_mount_at {
	struct libmnt_fs *fs;	/* the mount that the path is on, @tb's; NULL: none is visible */
	bool root;		/* the path is where it is mounted, so that no link is in it */
	bool may_hang;		/* a mount on the way may never answer: wq_fs_type_may_hang() */
	uint64_t way;		/* all mounts that the path leads through: another one, another number */
};

/** Return what @tb says of @path, absolute and normalized (wq_path_absolute()). */
struct wq_mount_at wq_mount_at(struct libmnt_table *tb, const char *path);

/** Read the mounts of this process. Does not block. Return NULL with errno; else call mnt_unref_table(). */
struct libmnt_table *wq_mount_at_read(void);

#endif
