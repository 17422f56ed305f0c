/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking up a path, and reporting that what it leads to may have changed, whatever of it exists:
 * by inotify(7) of each directory on the way, also behind links, and by mountinfo of what is
 * mounted there. With threads, a look-up that blocks is left to a thread, and its answer taken later.
 */
#ifndef WQ_PATH_WATCH_H
#define WQ_PATH_WATCH_H

#include "kernel/path-walk.h"
#include "libwatchq.h"

struct wq_path_watch;

/** What several watches share that look up in threads. */
struct wq_path_threads {
	unsigned refs;
	unsigned unanswered;	/* look-ups of all watches */
	wq_log_fn log;
	void *log_data;
};

/** Watch @path, which is copied. @mounts: also what is mounted on the way. Watches nothing before the
 * first wq_path_watch_look() with @listen. Return 0 or -errno. */
int wq_path_watch_new(struct wq_path_watch **w, const char *path, bool mounts);
void wq_path_watch_free(struct wq_path_watch *w);

/** Look up in threads from now on. Takes a reference of @threads, malloc()ed with refs 0. Warns by
 * its log() of a path that is not answered for two seconds, and when it is. Return 0 or -errno. */
int wq_path_watch_use_threads(struct wq_path_watch *w, struct wq_path_threads *threads);

/** A file descriptor that polls readable (POLLIN) when wq_path_watch_heard() is to be called. */
int wq_path_watch_fd(const struct wq_path_watch *w);

/** Take what was reported. Return whether the path is to be looked up again: it may have changed,
 * or a look-up that was pending has its answer. */
bool wq_path_watch_heard(struct wq_path_watch *w);

/** Look the path up. @listen: every change after this look-up is reported. Without threads, may block
 * for ever. Return 0: *@found, good until the next call; -EINPROGRESS: no answer yet,
 * wq_path_watch_fd() reports it; -errno: not looked up. */
int wq_path_watch_look(struct wq_path_watch *w, bool listen, const struct wq_path_walk **found);

/** Return whether changes may go unreported: a directory can't be watched (-EACCES, or -ENOSPC at the
 * user's limit of watches), or the last look-up was not made. */
bool wq_path_watch_is_deaf(const struct wq_path_watch *w);

#endif
