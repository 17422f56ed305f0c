// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "mountinfo.h"

static unsigned propagation(struct libmnt_fs *fs)
{
	unsigned long flags = 0;

	mnt_fs_get_propagation(fs, &flags);
	return (flags & MS_SHARED ? WQ_PROPAGATION_SHARED : 0u) | (flags & MS_SLAVE ? WQ_PROPAGATION_SLAVE : 0u) |
	       (flags & MS_UNBINDABLE ? WQ_PROPAGATION_UNBINDABLE : 0u);
}

static uint64_t peer_group(struct libmnt_fs *fs)
{
	const char *fields = mnt_fs_get_optional_fields(fs);
	const char *shared = fields ? strstr(fields, "shared:") : NULL;

	return shared ? strtoull(shared + 7, NULL, 10) : 0;
}

void wq_mountinfo_describe(struct libmnt_fs *fs, uint64_t ns, struct wq_mount *m)
{
	dev_t dev = mnt_fs_get_devno(fs);
	const char *source = mnt_fs_get_source(fs);

	*m = (struct wq_mount) {
		.id = (uint64_t) mnt_fs_get_id(fs), .parent = (uint64_t) mnt_fs_get_parent_id(fs),
		.old_id = (uint32_t) mnt_fs_get_id(fs), .major = major(dev), .minor = minor(dev),
		.propagation = propagation(fs), .peer_group = peer_group(fs), .ns = ns,
		.target = mnt_fs_get_target(fs), .source = source ? source : "none",
		.fstype = mnt_fs_get_fstype(fs), .root = mnt_fs_get_root(fs),
		.vfs_options = mnt_fs_get_vfs_options(fs), .fs_options = mnt_fs_get_fs_options(fs),
	};
}

/* ---- Reading ---- */

struct place {
	int id, parent;
	const char *target;
};

static int by_id(const void *a, const void *b)
{
	int x = ((const struct place *) a)->id, y = ((const struct place *) b)->id;

	return x < y ? -1 : x > y;
}

static bool is_below(const char *path, const char *of)
{
	size_t len = strcmp(of, "/") == 0 ? 0 : strlen(of);

	return strncmp(path, of, len) == 0 && (!path[len] || path[len] == '/');
}

static bool all_fit(const struct place *all, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct place key = { .id = all[i].parent }, *on = bsearch(&key, all, n, sizeof(*all), by_id);

		if (on && on->target && all[i].target && !is_below(all[i].target, on->target))
			return false;
	}
	return true;
}

/* Return 0 if each mount is at or below the place of the mount that it is on, else 1; -ENOMEM. */
static int check_places(struct libmnt_table *tb)
{
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct place *all = calloc((size_t) mnt_table_get_nents(tb) + 1, sizeof(*all));
	int rc = it && all ? 0 : -ENOMEM;
	struct libmnt_fs *fs;
	size_t n = 0;

	while (!rc && mnt_table_next_fs(tb, it, &fs) == 0)
		all[n++] = (struct place) {
			.id = mnt_fs_get_id(fs), .parent = mnt_fs_get_parent_id(fs), .target = mnt_fs_get_target(fs),
		};
	if (!rc) {
		qsort(all, n, sizeof(*all), by_id);
		rc = !all_fit(all, n);
	}
	free(all);
	mnt_free_iter(it);
	return rc;
}

/* Return whether a mount has changed since this descriptor was opened, or asked last. */
static bool has_changed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	return poll(&p, 1, 0) == 1 && p.revents & POLLPRI;
}

int wq_mountinfo_read(FILE *file, struct libmnt_table *tb)
{
	has_changed(fileno(file));
	if (mnt_table_parse_stream(tb, file, "/proc/self/mountinfo"))
		return errno ? -errno : -EIO;
	return has_changed(fileno(file)) ? check_places(tb) : 0;
}
