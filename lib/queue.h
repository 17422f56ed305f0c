/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_QUEUE_H
#define WQ_QUEUE_H

#include <sys/types.h>

#include "libwatchq.h"

/** A notification pipe. Both ends stay open: without a writer, poll() says
 * POLLHUP for ever and read() returns 0 when the queue is empty. */
struct wq_queue {
	int rfd, wfd;		/* -1: closed */
	unsigned depth;		/* records that it holds */
};

/** Opens a queue that holds @depth records, or, with 0, the most that the kernel
 * gives. The kernel rounds up to whole pages. O_CLOEXEC, O_NONBLOCK. 0; -errno
 * with *@e: ENOTSUP and EPERM are WQ_NOTSUPP. */
int wq_queue_open(struct wq_queue *q, unsigned depth, struct wq_error *e);
void wq_queue_close(struct wq_queue *q);

/** Lets the kernel post what @f passes alone; META passes always. An empty
 * filter passes everything. 0 or -errno with *@e. */
int wq_queue_set_filter(struct wq_queue *q, const struct wq_filter *f, struct wq_error *e);

/** Reads whole records into @buf, which must hold WQ_RECORD_MAX bytes or more:
 * how many bytes, or 0 when there is nothing, or -errno. A LOSS that is pending
 * doesn't poll readable: call it until it returns 0. */
ssize_t wq_queue_read(struct wq_queue *q, void *buf, size_t size);

#endif
