/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling of a mount, and describing it: for mounts.c. */
#ifndef WQ_MOUNTS_TELL_H
#define WQ_MOUNTS_TELL_H

#include "sources/mounts.h"

/** What is common to the records that one change is told by. */
struct wq_mount_change {
	enum wq_mark mark;
	const struct wq_item *by;	/* NULL: not known */
};

/** No room is no failure: the monitor asks for wq_mounts_tell() when there is. */
static inline int wq_mounts_told(int rc)
{
	return rc == WQ_NO_ROOM ? 0 : rc;
}

/** An event of the mount @id, if somebody wants it. @on: what it is mounted on, which
 * records of attributes don't say; @was: what it was before, NULL: there is no such thing.
 * Both stay the caller's. As wq_engine_emit(). */
int wq_mounts_emit(struct wq_mounts *ms, enum wq_mount_nr nr, uint64_t on, uint64_t id,
		   struct wq_mount *m, struct wq_mount *was, const struct wq_mount_change *c);

/** Tells what differs of @n, which may be gone then. WQ_NO_ROOM: it differs still. */
int wq_mounts_tell_node(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount_change *c);

/** What was told of @n says where it is at present: mounts that it is on may have moved. 0
 * or -ENOMEM. */
int wq_mounts_refresh(struct wq_mounts *ms, struct wq_mount_node *n);
/** @n is @m now, wherever that is. 0 or -ENOMEM. */
int wq_mounts_describe(struct wq_mount_node *n, const struct wq_mount *m);
/** @n is @m now. 1: and it has moved; 0; -ENOMEM. *@there: wq_mount_table_place(). */
int wq_mounts_set(struct wq_mounts *ms, struct wq_mount_node *n, const struct wq_mount *m,
		  struct wq_mount_node **there);
/** Warn that statmount(2) of the mount @id failed with @err, an errno, and count a loss. Return 0, or what
 * ends the source. */
int wq_mounts_unreadable(struct wq_mounts *ms, uint64_t id, int err);
/** Ask what the mount @id is now. Return 0; -ENOENT: it is gone, or wq_mounts_unreadable(), and *@m has its ID
 * alone; -ENOMEM; what ends the source. */
int wq_mounts_look(struct wq_mounts *ms, uint64_t id, struct wq_mount *m);

#endif
