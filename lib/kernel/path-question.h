/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_PATH_QUESTION_H
#define WQ_PATH_QUESTION_H

#include "base/worker.h"
#include "kernel/path-walk.h"

/** The look-up of a path, as the data of a question (base/worker.h). */
struct wq_path_question {
	struct wq_path_walk walk;	/* the answer, once wq_path_question_ask() has returned 0 */
	int inotify;		/* what watches the directories on the way; -1: they are not watched */
	int inotify_err;	/* errno value: why not, though that was asked for; 0 */
	bool in_child;
	char path[];		/* a copy */
};

/** Return a new question. @listen: watch the directories on the way; @in_child: look up in a child
 * process, since the thread that asks may be left behind. NULL without memory. */
struct wq_path_question *wq_path_question_new(const char *path, bool listen, bool in_child);

/** Look up. Any thread; may block for ever. Return 0, whatever was found; -errno: not looked up. */
int wq_path_question_ask(void *question);

/** Release the question, and its inotify descriptor. Any thread. */
void wq_path_question_free(void *question);

#endif
