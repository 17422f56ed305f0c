// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

#define WQ_CLOSE_RANGE	436	/* the number on every architecture: since Linux 5.9 */

/* The pipe's end becomes descriptor 0, and no other is kept: a child that is left behind must not
 * hold a pipe that somebody reads to its end. */
static int keep_only(int fd)
{
	if (dup2(fd, 0) < 0)
		return -errno;
	return syscall(WQ_CLOSE_RANGE, 1U, UINT_MAX, 0U) ? -errno : 0;
}

/* An answer: the result of fn(), and then that many bytes. */
_Noreturn static void run(int fd, ssize_t (*fn)(void *data, char *out, size_t size), void *data, char *out, size_t size)
{
	ssize_t n = keep_only(fd);

	if (n == 0)
		n = fn(data, out, size);
	if (write(0, &n, sizeof(n)) == (ssize_t) sizeof(n) && n > 0)
		(void) !write(0, out, (size_t) n);
	_exit(0);
}

static ssize_t read_all(int fd, void *to, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = read(fd, (char *) to + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		done += (size_t) n;
	}
	return (ssize_t) done;
}

static ssize_t take(int fd, char *out, size_t size)
{
	ssize_t n = 0, rc = read_all(fd, &n, sizeof(n));

	if (rc < 0)
		return rc;
	if (n <= 0)
		return n;
	return (size_t) n > size ? -EMSGSIZE : read_all(fd, out, (size_t) n);
}

ssize_t wq_child_run(ssize_t (*fn)(void *data, char *out, size_t size), void *data, char *out, size_t size)
{
	int pipes[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	/* Without a signal at its end: SIGCHLD and wait(2) are the program's. */
	pid = (pid_t) syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL);
	if (pid == 0)
		run(pipes[1], fn, data, out, size);
	n = pid < 0 ? -errno : 0;
	close(pipes[1]);
	if (pid > 0) {
		n = take(pipes[0], out, size);
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	close(pipes[0]);
	return n;
}
