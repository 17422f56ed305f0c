/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the backends of sb share: which filesystems are watched, and what was told of them. */
#ifndef WQ_SB_H
#define WQ_SB_H

#include "models/filesystems.h"
#include "side.h"
#include "source.h"
#include "sources/mounts.h"

/** What the user named. */
struct wq_sb_wanted {
	struct wq_watch const *watch;
	uint64_t dev;
	char *source, *fstype;		/* of what has no device: its number is used again */
	bool gone;			/* it is no more, and never will be */
};

struct wq_sb {
	struct wq_source *s;
	struct wq_filesystems *table;
	struct wq_sb_wanted *wanted;
	size_t nwanted;			/* 0: all that have a device, */
	const struct wq_watch *all;	/* for which this is the watch */
	struct wq_mountinfo_poll poll;
	bool begun;			/* it was told what there is */
	bool pending;			/* it is to be looked */
	bool untold;			/* what was found had no room */
	uint64_t rest_until;		/* ns: looking takes a tenth of a processor at most */
	uint64_t look_at;		/* ns: to look then, whatever the kernel says; 0: not */
	unsigned looks;			/* that there were after an error */
	/** A watched filesystem is mounted, as it was before, or anew; NULL: nothing to do. */
	void (*mounted)(void *data, struct wq_filesystem *fs);
	void *data;
};

/** Looks up what @c names. @sb is zero but for mounted and data. 0; -errno with *@e. To be closed
 * if that fails, too. */
int wq_sb_open(struct wq_sb *sb, struct wq_source *s, const struct wq_source_config *c, struct wq_error *e);
void wq_sb_close(struct wq_sb *sb);

/** The wanted one that @fs is; NULL: none. Of @n in @wanted, 0: all that have a device, for
 * which the watch is @all. */
const struct wq_watch *wq_sb_watch(const struct wq_sb_wanted *wanted, size_t n, const struct wq_filesystem *fs,
				   const struct wq_watch *all);
/** Looks up the paths that @c names: *@wanted is malloc()ed, to be given back with wq_sb_wanted_free()
 * also where it fails. Without any, *@all is the watch for all. 0; -errno with *@e. */
int wq_sb_wanted_new(struct wq_sb_wanted **wanted, const struct wq_watch **all, struct wq_source *s,
		     const struct wq_source_config *c, const struct wq_filesystems *table, struct wq_error *e);
void wq_sb_wanted_free(struct wq_sb_wanted *wanted, size_t n);

/** Something has happened to a filesystem of which only looking tells: now, and soon. */
void wq_sb_look_soon(struct wq_sb *sb);

/* As the calls of a source's with a model. */
int wq_sb_snapshot(struct wq_sb *sb, enum wq_mark mark, unsigned round);
int wq_sb_tell(struct wq_sb *sb, enum wq_mark mark);
void wq_sb_sweep(struct wq_sb *sb);
int wq_sb_finish(struct wq_sb *sb);
uint64_t wq_sb_deadline(const struct wq_sb *sb);
int wq_sb_tick(struct wq_sb *sb);

#endif
