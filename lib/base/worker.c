// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/worker.h"
#include "tailq.h"

#define WQ_WORKER_STACK	(512u << 10)	/* bytes: paths on the stack, and a sanitizer's frames */

enum state {
	WQ_ASKED,
	WQ_ANSWERED,
};

/* A question and its thread. The owner frees it when it takes the answer. */
struct asked {
	struct wq_question q;
	struct shared *shared;
	uint64_t deadline;	/* ns of CLOCK_BOOTTIME */
	int rc;
	enum state state;	/* with the lock */
	bool later;		/* with the lock: the owner has stopped waiting for it */
	bool overdue;		/* the owner knows */
	WQ_TAILQ_ENTRY(asked) all;
};

WQ_TAILQ_HEAD(asked_list, asked);

/* What outlives the owner as long as a thread has not ended. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	unsigned refs;		/* the owner's, and one for each thread */
	bool closed;		/* there is no owner any more */
	int fd;			/* eventfd: an answer came later */
};

struct wq_workers {
	struct shared *shared;
	struct asked_list list;
	unsigned max;
	uint64_t deadline;	/* ns */
};

/* ---- What is shared ---- */

static struct shared *new_shared(void)
{
	struct shared *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	if (!s)
		return NULL;
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0) {
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->answered, &attr);
	pthread_condattr_destroy(&attr);
	s->refs = 1;
	return s;
}

/* Give back a reference, with the lock, which it releases. */
static void unref_locked(struct shared *s)
{
	bool last = --s->refs == 0;

	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	pthread_cond_destroy(&s->answered);
	pthread_mutex_destroy(&s->lock);
	close(s->fd);
	free(s);
}

/* ---- The thread ---- */

static void wake_owner(struct shared *s)
{
	uint64_t one = 1;

	while (write(s->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *run(void *data)
{
	struct asked *a = data;
	struct shared *s = a->shared;
	int rc = a->q.ask(a->q.data);

	pthread_mutex_lock(&s->lock);
	if (s->closed) {
		a->q.release(a->q.data);
		free(a);
	} else {
		a->rc = rc;
		a->state = WQ_ANSWERED;
		/* With the lock: the owner may close the descriptor as soon as it has the answer. */
		if (a->later)
			wake_owner(s);
		else
			pthread_cond_signal(&s->answered);
	}
	unref_locked(s);
	return NULL;
}

/* Start the thread. It takes no signals: they are for threads that the program knows. */
static int start(struct asked *a)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, WQ_WORKER_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, run, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -rc;
}

/* ---- The owner ---- */

struct wq_workers *wq_workers_new(unsigned max, uint64_t deadline)
{
	struct wq_workers *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->shared = new_shared();
	if (!w->shared) {
		free(w);
		return NULL;
	}
	w->max = max;
	w->deadline = deadline;
	WQ_TAILQ_INIT(&w->list);
	return w;
}

/* Take @a off the list; its data is somebody else's. */
static void drop(struct wq_workers *w, struct asked *a)
{
	WQ_TAILQ_REMOVE(&w->list, a, all);
	free(a);
}

void wq_workers_free(struct wq_workers *w)
{
	struct asked *a, *next;

	if (!w)
		return;
	pthread_mutex_lock(&w->shared->lock);
	w->shared->closed = true;
	for (a = WQ_TAILQ_FIRST(&w->list); a; a = next) {
		next = a->all.next;
		if (a->state == WQ_ASKED)
			continue;	/* its thread's */
		a->q.release(a->q.data);
		free(a);
	}
	unref_locked(w->shared);
	free(w);
}

int wq_workers_fd(const struct wq_workers *w)
{
	return w->shared->fd;
}

static bool is_answered(const struct wq_workers *w, const struct asked *a)
{
	bool answered;

	pthread_mutex_lock(&w->shared->lock);
	answered = a->state == WQ_ANSWERED;
	pthread_mutex_unlock(&w->shared->lock);
	return answered;
}

/* Wait for the answer until @end (CLOCK_MONOTONIC, ns). Return whether it came. */
static bool wait_for(struct wq_workers *w, struct asked *a, uint64_t end)
{
	struct timespec until = { .tv_sec = (time_t) (end / 1000000000), .tv_nsec = (long) (end % 1000000000) };
	bool answered;
	int rc = 0;

	pthread_mutex_lock(&w->shared->lock);
	while (a->state == WQ_ASKED && rc == 0)
		rc = pthread_cond_timedwait(&w->shared->answered, &w->shared->lock, &until);
	answered = a->state == WQ_ANSWERED;
	a->later = !answered;
	pthread_mutex_unlock(&w->shared->lock);
	return answered;
}

/* Whether @key may be asked now: 0, -EBUSY or -EUSERS. */
static int may_ask(const struct wq_workers *w, uint64_t key)
{
	const struct asked *a;
	unsigned unanswered = 0;

	WQ_TAILQ_FOREACH(a, &w->list, all) {
		if (a->q.key == key)
			return -EBUSY;
		unanswered += !is_answered(w, a);
	}
	return unanswered < w->max ? 0 : -EUSERS;
}

int wq_workers_ask(struct wq_workers *w, const struct wq_question *q, uint64_t patience, int *rc)
{
	int err = may_ask(w, q->key);
	struct asked *a;

	if (err)
		return err;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->q = *q;
	a->shared = w->shared;
	a->deadline = wq_clock_now(CLOCK_BOOTTIME) + w->deadline;
	pthread_mutex_lock(&w->shared->lock);
	w->shared->refs++;
	pthread_mutex_unlock(&w->shared->lock);
	err = start(a);
	if (err) {
		pthread_mutex_lock(&w->shared->lock);
		unref_locked(w->shared);
		free(a);
		return err;
	}
	WQ_TAILQ_INSERT_TAIL(&w->list, a, all);
	if (!wait_for(w, a, wq_clock_now(CLOCK_MONOTONIC) + patience))
		return -EINPROGRESS;
	*rc = a->rc;
	drop(w, a);
	return 0;
}

bool wq_workers_take(struct wq_workers *w, struct wq_question *q, int *rc, bool *late)
{
	struct asked *a;
	uint64_t n;

	/* First: an answer that comes from now on makes it readable again. */
	while (read(w->shared->fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
	WQ_TAILQ_FOREACH(a, &w->list, all)
		if (is_answered(w, a))
			break;
	if (!a)
		return false;
	*q = a->q;
	*rc = a->rc;
	*late = a->overdue;
	drop(w, a);
	return true;
}

/* ---- Deadlines ---- */

bool wq_workers_overdue(struct wq_workers *w, uint64_t at, uint64_t *key)
{
	struct asked *a;

	WQ_TAILQ_FOREACH(a, &w->list, all)
		if (!a->overdue && a->deadline <= at && !is_answered(w, a))
			break;
	if (!a)
		return false;
	a->overdue = true;
	*key = a->q.key;
	return true;
}

uint64_t wq_workers_deadline(const struct wq_workers *w)
{
	const struct asked *a;

	/* In the order of their deadlines, which are the same time after each was asked. */
	WQ_TAILQ_FOREACH(a, &w->list, all)
		if (!a->overdue)
			return a->deadline;
	return 0;
}

bool wq_workers_is_asking(const struct wq_workers *w, uint64_t key)
{
	const struct asked *a;

	WQ_TAILQ_FOREACH(a, &w->list, all)
		if (a->q.key == key)
			return true;
	return false;
}
