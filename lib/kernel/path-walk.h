/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking up a path component by component: through links, but not through an automount point on
 * which nothing is mounted, which would mount what belongs there. A look-up may block for ever
 * where a server or a disk is dead, and be counted as use of a filesystem.
 */
#ifndef WQ_PATH_WALK_H
#define WQ_PATH_WALK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WQ_WALK_MAX	(2 * PATH_MAX)	/* bytes */

/** What a look-up found. Has no pointers: one process writes it, another reads it. */
struct wq_path_walk {
	int err;		/* errno value; 0: the path leads to something */
	int watch_err;		/* errno value: why not every directory on the way is watched; 0 */
	bool automount;		/* err is ENOENT: what comes after an automount point isn't mounted */
	bool has_mount;		/* @mount and @root are known: since Linux 5.8 */
	bool root;		/* the path is where that mount is mounted */
	uint64_t mount;		/* ID in mountinfo of the mount that the path is on */
	uint32_t mode;		/* as in struct stat */
	uint32_t major, minor;	/* of a device node: its number */
	char path[WQ_WALK_MAX];		/* absolute, without links, as far as it exists, and then as it
					 * was written; "/": the root; "": not known */
	char names[WQ_WALK_MAX];	/* that the way leads through, as "/a/b/"; "": not known */
};

/** Look @path up. Before a directory is searched, add it to @inotify (-1: don't). System calls
 * only: may run in a child process (base/child.h). May block for ever. */
void wq_path_walk(struct wq_path_walk *w, const char *path, int inotify);

/** wq_path_walk() in a child process that may be left behind, as wq_child_run(). Return 0 or -errno. */
int wq_path_walk_in_child(struct wq_path_walk *w, const char *path, int inotify);

#endif
