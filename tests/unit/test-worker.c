// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions in threads: answered at once, later, too late, and never. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/worker.h"
#include "tap.h"

#define WQT_LONG	UINT64_C(20000000000)	/* ns: never in vain on a busy machine */
#define WQT_SHORT	UINT64_C(1000000)	/* ns */

/* A question that waits for a byte in a pipe. */
struct wait {
	int fd;		/* -1: answer at once */
	int answer;
	pthread_t thread;
};

static atomic_uint released;
static unsigned unanswered;

static int ask(void *data)
{
	struct wait *w = data;
	char c;

	w->thread = pthread_self();
	if (w->fd >= 0 && read(w->fd, &c, 1) != 1)
		return -EIO;
	return w->answer;
}

static void release(void *data)
{
	free(data);
	atomic_fetch_add(&released, 1);
}

static struct wq_question question(uint64_t key, int fd, int answer)
{
	struct wait *w = malloc(sizeof(*w));

	*w = (struct wait) { .fd = fd, .answer = answer };
	return (struct wq_question) { .key = key, .ask = ask, .release = release, .data = w };
}

/* Ask without patience. Return what wq_workers_ask() returned; the data is released if it was
 * not asked. */
static int ask_blocked(struct wq_workers *w, uint64_t key, int fd)
{
	struct wq_question q = question(key, fd, -(int) key);
	int answer = 0, rc = wq_workers_ask(w, &q, WQT_SHORT, &answer);

	if (rc != -EINPROGRESS)
		free(q.data);
	else
		unanswered++;
	return rc;
}

static bool is_readable(const struct wq_workers *w, int ms)
{
	struct pollfd p = { .fd = wq_workers_fd(w), .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static uint64_t boottime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}

static void test_at_once(void)
{
	struct wq_workers *w = wq_workers_new(2, WQT_LONG);
	struct wq_question q = question(1, -1, -ENOTCONN);
	int rc = 0;

	ok(wq_workers_ask(w, &q, WQT_LONG, &rc) == 0, "answered while waiting");
	ok(rc == -ENOTCONN, "with what ask() returned");
	ok(!pthread_equal(((struct wait *) q.data)->thread, pthread_self()), "by another thread");
	ok(!is_readable(w, 0) && !wq_workers_is_asking(w, 1) && !wq_workers_deadline(w), "nothing is left of it");
	free(q.data);
	wq_workers_free(w);
}

static void test_later(void)
{
	struct wq_workers *w = wq_workers_new(2, WQT_LONG);
	struct wq_question q;
	int pipes[2], rc = 0;
	bool late = true;
	uint64_t key;

	ok(pipe(pipes) == 0 && ask_blocked(w, 7, pipes[0]) == -EINPROGRESS, "in progress");
	ok(wq_workers_is_asking(w, 7) && !wq_workers_is_asking(w, 8), "is being asked");
	ok(ask_blocked(w, 7, -1) == -EBUSY, "one question a key");
	ok(!is_readable(w, 0) && !wq_workers_take(w, &q, &rc, &late), "no answer yet");
	ok(!wq_workers_overdue(w, boottime(), &key), "not overdue");
	ok(write(pipes[1], "x", 1) == 1 && is_readable(w, 20000), "readable when there is an answer");
	ok(wq_workers_take(w, &q, &rc, &late) && q.key == 7 && rc == -7 && !late, "the answer");
	release(q.data);
	ok(!wq_workers_take(w, &q, &rc, &late) && !is_readable(w, 0), "and no other");
	wq_workers_free(w);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_overdue(void)
{
	struct wq_workers *w = wq_workers_new(2, WQT_LONG);
	uint64_t key = 0, at;
	struct wq_question q;
	bool late = false;
	int pipes[2], rc;

	ok(pipe(pipes) == 0 && ask_blocked(w, 1, pipes[0]) == -EINPROGRESS && ask_blocked(w, 2, pipes[0]) == -EINPROGRESS &&
	   ask_blocked(w, 3, pipes[0]) == -EUSERS, "no more than two");
	at = wq_workers_deadline(w);
	ok(at > boottime() && !wq_workers_overdue(w, at - 1, &key), "not before the deadline");
	ok(wq_workers_overdue(w, at, &key) && key == 1 && wq_workers_deadline(w) >= at, "then, the first one");
	ok(wq_workers_overdue(w, at + WQT_LONG, &key) && key == 2 && !wq_workers_overdue(w, at + WQT_LONG, &key),
	   "each once");
	ok(wq_workers_deadline(w) == 0, "and no other deadline");
	ok(write(pipes[1], "xx", 2) == 2 && is_readable(w, 20000), "an answer may still come");
	while (!wq_workers_take(w, &q, &rc, &late))
		is_readable(w, 20000);
	ok(late, "and is known to be late");
	release(q.data);
	/* The other one may have its answer or not. */
	wq_workers_free(w);
	while (atomic_load(&released) < unanswered)
		usleep(1000);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_abandoned(void)
{
	struct wq_workers *w = wq_workers_new(8, WQT_LONG);
	unsigned before = atomic_load(&released);
	int pipes[2];

	ok(pipe(pipes) == 0 && ask_blocked(w, 1, pipes[0]) == -EINPROGRESS, "asked");
	wq_workers_free(w);
	ok(atomic_load(&released) == before, "freeing the workers waits for no answer");
	ok(write(pipes[1], "x", 1) == 1, "answered afterwards");
	while (atomic_load(&released) == before)
		usleep(1000);
	ok(true, "the thread has released the data");
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	wq_workers_free(NULL);
	test_at_once();
	test_later();
	test_overdue();
	test_abandoned();
	return tap_done();
}
