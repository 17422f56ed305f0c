/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hearing that what a path leads to may have changed, whatever of it is there yet: by inotify(7)
 * of each directory on the way, also behind links, and by mountinfo of what is mounted there. */
#ifndef WQ_PATH_WATCH_H
#define WQ_PATH_WATCH_H

#include <stdbool.h>

struct wq_path_watch;

/** @path is copied. @mounts: what is mounted on the way is heard, too. 0; -errno. Listens from the
 * first wq_path_watch_arm() on. */
int wq_path_watch_new(struct wq_path_watch **w, const char *path, bool mounts);
void wq_path_watch_free(struct wq_path_watch *w);

/** Polls readable when something may have changed. */
int wq_path_watch_fd(const struct wq_path_watch *w);

/** Takes what has been heard. Whether it is about the path, and not others beside it. */
bool wq_path_watch_heard(struct wq_path_watch *w);

/** Who looks behind it is told of any change after that look. 0;
 * -errno: not all can be heard: -EACCES, or -ENOSPC when the user's limit of watches is reached. */
int wq_path_watch_arm(struct wq_path_watch *w);

#endif
