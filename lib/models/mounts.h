/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts of a namespace, by ID. Each has its place relative to the mount that it is
 * on: moving a tree is told of its root alone, and all below it has moved, too. What
 * went away stays as long as something is, or was, on it: its path is still needed.
 */
#ifndef WQ_MOUNTS_H
#define WQ_MOUNTS_H

#include "models/mount.h"

struct wq_mount_node {
	uint64_t id;
	struct wq_mount_node *parent;	/* where rel begins; NULL: at the root */
	char *rel;		/* "" or "/..."; NULL: not known */
	struct wq_mount *now;	/* what is so; NULL: it is unmounted */
	struct wq_mount *told;	/* what was told; NULL: nothing, or that it is unmounted */
	bool moved;		/* to where it is, and that wasn't told */
	bool looked;		/* where it is was found by looking, not by an event */
	bool missed;		/* what differs had no room, and was counted as lost */
	bool unasked;		/* it was there at the start, and nobody asked for that */
	uint64_t round;		/* of the last snapshot that had it */
	uint64_t settled;	/* of the last that has put it in its place */

	/* The table's. */
	struct wq_mount_node *prev, *next;	/* in the order in which they came */
	unsigned children;	/* nodes whose parent it is */
	bool listed;
};

struct wq_mount_table;

/** NULL without memory. */
struct wq_mount_table *wq_mount_table_new(void);
void wq_mount_table_free(struct wq_mount_table *t);

/** How many there are. */
size_t wq_mount_table_count(const struct wq_mount_table *t);

/** The node of @id, or NULL; a new one, NULL without memory. The table's. */
struct wq_mount_node *wq_mount_table_find(struct wq_mount_table *t, uint64_t id);
struct wq_mount_node *wq_mount_table_add(struct wq_mount_table *t, uint64_t id);
/** It is in the table no more. Gives back what it has. */
void wq_mount_table_remove(struct wq_mount_table *t, struct wq_mount_node *n);

/** @n is at @path (NULL: not known), on the mount @parent, which need not be in the
 * table. 1: that is another place than before; 0; -ENOMEM. *@there, if not NULL: which
 * other node was in that very place, or NULL. */
int wq_mount_table_place(struct wq_mount_table *t, struct wq_mount_node *n, uint64_t parent,
			 const char *path, struct wq_mount_node **there);

/** Whether @n is @up, or somewhere on it. */
bool wq_mount_node_is_on(const struct wq_mount_node *n, const struct wq_mount_node *up);

/** Whether @path is below that of what @n is on, as far as it is known. */
bool wq_mount_table_fits(struct wq_mount_table *t, const struct wq_mount_node *n, const char *path);

/** The path where @n is now. NULL: not known. Good until the next call. */
const char *wq_mount_table_path(struct wq_mount_table *t, const struct wq_mount_node *n);

/** The first, or the last, in the order in which they came; NULL: there is none. */
struct wq_mount_node *wq_mount_table_first(struct wq_mount_table *t);
struct wq_mount_node *wq_mount_table_last(struct wq_mount_table *t);

/** Goes over all, with pauses in which nodes may come and go: from the beginning; and the
 * next one, NULL behind the last. One at a time. */
void wq_mount_table_rewind(struct wq_mount_table *t);
struct wq_mount_node *wq_mount_table_next(struct wq_mount_table *t);

#endif
