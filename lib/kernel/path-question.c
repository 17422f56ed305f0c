// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "kernel/path-question.h"

/* A child process uses 0 itself: base/child.c. */
static int open_inotify(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), higher;

	if (fd < 0 || fd > 2)
		return fd;
	higher = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return higher;
}

struct wq_path_question *wq_path_question_new(const char *path, bool listen, bool in_child)
{
	struct wq_path_question *q = malloc(sizeof(*q) + strlen(path) + 1);

	if (!q)
		return NULL;
	strcpy(q->path, path);
	q->in_child = in_child;
	q->inotify = listen ? open_inotify() : -1;
	q->inotify_err = listen && q->inotify < 0 ? errno : 0;
	return q;
}

int wq_path_question_ask(void *question)
{
	struct wq_path_question *q = question;

	int rc = q->in_child ? wq_path_walk_in_child(&q->walk, q->path, q->inotify) : -ECHILD;

	/* Where no child may be made, such as at a limit of processes, the thread itself looks up. */
	if (rc && rc != -EPIPE)
		wq_path_walk(&q->walk, q->path, q->inotify);
	return rc == -EPIPE ? rc : 0;
}

void wq_path_question_free(void *question)
{
	struct wq_path_question *q = question;

	if (q && q->inotify >= 0)
		close(q->inotify);
	free(q);
}
