/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a condition is: one kind for each row of condition.c's table. */
#ifndef WQ_CONDITION_H
#define WQ_CONDITION_H

#include "libwatchq.h"
#include "path-watch.h"
#include "side.h"

struct wq_condition_kind {
	const char *name;	/* "mounted" */
	const char *object;	/* what stands behind the colon, for people */
	const char *source;	/* whose events concern it; NULL: none, it has a file descriptor */
	bool has_types;		/* it takes wq_condition_set_types() */

	/** Takes c->object apart. 0; -errno with *@e. */
	int (*parse)(struct wq_condition *c, struct wq_error *e);
	/** As wq_condition_look(), filling in c->found; -EINPROGRESS: a look-up is pending. */
	int (*look)(struct wq_condition *c, struct wq_error *e);
	/** As wq_condition_concerns(), of events that aren't losses. */
	bool (*concerns)(const struct wq_condition *c, const struct wq_event *ev);
	/** As wq_condition_is_about(), of events that concern it and aren't losses. */
	bool (*is_about)(const struct wq_condition *c, const struct wq_event *ev);
	/** Whether it was so with that event, which is about it; NULL: only looking tells. */
	bool (*makes)(const struct wq_condition *c, const struct wq_event *ev);
	/** Whether nothing may tell of it; NULL: no. */
	bool (*needs_looks)(const struct wq_condition *c);
};

struct wq_condition {
	const struct wq_condition_kind *kind;
	char *text;
	const char *object;	/* in it */
	struct wq_watch watch;	/* what stands behind *found */
	/* What looking has found: the condition's own. */
	struct {
		struct wq_mount *mount;
		struct wq_name *name;	/* of a key */
		struct wq_name *member;
		struct wq_side *side;
		uint32_t key, member_key;	/* 0: none */
	} found;

	unsigned char rec[WQ_RECORD_MIN];

	char *types;		/* of the filesystem that PATH is on, as findmnt(8) has them; NULL: any */
	char *path;		/* as it resolved when it was looked at; NULL: that can't be known */
	bool there;		/* and all of it was there */
	bool is_plain;		/* and no link was in it */
	struct wq_path_watch *way;	/* to it */
	bool watched_way;	/* it is listened to: since wq_conditions_watch() */

	char *key;		/* KEY, or KEYRING, as it was named */
	bool of_user;		/* and by the user's ID */
	uint32_t uid;
	char *type, *desc;	/* of KEY, if it was named by them; of what is to be linked */
	int32_t watched;	/* the key that a monitor tells of; 0: none */
	int32_t serial;		/* what KEY was when it was looked at last and was valid; 0: it wasn't */
	struct wq_name *known;	/* and what it was called */
	char **objects;		/* what is watched for this one and others: until it is open */
	char digits[16];	/* one of them */
};

extern const struct wq_condition_kind wq_condition_mounted, wq_condition_unmounted, wq_condition_ro, wq_condition_rw;
extern const struct wq_condition_kind wq_condition_key, wq_condition_nokey, wq_condition_revoked, wq_condition_expired;
extern const struct wq_condition_kind wq_condition_linked;
extern const struct wq_condition_kind wq_condition_device, wq_condition_nodevice;

/** Parses a PATH; @mounts: as wq_path_watch_new(). 0; -errno with *@e. */
int wq_condition_path(struct wq_condition *c, bool mounts, struct wq_error *e);
/** Look the path up, and report every change on the way from now on, once it is watched. Fill in
 * c->path and c->there. Return 0: it leads to *@found; 1: it leads nowhere, so far; -EINPROGRESS;
 * -errno with *@e. */
int wq_condition_look_up(struct wq_condition *c, const struct wq_path_walk **found, struct wq_error *e);

/** Adds what tells of the keys that are named by those of @n conditions that name any: keys.c. How many sources;
 * -errno with *@e. */
int wq_condition_keys_watch(struct wq_condition *const *c, size_t n, struct wq_monitor *m, struct wq_error *e);

#endif
