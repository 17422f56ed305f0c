/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filesystems that are mounted here, by device number, as mountinfo has them, and what
 * was told of each.
 */
#ifndef WQ_FILESYSTEMS_H
#define WQ_FILESYSTEMS_H

#include "libwatchq.h"

/** A place where one is mounted. */
struct wq_fs_mount {
	int id;			/* as in mountinfo, used again later */
	char *target;		/* not escaped */
};

struct wq_filesystem {
	/* What is so. */
	uint64_t dev;		/* major << 20 | minor */
	char *source, *fstype, *options;	/* options: of the filesystem */
	struct wq_fs_mount *mounts;	/* in their order */
	unsigned nmounts;	/* 0: it is not mounted any more */
	char *was_target;	/* where it was mounted when it was looked at before; NULL */
	bool has_device;	/* a block device, that is */
	bool readonly;		/* also by emergency_ro of ext4, that has no other sign */
	bool shutdown;
	unsigned unanswered;	/* questions about it that have had no answer for too long */

	/* What was told; the source's. */
	bool told_mounted, told_readonly, told_shutdown, told_unanswered;

	/* The source's. */
	const struct wq_watch *watch;	/* NULL: it isn't watched */
	bool seen;		/* it was asked whether it is to be watched */
	bool has_mark;		/* it was marked before the marks were read again */
	bool marked;		/* by fanotify, in this group of several */
	unsigned group;
	bool complained;	/* that it can't be */
	bool has_fsid;
	unsigned char fsid[8];	/* statfs(2): f_fsid */
	uint64_t errors;	/* ext4's errors_count, as it was when it was looked at last */
	uint64_t gone_at;	/* CLOCK_BOOTTIME, ns, when it was told to be unmounted; 0: it wasn't */

	struct wq_filesystem *next;	/* in the order in which they came */
	struct wq_filesystem **at;	/* the table's: what points to it */
	bool replaced;		/* the table's: its number is another's by now */
};

struct wq_filesystems;

/** An empty table, of this process's namespace. NULL without memory. */
struct wq_filesystems *wq_filesystems_new(void);
void wq_filesystems_free(struct wq_filesystems *t);

/** Reads mountinfo: what is mounted is so from now on. 0; -errno. */
int wq_filesystems_read(struct wq_filesystems *t);
/** Whether mountinfo has changed since it was read last, as far as the kernel says. */
bool wq_filesystems_changed(struct wq_filesystems *t);

/** The first one; the others by next. */
struct wq_filesystem *wq_filesystems_first(const struct wq_filesystems *t);
struct wq_filesystem *wq_filesystems_find(const struct wq_filesystems *t, uint64_t dev);

/** Where a path leads to. */
struct wq_fs_place {
	uint64_t device;	/* major << 20 | minor, of a block device; 0: it is none */
	int mount;		/* ID in mountinfo of the mount that the path is on */
};

/** Look @path up. May block for ever on some filesystems; any thread. Return 0 or -errno. */
int wq_fs_locate(const char *path, struct wq_fs_place *place);
/** The same in a child process that may be left behind (base/child.h), within @timeout ms; 0: for ever. */
int wq_fs_locate_in_child(const char *path, struct wq_fs_place *place, unsigned timeout);
/** The filesystem at @place, which @path leads to. Return 0 with *@fs; -errno with *@e. */
int wq_filesystems_at(const struct wq_filesystems *t, const char *path, const struct wq_fs_place *place,
		      struct wq_filesystem **fs, struct wq_error *e);
/** The filesystem whose mount is the last one at or above @path, by its name alone: no link in it
 * is followed. NULL: none is. */
struct wq_filesystem *wq_filesystems_of_name(const struct wq_filesystems *t, const char *path);
/** The one that @path is on, or, of a block device, that is on it, by looking the path up in this
 * thread. 0 with *@fs; -errno with *@e. */
int wq_filesystems_of_path(const struct wq_filesystems *t, const char *path, struct wq_filesystem **fs,
			   struct wq_error *e);
/** It is in the table no more. */
void wq_filesystems_remove(struct wq_filesystems *t, struct wq_filesystem *fs);

/** Fills in what @fs is: target, targets (the first 16 KiB of them), source, type, options,
 * ID, device. Texts are the table's until it is read again, or asked about another. */
void wq_filesystem_side(struct wq_filesystems *t, const struct wq_filesystem *fs, struct wq_side *side);

#endif
