// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock is held for short times only, never while a write may block. The thread is left
 * alone at exit: a write to a pipe that nobody reads does not return.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/stderr-queue.h"

#define WQC_QUEUE_MAX	(1u << 20)	/* bytes that wait; one message may exceed them */
#define WQC_CALLER_MS	10		/* that a caller waits, for the order beside stdout */
#define WQC_PROGRESS_MS	100		/* without any, the end does not wait */
#define WQC_FLUSH_MS	500
#define WQC_RWF_NOWAIT	8		/* include/uapi/linux/fs.h: RWF_NOWAIT */
#define WQC_WRITE_MAX	4096		/* bytes of one write(2): what is taken is progress */

struct message {
	struct message *next;
	size_t len, done;
	char text[];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t added, written;
	struct message *first, **last;
	size_t bytes;			/* of all messages that wait */
	uint64_t progress;		/* writes that took something */
	unsigned long long dropped;	/* messages, since the last notice */
	size_t (*notice)(char *line, size_t size, unsigned long long n);
	bool has_thread, no_thread;	/* one runs; none can be started */
	bool stalled;			/* a caller has waited in vain */
	bool direct;			/* in a child */
} queue = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .added = PTHREAD_COND_INITIALIZER, .written = PTHREAD_COND_INITIALIZER,
	.last = &queue.first,
};

void stderr_queue_set_notice(size_t (*format)(char *line, size_t size, unsigned long long n))
{
	queue.notice = format;
}

/* ---- Writing ---- */

static void write_all(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		text += n;
		len -= (size_t) n;
	}
}

/* Return how many bytes standard error takes at once. */
static size_t write_now(const char *text, size_t len)
{
	struct iovec iov = { .iov_base = (char *) text, .iov_len = len };
	/* Not every libc has pwritev2(). The offset, in two halves, is -1: the file's own. */
	ssize_t n = syscall(SYS_pwritev2, STDERR_FILENO, &iov, 1L, -1L, -1L, WQC_RWF_NOWAIT);

	return n < 0 ? 0 : (size_t) n;
}

/* ---- The queue; with the lock ---- */

static bool append(const char *text, size_t len)
{
	struct message *m = queue.bytes < WQC_QUEUE_MAX ? malloc(sizeof(*m) + len) : NULL;

	if (!m)
		return false;
	*m = (struct message) { .len = len };
	memcpy(m->text, text, len);
	*queue.last = m;
	queue.last = &m->next;
	queue.bytes += len;
	return true;
}

/* Report what was dropped, in its place. */
static void append_notice(void)
{
	char line[256];

	if (queue.dropped && (!queue.notice || append(line, queue.notice(line, sizeof(line), queue.dropped))))
		queue.dropped = 0;
}

static void drop_first(void)
{
	struct message *m = queue.first;

	queue.first = m->next;
	if (!queue.first)
		queue.last = &queue.first;
	queue.bytes -= m->len;
	free(m);
}

/* ---- The thread ---- */

/* Only the thread takes messages out: the first one stays where it is without the lock. */
static void write_first(void)
{
	struct message *m = queue.first;
	size_t len = m->len - m->done < WQC_WRITE_MAX ? m->len - m->done : WQC_WRITE_MAX;
	ssize_t n;

	pthread_mutex_unlock(&queue.lock);
	n = write(STDERR_FILENO, m->text + m->done, len);
	if (n < 0 && errno == EAGAIN)	/* another made it so */
		n = poll(&(struct pollfd) { .fd = STDERR_FILENO, .events = POLLOUT }, 1, -1) < 0 ? -1 : 0;
	else if (n < 0 && errno == EINTR)
		n = 0;
	pthread_mutex_lock(&queue.lock);
	/* What can't be written at all is gone, as with any program. */
	m->done = n < 0 ? m->len : m->done + (size_t) n;
	if (m->done == m->len)
		drop_first();
	queue.progress += n != 0;
	if (!queue.first)
		append_notice();
	if (!queue.first)
		queue.stalled = false;
	pthread_cond_broadcast(&queue.written);
}

static void *run_thread(void *data)
{
	(void) data;
	pthread_mutex_lock(&queue.lock);
	for (;;) {
		while (!queue.first)
			pthread_cond_wait(&queue.added, &queue.lock);
		write_first();
	}
	return NULL;
}

/* Signals are for others. */
static void start_thread(void)
{
	pthread_t thread;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	queue.has_thread = pthread_create(&thread, NULL, run_thread, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	queue.no_thread = !queue.has_thread;
	if (queue.has_thread) {
		pthread_setname_np(thread, "watchq-stderr");
		pthread_detach(thread);
	}
}

/* ---- Callers ---- */

static struct timespec after_ms(unsigned ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += (long) ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

/* With the lock. */
static void wait_a_little(void)
{
	struct timespec until = after_ms(WQC_CALLER_MS);

	while (queue.has_thread && !queue.stalled && queue.first)
		queue.stalled = pthread_cond_timedwait(&queue.written, &queue.lock, &until) == ETIMEDOUT;
}

/* With the lock: what is not written at once waits in the queue. */
static void add(const char *text, size_t len)
{
	size_t done = queue.first || queue.dropped ? 0 : write_now(text, len);

	if (done == len)
		return;
	append_notice();
	if (queue.dropped || !append(text + done, len - done)) {
		queue.dropped++;
		return;
	}
	if (!queue.has_thread && !queue.no_thread)
		start_thread();
	pthread_cond_signal(&queue.added);
	wait_a_little();
}

void stderr_queue_write(const char *text, size_t len)
{
	if (queue.direct) {
		write_all(text, len);
		return;
	}
	pthread_mutex_lock(&queue.lock);
	add(text, len);
	/* No thread may be had: better to wait than to say nothing. */
	while (queue.no_thread && queue.first) {
		write_all(queue.first->text, queue.first->len);
		drop_first();
	}
	pthread_mutex_unlock(&queue.lock);
}

bool stderr_queue_flush(void)
{
	unsigned i;
	bool all;

	pthread_mutex_lock(&queue.lock);
	for (i = 0; queue.first && i < WQC_FLUSH_MS / WQC_PROGRESS_MS; i++) {
		struct timespec until = after_ms(WQC_PROGRESS_MS);
		uint64_t before = queue.progress;

		while (queue.first && pthread_cond_timedwait(&queue.written, &queue.lock, &until) != ETIMEDOUT)
			;
		if (queue.progress == before)
			break;
	}
	all = !queue.first;
	pthread_mutex_unlock(&queue.lock);
	return all;
}

void stderr_queue_after_fork(void)
{
	queue.direct = true;
}
