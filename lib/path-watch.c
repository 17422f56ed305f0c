// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel/mount-at.h"
#include "kernel/path-question.h"
#include "path-watch.h"
#include "paths.h"
#include "source.h"

#define WQ_PATIENCE	500000000u	/* ns: a local filesystem answers in less, on a busy machine, too */
#define WQ_PATIENCE_NEXT	50000000u	/* ns: while another look-up has no answer */
#define WQ_OVERDUE	UINT64_C(2000000000)	/* ns */
#define WQ_UNANSWERED_MAX	8	/* look-ups, of all watches that share threads */
#define WQ_UNANSWERED_OWN	2	/* of one watch */

struct wq_path_watch {
	char *path;
	int epfd;
	int wake, check;	/* mountinfo: polls so once for each change, whoever polls it */
	int inotify;		/* of the last look-up: what isn't on the way any more is forgotten */
	struct wq_path_walk found;	/* by the last look-up */
	bool is_deaf;

	/* With threads. */
	struct wq_path_threads *threads;	/* NULL: without */
	struct wq_workers *workers;
	int timer;		/* a look-up will be overdue */
	uint64_t key;		/* of the last question: they are counted */
	uint64_t way;		/* the mounts on the way when it was asked; 0: not known */
	unsigned unanswered;	/* questions, the last one and others that are of no use any more */
	bool pending;		/* the last question has no answer */
	bool fresh;		/* the answer came later, and was not used yet */
	bool again;		/* something changed while it was pending */
	bool listened;		/* the last question watches the directories on the way */
	bool is_silent;		/* a question was overdue; the user knows */
	bool was_refused;	/* a question was not asked; the user knows */
};

/* ---- Setting up ---- */

/* Without /proc, what is mounted on the way is not reported. */
static int open_mountinfo(struct wq_path_watch *w)
{
	w->wake = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (w->wake >= 0)
		w->check = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	return w->check < 0 && errno != ENOENT ? -errno : 0;
}

