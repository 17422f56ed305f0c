/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_SB_ERROR_PATH_H
#define WQ_SB_ERROR_PATH_H

#include "sources/sb/marks.h"

/** Look up the path of the file that an error is about: @path of @size bytes. @inode: its number.
 * Return @path; NULL: it is not known, or not within some milliseconds. */
const char *wq_sb_error_path(struct wq_sb_fanotify *f, const struct wq_filesystem *fs, const struct wq_fan_event *ev,
			     uint64_t inode, char *path, size_t size);

#endif
