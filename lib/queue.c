// SPDX-License-Identifier: LGPL-2.1-or-later
/* The notification pipe: open, size, filter, read. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "queue.h"
#include "kernel/not-supported.h"
#include "uapi.h"

static int open_pipe(int fds[2], struct wq_error *e)
{
	if (pipe2(fds, WQ_UAPI_O_NOTIFICATION_PIPE | O_CLOEXEC | O_NONBLOCK) == 0)
		return 0;

	switch (errno) {
	case ENOPKG:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_PIPE, errno), ENOTSUP,
			       "this kernel has no notification pipe (CONFIG_WATCH_QUEUE is not set)");
	case EINVAL:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_PIPE, errno), ENOTSUP,
			       "this kernel has no notification pipe (Linux 5.8 has the first)");
	case EPERM:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_PIPE, EPERM), EPERM,
			       "pipe2(O_NOTIFICATION_PIPE) is not permitted: a sandbox or container forbids it (seccomp)");
	case EMFILE:
		return wq_fail(e, WQ_FAILURE, EMFILE, "can't open a notification pipe: %s; raise 'ulimit -n'",
			       strerror(EMFILE));
	case ENFILE:	/* fs/pipe.c: alloc_pipe_info() over the hard limit, too */
		return wq_fail(e, WQ_FAILURE, ENFILE,
			       "can't open a notification pipe: this user's pipes hold all the pages they may, or the system has too many files open; raise /proc/sys/fs/pipe-user-pages-hard or fs.file-max");
	default:
		return wq_fail(e, WQ_FAILURE, errno, "can't open a notification pipe: %s", strerror(errno));
	}
}

/* The deepest queue that the limits on pipe buffers allow: halves until one is
 * granted. A refused size leaves the pipe as it was. */
static int set_deepest(int fd)
{
	unsigned depth;

	for (depth = WQ_UAPI_MAX_DEPTH; depth; depth /= 2) {
		if (ioctl(fd, WQ_UAPI_SET_SIZE, (unsigned long) depth) == 0)
			return 0;
		if (errno != EPERM && errno != ENOMEM)
			break;
	}
	return -errno;
}

int wq_queue_open(struct wq_queue *q, unsigned depth, struct wq_error *e)
{
	int fds[2], rc;

	q->rfd = q->wfd = -1;
	if (depth > WQ_UAPI_MAX_DEPTH)
		return wq_fail(e, WQ_FAILURE, EINVAL, "a queue holds 1 to %d records, not %u",
			       WQ_UAPI_MAX_DEPTH, depth);
	rc = open_pipe(fds, e);
	if (rc)
		return rc;

	if (depth)
		rc = ioctl(fds[1], WQ_UAPI_SET_SIZE, (unsigned long) depth) ? -errno : 0;
	else
		rc = set_deepest(fds[1]);
	if (rc) {
		close(fds[0]);
		close(fds[1]);
		if (rc == -EPERM)
			return wq_fail(e, WQ_FAILURE, EPERM,
				       "can't make the queue %u records deep: this user's pipes hold all the pages they may; try a smaller --depth, or raise /proc/sys/fs/pipe-user-pages-soft",
				       depth ? depth : 1);
		return wq_fail(e, WQ_FAILURE, -rc, "can't size the queue: %s", strerror(-rc));
	}

	q->rfd = fds[0];
	q->wfd = fds[1];
	rc = fcntl(q->rfd, F_GETPIPE_SZ);
	q->depth = rc > 0 ? (unsigned) rc / WQ_UAPI_SLOT_SIZE : depth;
	return 0;
}

void wq_queue_close(struct wq_queue *q)
{
	if (q->rfd >= 0)
		close(q->rfd);
	if (q->wfd >= 0)
		close(q->wfd);
	q->rfd = q->wfd = -1;
}

int wq_queue_set_filter(struct wq_queue *q, const struct wq_filter *f, struct wq_error *e)
{
	union {
		struct wq_uapi_filter filter;
		unsigned char room[sizeof(struct wq_uapi_filter) +
				   WQ_UAPI_MAX_FILTERS * sizeof(struct wq_uapi_filter_row)];
	} u;
	unsigned i;

	memset(&u, 0, sizeof(u));
	u.filter.nr_filters = f->nrules;
	for (i = 0; i < f->nrules; i++) {
		struct wq_uapi_filter_row *row = &u.filter.filters[i];

		row->type = f->rules[i].type;
		row->info_filter = f->rules[i].info;
		row->info_mask = f->rules[i].mask;
		memcpy(row->subtype_filter, f->rules[i].subtypes, sizeof(row->subtype_filter));
	}

	if (ioctl(q->rfd, WQ_UAPI_SET_FILTER, f->nrules ? &u.filter : NULL) == 0)
		return 0;
	return wq_fail(e, WQ_FAILURE, errno, "can't set the filter: %s", strerror(errno));
}

ssize_t wq_queue_read(struct wq_queue *q, void *buf, size_t size)
{
	for (;;) {
		ssize_t n = read(q->rfd, buf, size);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}
