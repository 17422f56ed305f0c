/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_CHILD_H
#define WQ_CHILD_H

#include <sys/types.h>

/** Run @fn in a child process and return what it wrote to @out: bytes, at most @size, or -errno.
 * A thread that reads from a dead disk sleeps where not even SIGKILL ends it, and its process
 * does not end either; a child that does so is left behind. @fn makes system calls only, allocates
 * nothing, and returns the number of bytes or -errno. It has no file descriptors but those that it
 * opens. Any thread; waits until the child ends, so call it in a worker (base/worker.h). */
ssize_t wq_child_run(ssize_t (*fn)(void *data, char *out, size_t size), void *data, char *out, size_t size);

#endif
