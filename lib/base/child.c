// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WQ_THREAD_SANITIZER
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define WQ_THREAD_SANITIZER
#endif

#define WQ_CLOSE_RANGE	436	/* the number on every architecture: since Linux 5.9 */

/* Close [@first, @last]. Before Linux 5.9 there is no such call: the first thousand, then. */
static void close_all(unsigned first, unsigned last)
{
	if (first > last || syscall(WQ_CLOSE_RANGE, first, last, 0U) == 0)
		return;
	for (; first <= last && first < 1024; first++)
		close((int) first);
}

/* The pipe's end becomes descriptor 0, and only those that are needed are kept: a child that is
 * left behind must not hold a pipe that another process reads to its end. */
static ssize_t keep_only(int fd, const struct wq_child_call *call)
{
	unsigned first = 1;
	size_t i;

	if (dup2(fd, 0) < 0)
		return -errno;
	for (i = 0; i < call->nkeep; i++) {
		close_all(first, (unsigned) call->keep[i] - 1);
		first = (unsigned) call->keep[i] + 1;
	}
	close_all(first, UINT_MAX);
	return 0;
}

/* An answer: the result of fn(), and then that many bytes. */
_Noreturn static void run(int fd, pid_t parent, const struct wq_child_call *call, void *out, size_t size)
{
	ssize_t n;

	/* What SIGKILL ends, such as a wait for a dead NFS server, does not outlive the thread that waits. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	n = keep_only(fd, call);
	if (n == 0)
		n = call->fn(call->data, out, size);
	if (write(0, &n, sizeof(n)) == (ssize_t) sizeof(n) && n > 0)
		(void) !write(0, out, (size_t) n);
	_exit(0);
}

/* Whether the child's answer, or its end, comes in time. */
static bool is_in_time(int fd, unsigned timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t end = wq_clock_now(CLOCK_MONOTONIC) + timeout * 1000000ull, now;
	int n;

	if (!timeout)
		return true;
	do {
		now = wq_clock_now(CLOCK_MONOTONIC);
		n = poll(&p, 1, now < end ? (int) ((end - now + 999999) / 1000000) : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0;
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

static ssize_t take(int fd, void *out, size_t size)
{
	ssize_t n = 0, rc = read_all(fd, &n, sizeof(n));

	if (rc < 0)
		return rc;
	if (n <= 0)
		return n;
	return (size_t) n > size ? -EMSGSIZE : read_all(fd, out, (size_t) n);
}

/* Without a signal at its end: SIGCHLD and wait(2) are the program's. */
static pid_t clone_child(void)
{
#ifdef WQ_THREAD_SANITIZER
	return fork();	/* the sanitizer has to know: its own locks are held by other threads */
#else
	pid_t pid = (pid_t) syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL);

	return pid < 0 && errno == EINVAL ? fork() : pid;	/* qemu-user knows no other */
#endif
}

int wq_child_start(const struct wq_child_call *call, size_t size)
{
	void *out = malloc(size);
	int pipes[2], rc = 0;
	pid_t pid;

	if (!out)
		return -ENOMEM;
	if (pipe2(pipes, O_CLOEXEC)) {
		rc = -errno;
		free(out);
		return rc;
	}
	pid = clone_child();
	if (pid == 0) {
		if (keep_only(pipes[1], call) == 0)
			call->fn(call->data, out, size);
		_exit(0);
	}
	if (pid < 0)
		rc = -errno;
	free(out);
	close(pipes[1]);
	if (rc)
		close(pipes[0]);
	return rc ? rc : pipes[0];
}

ssize_t wq_child_run(const struct wq_child_call *call, void *out, size_t size)
{
	pid_t pid, parent = getpid();
	int pipes[2];
	ssize_t n;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	pid = clone_child();
	if (pid == 0)
		run(pipes[1], parent, call, out, size);
	n = pid < 0 ? -errno : 0;
	close(pipes[1]);
	if (pid > 0 && !is_in_time(pipes[0], call->timeout)) {
		n = -ETIMEDOUT;
	} else if (pid > 0) {
		n = take(pipes[0], out, size);
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	close(pipes[0]);
	return n;
}
