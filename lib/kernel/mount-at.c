// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/fs-type.h"
#include "kernel/mount-at.h"
#include "paths.h"

/* "" is the root. */
static const char *target_of(struct libmnt_fs *fs)
{
	const char *target = mnt_fs_get_target(fs);

	return target && strcmp(target, "/") == 0 ? "" : target;
}

/* The mounts that are at the path, or above. */
struct above {
	struct libmnt_fs **fs;
	bool *is_first;		/* on what is not in the list */
	unsigned n;
};

/* Return whether one is a mount on @on (NULL: on what is not in the list). */
static bool is_on(const struct above *all, unsigned i, struct libmnt_fs *on)
{
	if (!on)
		return all->is_first[i];
	return !all->is_first[i] && mnt_fs_get_parent_id(all->fs[i]) == mnt_fs_get_id(on);
}

/* Return the first mount on @on that the path leads into; NULL: none. */
static struct libmnt_fs *next_on_way(const struct above *all, struct libmnt_fs *on)
{
	struct libmnt_fs *found = NULL;
	unsigned i;

	for (i = 0; i < all->n; i++)
		if (is_on(all, i, on) && (!found || strlen(target_of(all->fs[i])) < strlen(target_of(found))))
			found = all->fs[i];
	return found;
}

static void find_firsts(const struct above *all, struct libmnt_table *tb, struct libmnt_iter *it)
{
	struct libmnt_fs *fs;
	unsigned i;

	for (i = 0; i < all->n; i++) {
		int parent = mnt_fs_get_parent_id(all->fs[i]);

		all->is_first[i] = true;
		mnt_reset_iter(it, MNT_ITER_FORWARD);
		while (all->is_first[i] && mnt_table_next_fs(tb, it, &fs) == 0)
			all->is_first[i] = mnt_fs_get_id(fs) != parent || fs == all->fs[i];
	}
}

static void collect(struct above *all, struct libmnt_table *tb, struct libmnt_iter *it, const char *path)
{
	struct libmnt_fs *fs;

	while (mnt_table_next_fs(tb, it, &fs) == 0) {
		const char *target = target_of(fs);

		if (target && wq_path_is_in(path, target))
			all->fs[all->n++] = fs;
	}
	find_firsts(all, tb, it);
}

static void walk(struct wq_mount_at *at, const struct above *all)
{
	unsigned left = all->n;
	struct libmnt_fs *fs;

	/* A list that was torn by a move may have circles. */
	while (left-- > 0 && (fs = next_on_way(all, at->fs))) {
		const char *type = mnt_fs_get_fstype(fs);

		at->fs = fs;
		at->may_hang |= type && wq_fs_type_may_hang(type);
		at->way = at->way * 1000003 + (uint64_t) mnt_fs_get_id(fs) + 1;
	}
}

struct wq_mount_at wq_mount_at(struct libmnt_table *tb, const char *path)
{
	size_t n = (size_t) mnt_table_get_nents(tb) + 1;
	struct above all = { .fs = calloc(n, sizeof(*all.fs)), .is_first = calloc(n, sizeof(*all.is_first)) };
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct wq_mount_at at = { .fs = NULL };

	if (all.fs && all.is_first && it) {
		collect(&all, tb, it, path);
		walk(&at, &all);
	}
	at.root = at.fs && strcmp(target_of(at.fs), path) == 0;
	mnt_free_iter(it);
	free(all.fs);
	free(all.is_first);
	return at;
}

struct libmnt_table *wq_mount_at_read(void)
{
	struct libmnt_table *tb = mnt_new_table();

	errno = ENOMEM;
	if (tb && mnt_table_parse_file(tb, "/proc/self/mountinfo") == 0)
		return tb;
	mnt_unref_table(tb);
	return NULL;
}