static int add_fd(struct wq_path_watch *w, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events };

	return epoll_ctl(w->epfd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

int wq_path_watch_new(struct wq_path_watch **out, const char *path, bool mounts)
{
	struct wq_path_watch *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	w->path = strdup(path);
	w->epfd = epoll_create1(EPOLL_CLOEXEC);
	w->wake = w->check = w->inotify = w->timer = -1;
	rc = !w->path ? -ENOMEM : w->epfd < 0 ? -errno : mounts ? open_mountinfo(w) : 0;
	if (!rc && w->wake >= 0)
		rc = add_fd(w, w->wake, EPOLLPRI);
	if (rc)
		wq_path_watch_free(w);
	else
		*out = w;
	return rc;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void free_threads(struct wq_path_watch *w)
{
	wq_workers_free(w->workers);
	if (w->threads && --w->threads->refs == 0)
		free(w->threads);
	w->workers = NULL;
	w->threads = NULL;
}

void wq_path_watch_free(struct wq_path_watch *w)
{
	if (!w)
		return;
	free_threads(w);
	close_fd(w->inotify);
	close_fd(w->wake);
	close_fd(w->check);
	close_fd(w->timer);
	close_fd(w->epfd);
	free(w->path);
	free(w);
}

int wq_path_watch_use_threads(struct wq_path_watch *w, struct wq_path_threads *threads)
{
	int rc;

	threads->refs++;
	free_threads(w);
	w->threads = threads;
	w->workers = wq_workers_new(WQ_UNANSWERED_OWN, WQ_OVERDUE);
	rc = w->workers ? add_fd(w, wq_workers_fd(w->workers), EPOLLIN) : -ENOMEM;
	if (rc)
		free_threads(w);
	return rc;
}

int wq_path_watch_fd(const struct wq_path_watch *w)
{
	return w->epfd;
}

bool wq_path_watch_is_deaf(const struct wq_path_watch *w)
{
	return w->is_deaf;
}

/* ---- Messages ---- */

__attribute__((format(printf, 2, 3)))
static void say(const struct wq_path_watch *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	wq_text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (w->threads->log)
		w->threads->log(w->threads->log_data, WQ_LOG_WARNING, text);
}

/* Without a descriptor it is not reported that a look-up is overdue. */
static void set_timer(struct wq_path_watch *w)
{
	uint64_t at = wq_workers_deadline(w->workers);
	struct itimerspec it = {
		.it_value = { .tv_sec = (time_t) (at / 1000000000), .tv_nsec = (long) (at % 1000000000) },
	};

	if (w->timer < 0 && at) {
		w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
		if (w->timer >= 0)
			add_fd(w, w->timer, EPOLLIN);
	}
	if (w->timer >= 0)
		timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &it, NULL);
}

static void report_overdue(struct wq_path_watch *w)
{
	uint64_t key, expired;

	if (w->timer >= 0)
		(void) !read(w->timer, &expired, sizeof(expired));
	while (wq_workers_overdue(w->workers, wq_now_boottime(), &key)) {
		if (key == w->key && !w->is_silent) {
			say(w, "%s: its filesystem does not answer; waiting goes on", w->path);
			w->is_silent = true;
		}
	}
	set_timer(w);
}

static void report_refused(struct wq_path_watch *w, int rc)
{
	if (!w->was_refused)
		say(w, "%s: not looked up: %s; it is tried again", w->path,
		    rc == -EUSERS ? "other look-ups have no answer" : strerror(-rc));
	w->was_refused = true;
}

/* ---- Answers ---- */

/* Take over what a look-up has found. @rc: what asking has returned; but for 0 it was not made. */
static void take_answer(struct wq_path_watch *w, const struct wq_path_question *q, int rc)
{
	if (!rc)
		w->found = q->walk;
	w->is_deaf = rc || q->inotify_err || w->found.watch_err;
	w->pending = w->was_refused = false;
	if (w->is_silent)
		say(w, "%s: its filesystem answers again", w->path);
	w->is_silent = false;
}

/* From now on changes on the way that @q took are reported, and on others not. */
static void watch_by(struct wq_path_watch *w, struct wq_path_question *q)
{
	close_fd(w->inotify);
	w->inotify = q->inotify;
	q->inotify = -1;
	if (w->inotify >= 0 && add_fd(w, w->inotify, EPOLLIN))
		w->is_deaf = true;
}

/* Take the answers that came later. Return whether one is that of the last question. */
static bool take_later(struct wq_path_watch *w)
{
	struct wq_question q;
	bool late, is_last = false;
	int rc;

	while (w->workers && wq_workers_take(w->workers, &q, &rc, &late)) {
		w->unanswered--;
		w->threads->unanswered--;
		if (q.key == w->key) {
			take_answer(w, q.data, rc);
			watch_by(w, q.data);
			is_last = true;
			w->fresh = !rc;
		}
		wq_path_question_free(q.data);
	}
	return is_last;
}

/* ---- Reports ---- */

static bool is_on_the_way(const struct wq_path_watch *w, const struct inotify_event *ev)
{
	char name[NAME_MAX + 3];

	/* Of the directory itself; or it is not known of what. */
	if (ev->len == 0 || !*w->found.names)
		return true;
	snprintf(name, sizeof(name), "/%s/", ev->name);
	return strstr(w->found.names, name);
}

static bool has_new_mounts(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

static bool has_changed(struct wq_path_watch *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool changed = has_new_mounts(w->check);
	ssize_t n, at;

	while (w->inotify >= 0 && (n = read(w->inotify, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n;) {
			const struct inotify_event *ev = (const struct inotify_event *) (buf + at);

			changed |= is_on_the_way(w, ev);
			at += (ssize_t) (sizeof(*ev) + ev->len);
		}
	}
	return changed;
}

bool wq_path_watch_heard(struct wq_path_watch *w)
{
	bool changed = has_changed(w), answered;

	w->again |= changed && w->pending;
	answered = take_later(w);
	if (w->workers)
		report_overdue(w);
	return changed || answered;
}

/* ---- Looking up ---- */

/* The mounts that the path leads through, by its name: a number; 0: not known. */
static uint64_t way_now(const struct wq_path_watch *w)
{
	struct libmnt_table *tb = wq_mount_at_read();
	char *path = wq_path_absolute(w->path);
	uint64_t way = tb && path ? wq_mount_at(tb, path).way : 0;

	free(path);
	mnt_unref_table(tb);
	return way;
}

static void set_pending(struct wq_path_watch *w)
{
	w->pending = true;
	w->again = false;
	w->unanswered++;
	w->threads->unanswered++;
	set_timer(w);
}

/* Ask in a thread. Return 0, *@answer: what asking returned; -EINPROGRESS: @q is the thread's; -errno. */
static int ask_in_thread(struct wq_path_watch *w, struct wq_path_question *q, int *answer)
{
	const struct wq_question question = {
		.key = w->key + 1, .ask = wq_path_question_ask, .release = wq_path_question_free, .data = q,
	};
	int mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), rc = -EUSERS;

	if (w->threads->unanswered < WQ_UNANSWERED_MAX)
		rc = wq_workers_ask(w->workers, &question, w->threads->unanswered ? WQ_PATIENCE_NEXT : WQ_PATIENCE, answer);
	if (rc == 0 || rc == -EINPROGRESS)
		w->key++;
	if (rc == -EINPROGRESS) {
		w->way = way_now(w);
		if (has_new_mounts(mounts))
			w->way = 0;
		set_pending(w);
	}
	close_fd(mounts);
	return rc;
}

static int ask(struct wq_path_watch *w, bool listen)
{
	struct wq_path_question *q = wq_path_question_new(w->path, listen, w->threads);
	int rc, answer = 0;

	if (!q)
		return -ENOMEM;
	if (w->threads) {
		rc = ask_in_thread(w, q, &answer);
	} else {
		answer = wq_path_question_ask(q);
		rc = 0;
	}
	w->listened = listen;
	if (rc == -EINPROGRESS)
		return rc;
	w->again = false;
	if (rc) {
		w->is_deaf = true;	/* to be asked again */
		report_refused(w, rc);
	} else {
		take_answer(w, q, answer);
		if (listen)
			watch_by(w, q);
	}
	wq_path_question_free(q);
	return rc ? rc : answer;
}

/* While a look-up is pending, another one is of use if it takes another way. */
static bool may_ask(struct wq_path_watch *w)
{
	uint64_t way;

	if (!w->pending)
		return true;
	w->again = true;
	if (w->unanswered >= WQ_UNANSWERED_OWN)
		return false;
	way = way_now(w);
	return way && way != w->way;
}

int wq_path_watch_look(struct wq_path_watch *w, bool listen, const struct wq_path_walk **found)
{
	bool fresh;
	int rc;

	*found = &w->found;
	/* Not by wq_path_watch_heard(): what the caller knows of may have changed after the answer. */
	w->again |= take_later(w);
	fresh = w->fresh;
	w->again |= listen && !w->listened;
	w->fresh = false;
	if (fresh && !w->again)
		return 0;
	if (!may_ask(w))
		return -EINPROGRESS;
	rc = ask(w, listen);
	/* Not the newest, but an answer: what changes all the time would never have one. */
	return fresh && rc == -EINPROGRESS ? 0 : rc;
}
