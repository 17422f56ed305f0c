/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_CHILD_H
#define WQ_CHILD_H

#include <sys/types.h>

/** What a child process does. */
struct wq_child_call {
	/** Make system calls only: no allocation, no stdio. Fill @out, return its bytes or -errno. */
	ssize_t (*fn)(void *data, void *out, size_t size);
	void *data;
	const int *keep;	/* open file descriptors that fn() needs, in rising order */
	size_t nkeep;
	unsigned timeout;	/* ms that wq_child_run() waits; 0: for ever */
};

/** Make the call in a child process and return what it gave: bytes in @out, at most @size, or
 * -errno. Where a disk is dead, or a FUSE server has taken a request and does not answer, a system
 * call sleeps so that not even SIGKILL ends it (fs/fuse/dev.c: request_wait_answer()), and the
 * process of a thread that made it would not end either. A child that sleeps so is left behind; any
 * other ends with the thread that called. It holds no other file descriptor. Any thread; waits until
 * the child ends: call it in a worker (base/worker.h), or with a timeout. -ETIMEDOUT: it has not ended
 * yet, and is left behind. */
ssize_t wq_child_run(const struct wq_child_call *call, void *out, size_t size);

/** Start the call in a child process whose descriptor 0 is the end of a pipe for writing, and return
 * the other end; -errno. What fn() returns is dropped; its @out is a buffer of @size bytes of the
 * child's own. The child ends by itself. */
int wq_child_start(const struct wq_child_call *call, size_t size);

#endif
