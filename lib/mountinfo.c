// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

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
