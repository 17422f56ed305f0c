/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the backends of sb share: which filesystems are watched, and what was told of them. */
#ifndef WQ_SB_H
#define WQ_SB_H

/** The key of a question about a filesystem is its device number and what is asked: a kind in the
 * bits above. */
#define WQ_SB_KEY_MARK		UINT64_C(0)
#define WQ_SB_KEY_ERROR_PATH	(UINT64_C(1) << 40)
#define WQ_SB_KEY_PATH		(UINT64_C(2) << 40)	/* the number of the path in place of a device */
#define WQ_SB_KEY_KIND		(UINT64_C(3) << 40)

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
	bool by_name;			/* no look-up has told: by its name alone, so far */
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
	/** The filesystems were read: what mounted() is called for follows; NULL: nothing to do. */
	void (*read)(void *data);
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

/** A question about @fs has had no answer for too long: a filesystem that does not answer is
 * reported once. And it has, at last. Return as wq_sb_tell(). */
int wq_sb_unanswered(struct wq_sb *sb, struct wq_filesystem *fs);
int wq_sb_answered(struct wq_sb *sb, struct wq_filesystem *fs);

/* As the calls of a source's. */
int wq_sb_path_answered(struct wq_sb *sb, const struct wq_question *q, int answer, bool late);
int wq_sb_path_unanswered(struct wq_sb *sb, uint64_t key);

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
