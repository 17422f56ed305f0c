/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_FS_TYPE_H
#define WQ_FS_TYPE_H

#include <stdbool.h>

/** Whether a filesystem of this type ("nfs4", "fuse.sshfs") asks a server or a process for what
 * other filesystems know, so that a path look-up may never return. */
bool wq_fs_type_may_hang(const char *fstype);

#endif
