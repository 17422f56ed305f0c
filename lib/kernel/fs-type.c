// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "kernel/fs-type.h"

/* Those of fs/ that ask a server, another machine of a cluster, or a process, and well-known ones
 * that are not in the kernel's tree. */
static const char *const types[] = {
	"9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "fuse", "fuseblk", "gfs2", "gpfs",
	"lustre", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "smb3", "virtiofs", "vboxsf",
};

bool wq_fs_type_may_hang(const char *fstype)
{
	size_t i;

	if (strncmp(fstype, "fuse.", 5) == 0 || strncmp(fstype, "fuseblk.", 8) == 0)
		return true;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], fstype) == 0)
			return true;
	return false;
}
