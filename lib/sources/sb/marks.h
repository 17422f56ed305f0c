/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which filesystems are marked by fanotify(7), so that the kernel reports their errors. */
#ifndef WQ_SB_MARKS_H
#define WQ_SB_MARKS_H

#include "fanotify.h"
#include "sources/sb.h"

#define WQ_SB_GROUPS	16	/* copies that are told apart; a user may have 128 groups */

struct wq_sb_fanotify {
	struct wq_sb sb;	/* first: most calls are handed on to it */
	/* The first group has all marks, but for a filesystem with the same ID as another, as copies
	 * have: that is in the first group that has no other with this ID. */
	struct wq_fan_queue *queues[WQ_SB_GROUPS];
};

/** Open a fanotify group for errors of filesystems. Return its descriptor; -errno with *@e. */
int wq_sb_marks_group(struct wq_error *e);
/** Open the group of that number, if it is not open yet. Return 0; -errno with *@e. */
int wq_sb_marks_open(struct wq_sb_fanotify *f, unsigned group, struct wq_error *e);

/** As wq_sb's read(): find out which marks there still are. The kernel drops a mark when the
 * filesystem is unmounted everywhere. No path is looked up. */
void wq_sb_marks_read(void *f);
/** As wq_sb's mounted(): mark a filesystem that has no mark, if its type reports errors. */
void wq_sb_marks_add(void *f, struct wq_filesystem *fs);

/** As the calls of a source's, with keys of WQ_SB_KEY_MARK. */
int wq_sb_marks_answered(struct wq_sb_fanotify *f, const struct wq_question *q, int answer, bool late);

/** A path that leads to a filesystem. */
struct wq_sb_targets;

/** Copy where @fs is mounted, malloc()ed; NULL without memory. */
struct wq_sb_targets *wq_sb_targets_new(const struct wq_filesystem *fs);
/** Return the first of them that leads to the filesystem: others may have something mounted over
 * them. NULL: none. Looks paths up, and may block; any thread, also a child. */
const char *wq_sb_targets_find(const struct wq_sb_targets *t);

#endif
