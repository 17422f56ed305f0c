/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions that may block for ever, asked in threads: path look-up, statfs(2),
 * fanotify_mark(2), a name service. The thread that asks waits a moment for the answer; an
 * answer that comes later is taken later. A question is never taken back: its thread is left
 * alone until the kernel returns.
 */
#ifndef WQ_WORKER_H
#define WQ_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/** A question, and its data. */
struct wq_question {
	uint64_t key;		/* what is asked, such as a filesystem's device: one question at a time */
	/** Ask. The worker's thread; may block; touches nothing but @data. Return 0 or -errno. */
	int (*ask)(void *data);
	/** Release @data. Any thread. */
	void (*release)(void *data);
	void *data;		/* malloc()ed by the caller */
};

/** Questions of one thread, the owner: all calls below are its own. */
struct wq_workers;

/** Return workers that have at most @max unanswered questions, each of which is overdue after
 * @deadline ns (CLOCK_BOOTTIME); NULL without memory or file descriptors. */
struct wq_workers *wq_workers_new(unsigned max, uint64_t deadline);

/** Release @w. Unanswered questions keep their threads; each releases its data when it ends.
 * @w may be NULL. */
void wq_workers_free(struct wq_workers *w);

/** A file descriptor that is readable (POLLIN) when wq_workers_take() has an answer. */
int wq_workers_fd(const struct wq_workers *w);

/** Ask @q in a thread and wait for the answer for @patience ns.
 * Return 0: answered, *@rc is what ask() returned; the data is the caller's again.
 * -EINPROGRESS: the answer comes by wq_workers_take(), and the data with it.
 * Not asked, and the data still the caller's: -EBUSY, a question with this key is unanswered;
 * -EUSERS, too many others are; -EAGAIN or -ENOMEM, no thread could be started. */
int wq_workers_ask(struct wq_workers *w, const struct wq_question *q, uint64_t patience, int *rc);

/** Take an answer that came later: @q as it was asked, its data the caller's again; *@rc what
 * ask() returned; *@late: wq_workers_overdue() returned it before. Return false if there is none. */
bool wq_workers_take(struct wq_workers *w, struct wq_question *q, int *rc, bool *late);

/** Return true and the @key of a question that has had no answer by @now (CLOCK_BOOTTIME, ns);
 * each question once. */
bool wq_workers_overdue(struct wq_workers *w, uint64_t now, uint64_t *key);

/** When the next question is overdue, ns of CLOCK_BOOTTIME; 0: none will be. */
uint64_t wq_workers_deadline(const struct wq_workers *w);

/** Whether a question with this @key is unanswered. */
bool wq_workers_is_asking(const struct wq_workers *w, uint64_t key);

#endif
