/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libmount reads of mountinfo, as this library has it. */
#ifndef WQ_MOUNTINFO_H
#define WQ_MOUNTINFO_H

#include <libmount.h>
#include <stdio.h>

#include "libwatchq.h"

/** Says in *@m what @fs is, of the namespace @ns (its inode; 0: not known). Texts stay @fs's. */
void wq_mountinfo_describe(struct libmnt_fs *fs, uint64_t ns, struct wq_mount *m);

/** Read @file, a mountinfo, to its end, and add what it lists to @tb. That takes several read(2)
 * calls, and mounts may be moved between two of them. Return 0; 1 if the list shows mounts at
 * places from before and after a move, so that they are not below those that they are on; -errno. */
int wq_mountinfo_read(FILE *file, struct libmnt_table *tb);

#endif
