/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libmount reads of mountinfo, as this library has it. */
#ifndef WQ_MOUNTINFO_H
#define WQ_MOUNTINFO_H

#include <libmount.h>

#include "libwatchq.h"

/** Says in *@m what @fs is, of the namespace @ns (its inode; 0: not known). Texts stay @fs's. */
void wq_mountinfo_describe(struct libmnt_fs *fs, uint64_t ns, struct wq_mount *m);

#endif
