/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the backends of mounts share: what is watched, what is known of the mounts, and
 * telling what has changed. Each tells apart what is so and what was told: where an
 * event had no room, the difference is told later.
 */
#ifndef WQ_SOURCES_MOUNTS_H
#define WQ_SOURCES_MOUNTS_H

#include "kernel/ns-file.h"
#include "models/mounts.h"
#include "source.h"
#include "statmount.h"

/** What the user wants to see: mounts-wanted.c. */
struct wq_mounts_wanted;

/** The objects of @c are paths; none: all of the namespace. Warns of paths that are not
 * there. NULL with *@e. */
struct wq_mounts_wanted *wq_mounts_wanted_new(struct wq_source *s, const struct wq_source_config *c,
					      const struct wq_mount_ns *ns, struct wq_error *e);
void wq_mounts_wanted_free(struct wq_mounts_wanted *w);
/** The watch that a mount is under which is @m, or was @was (NULL: it wasn't), and is now,
 * or was, at @m's target; NULL: nobody wants to see it. */
const struct wq_watch *wq_mounts_watch(const struct wq_mounts_wanted *w, const struct wq_mount *m,
				       const struct wq_mount *was);

/** Whether not all mounts of the namespace are wanted: by paths, types or options. */
bool wq_mounts_selects(const struct wq_mounts_wanted *w);
/** Whether paths were named: else all of the namespace is wanted. */
bool wq_mounts_wants_paths(const struct wq_mounts_wanted *w);
/** The @i-th watch, from 0; NULL behind the last. */
const struct wq_watch *wq_mounts_wanted_watch(const struct wq_mounts_wanted *w, size_t i);

/** What is known, and was told. All in the engine's thread. */
struct wq_mounts {
	struct wq_source *s;
	struct wq_mount_table *table;
	struct wq_mounts_wanted *wanted;	/* its own */
	uint64_t ns;		/* inode of the namespace */
	uint64_t hidden;	/* ID of what the root is on; 0: not known yet */
	uint64_t round;		/* of snapshots */
	bool resynced;		/* by one behind the first */
	bool astray;		/* some are on mounts that have moved, of which no event told yet */
	/** What a mount is now, as wq_statmount(); NULL: it can't be asked for. */
	int (*look)(void *data, uint64_t id, struct wq_mount *m);
	void *data;
};

/** 0; -errno with *@e. Takes @wanted over, also then. */
int wq_mounts_open(struct wq_mounts *ms, struct wq_source *s, struct wq_mounts_wanted *wanted,
		   struct wq_error *e);
void wq_mounts_close(struct wq_mounts *ms);

/* Something happened, @by whom (NULL: not known): told at once. They return what
 * wq_engine_emit() did, WQ_NO_ROOM aside, of which they take care; -ENOMEM. */

int wq_mounts_attached(struct wq_mounts *ms, uint64_t id, const struct wq_item *by);
int wq_mounts_detached(struct wq_mounts *ms, uint64_t id, const struct wq_item *by);
int wq_mounts_moved(struct wq_mounts *ms, uint64_t id, const struct wq_item *by);
/** Looks at a known mount again, and tells what has changed, with @mark. @quiet: no event of
 * a move is to be expected any more. */
int wq_mounts_look_again(struct wq_mounts *ms, struct wq_mount_node *n, enum wq_mark mark, bool quiet);

/** A snapshot: begins; has a mount that is so; has all of them, and what is not among
 * them is gone. Tells all differences, with @mark. */
void wq_mounts_begin(struct wq_mounts *ms);
int wq_mounts_has(struct wq_mounts *ms, const struct wq_mount *m);
int wq_mounts_end(struct wq_mounts *ms, enum wq_mark mark);
/** Tells all differences. */
int wq_mounts_tell(struct wq_mounts *ms, enum wq_mark mark);

/** The namespace is no more, or can't be heard any more: tells a removal of each watch,
 * and that is the source's end. */
int wq_mounts_ended(struct wq_mounts *ms);

/* Changes that the kernel tells of by mountinfo alone: mounts-attributes.c. */
struct wq_mount_attributes;

/** Without memory NULL; *@warning, if not "": why these changes can't be heard. */
struct wq_mount_attributes *wq_mount_attributes_new(struct wq_mounts *ms, const struct wq_mount_ns *ns,
						    char *warning, size_t size);
void wq_mount_attributes_free(struct wq_mount_attributes *a);
/** A mount came, went or moved, of which mountinfo tells as well. */
void wq_mount_attributes_topology(struct wq_mount_attributes *a);
/** Looks at all mounts, whether mountinfo said anything or not. */
void wq_mount_attributes_sweep(struct wq_mount_attributes *a);
uint64_t wq_mount_attributes_deadline(const struct wq_mount_attributes *a);
int wq_mount_attributes_tick(struct wq_mount_attributes *a);
/** The end: looks at once, if there is anything to be found. */
int wq_mount_attributes_finish(struct wq_mount_attributes *a);

/** Polling mountinfo: mounts-poll.c. It is opened twice, since each poll(2) of it takes
 * away what the next would have said: once for who waits, once for who asks. */
struct wq_mountinfo_poll {
	struct wq_monitor *m;
	int wake, check, process;	/* descriptors; -1: none */
	struct wq_ns_file file;		/* that the user named */
	bool armed;
};

/** Nothing is open. */
void wq_mountinfo_poll_init(struct wq_mountinfo_poll *p, struct wq_monitor *m);
/** Open the mountinfo of @ns, and watch the process or the file that the user named: an open
 * mountinfo keeps its namespace, and is closed when that ends. Where it cannot be watched, the
 * namespace is kept if @keep. Return 0 or -errno; -EXDEV: it cannot be watched, and not @keep. */
int wq_mountinfo_poll_open(struct wq_mountinfo_poll *p, struct wq_monitor *m, const struct wq_mount_ns *ns,
			   bool keep);
void wq_mountinfo_poll_close(struct wq_mountinfo_poll *p);
/** Whether it has changed since it was asked last, or armed. */
bool wq_mountinfo_changed(struct wq_mountinfo_poll *p);
/** Whether the next change wakes who waits for the monitor. Arming forgets changes so far. */
void wq_mountinfo_arm(struct wq_mountinfo_poll *p, bool on);
/** Whether the process whose namespace it is has ended, or the file is mounted no more. From then
 * on nothing is open, so as not to keep the namespace. */
bool wq_mountinfo_owner_ended(struct wq_mountinfo_poll *p);

#endif
