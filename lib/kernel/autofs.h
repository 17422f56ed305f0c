/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A path look-up below an automount point mounts what belongs there. mountinfo says where that is
 * without a look-up. */
#ifndef WQ_AUTOFS_H
#define WQ_AUTOFS_H

#include <stdbool.h>
#include <stdint.h>

/** A directory on a filesystem that may be an autofs, and a path in it. */
struct wq_autofs {
	unsigned major, minor;	/* of the filesystem that the directory is on */
	uint64_t mount;		/* ID in mountinfo of its mount; 0: not known */
	const char *path;	/* absolute, without links; NULL: not known */

	bool is_autofs;		/* the answer: the filesystem is an autofs */
	bool leads_on;		/* and something is mounted on it at @path or below */
};

/** Take one line of mountinfo, which is changed. */
void wq_autofs_line(struct wq_autofs *a, char *line);

/** Read the mountinfo of this process. System calls only, and none that blocks. Return 0 or -errno. */
int wq_autofs_read(struct wq_autofs *a);

#endif
