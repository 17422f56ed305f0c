// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * When keys expire, of which the kernel says nothing. /proc/keys shows the time that
 * is left, rounded down to its unit: "90s" is a minute and shows as "1m". So what is
 * known is a time before which a key doesn't expire; then it is looked at again.
 * security/keys/proc.c: proc_keys_show(). That a key has expired is told when the
 * kernel refuses it with EKEYEXPIRED, and not before.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "kernel/proc-keys.h"
#include "models/names.h"
#include "sources/keys.h"
#include "sources/keys-watched.h"

#define WQ_SECOND	UINT64_C(1000000000)	/* ns */
#define WQ_FD_PAUSE	(10 * 1000000)		/* ns between reads of the timer */
#define WQ_RECHECK	(50 * 1000000)		/* ns: the kernel's seconds may lag by a tick */
#define WQ_RECHECK_FOR	2			/* s; then /proc/keys has the word */

int wq_keys_expiry_open(struct wq_keys_state *st)
{
	struct wq_keys_expiry *x = &st->expiry;

	x->timerfd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (x->timerfd < 0)
		return -errno;
	x->clock = wq_engine_clock(st->s->m);
	x->stale = true;
	return wq_engine_poll(st->s->m, x->timerfd);
}

void wq_keys_expiry_close(struct wq_keys_state *st)
{
	if (st->expiry.timerfd >= 0)
		close(st->expiry.timerfd);
}

void wq_keys_expiry_stale(struct wq_keys_state *st)
{
	st->expiry.stale = st->expiry.wanted || st->config.all;
}

void wq_keys_expiry_changed(struct wq_keys_state *st, struct wq_watched *w)
{
	wq_keys_expiry_stale(st);
	/* What can be changed has been revived: the kernel lets nobody change an expired key. */
	if (w && w->expired) {
		w->expired = w->expired_told = false;
		w->expires = 0;
	}
}

static uint64_t now_seconds(const struct wq_keys_state *st)
{
	return (wq_engine_now(st->s->m) + (uint64_t) wq_engine_clock(st->s->m)) / WQ_SECOND;
}

/* ---- Reading ---- */

static bool may_expire(const struct wq_watched *w)
{
	return w->expires && !w->expired && !w->revoked && w->there && !w->orphan;
}

static void set_next(struct wq_keys_expiry *x, const struct wq_watched *w)
{
	if (may_expire(w) && (!x->next || w->expires < x->next))
		x->next = w->expires;
}

/* Its name has the time, for the column. */
static void put_in_name(struct wq_keys_state *st, const struct wq_watched *w)
{
	struct wq_name *n = wq_keys_find(st->names, (uint32_t) w->serial);

	if (!n || n->expires == w->expires)
		return;
	n = wq_name_with_expiry(n, w->expires);
	if (n)
		wq_keys_put(st->names, n);
	wq_name_unref(n);
}

/* What is left is shown again and again: it has been set only where it is not what was
 * left before. */
static bool was_set(const struct wq_watched *w, uint64_t from, uint32_t unit)
{
	uint64_t old_end = w->expires + w->expires_unit, end = from + unit;

	if (!w->expires || !from)
		return w->expires != from;
	return from > old_end + 1 || end + 1 < w->expires;
}

static void set_expiry(struct wq_keys_state *st, struct wq_watched *w, uint64_t from, uint32_t unit)
{
	if (was_set(w, from, unit)) {
		/* Who hears of it has been told. */
		if (w->listed && !w->heard && w->shown && !st->config.calls)
			w->attr_told = false;
		w->expires = from;
	} else if (from > w->expires) {
		w->expires = from;
	}
	w->expires_unit = unit;
	w->listed = true;
	w->expired = w->expired_told = false;	/* updating a key revives it */
	put_in_name(st, w);
}

/* The kernel says that it has expired. */
static void set_expired(struct wq_keys_state *st, struct wq_watched *w, uint64_t now)
{
	/* A moment ago, or long ago; sooner than it was known to, if it was set again. */
	if (!w->expires || w->expires > now)
		w->expires = now;
	w->expired_before = !w->listed && st->expiry.first;
	w->listed = true;
	put_in_name(st, w);
}

/* The kernel describes it no more, so the line has its description. */
static void name_by_line(struct wq_keys_state *st, const struct wq_proc_key *k)
{
	struct wq_name *n = st->names && !wq_keys_find(st->names, k->serial) ? wq_proc_keys_name(k) : NULL;

	if (n)
		wq_keys_put(st->names, n);
	wq_name_unref(n);
}

/* A key that nobody named, and that --all is for. */
static int find_root(struct wq_keys_state *st, int32_t serial, bool invalid, struct wq_watched **w)
{
	if (*w ? (*w)->root || (*w)->orphan : invalid)
		return 0;
	if (!*w)
		*w = wq_keys_new_watched(st, serial, st->all_watch);
	if (!*w)
		return -ENOMEM;
	wq_keys_new_root(st, *w);
	return 0;
}

static void apply_line(struct wq_keys_state *st, struct wq_watched *w, const struct wq_proc_key *k, uint64_t now)
{
	if (k->expired || k->revoked)
		name_by_line(st, k);
	if (k->invalidated && !w->heard)
		w->invalid = true;
	if (k->expired) {
		set_expired(st, w, now);
	} else if (k->revoked) {	/* which changes its time-out, too: security/keys/key.c, key_revoke() */
		w->expires = w->expires_unit = 0;
		w->listed = true;
		put_in_name(st, w);
	} else {
		set_expiry(st, w, k->unit ? now + k->left : 0, k->unit);
	}
}

/* Whether the line says what is known: no time-out, and valid. Nothing follows from it, so it need not be
 * checked: most keys have no time-out, and /proc/keys may be read each second. */
static bool is_known(const struct wq_keys_state *st, const struct wq_watched *w, const struct wq_proc_key *k)
{
	return w->listed && !w->expires && !w->expired && !k->unit && !k->expired && !k->revoked && !k->invalidated &&
	       (!st->config.all || w->root);
}

/* A line of a key that is followed, or with --all may be from now on. */
static int take_line(struct wq_keys_state *st, const struct wq_proc_keys *pk, size_t i, uint64_t now)
{
	const struct wq_proc_key *k = wq_proc_keys_at(pk, i);
	struct wq_watched *w = wq_keys_find_watched(st, k->serial);
	enum wq_proc_key_verdict verdict;
	int state;

	if (w ? is_known(st, w, k) : !st->config.all)
		return 0;
	verdict = wq_proc_keys_check(pk, i, &state);
	if (verdict != WQ_PROC_KEY_GENUINE) {
		/* Somebody forges lines, or the key has changed since: what is known stays. */
		if (w && !w->orphan && w->there)
			st->expiry.stale = true;
		if (w && state == EKEYEXPIRED)
			set_expired(st, w, now);
		return 0;
	}
	if (st->config.all && find_root(st, (int32_t) k->serial, k->invalidated, &w))
		return -ENOMEM;
	if (w)
		apply_line(st, w, k, now);
	return 0;
}

static int read_all(struct wq_keys_state *st)
{
	/* The time before: nothing expires before what is made of it. */
	uint64_t now = wq_now_realtime() / WQ_SECOND;
	struct wq_proc_keys *pk;
	struct wq_error e;
	size_t i;
	int rc = wq_proc_keys_read(&pk, &e);

	if (rc) {
		if (!st->expiry.failure_said && rc != -ENOMEM)
			wq_engine_log(st->s->m, WQ_LOG_WARNING, "keys that expire are not reported: %s", e.text);
		st->expiry.failure_said = true;
		return rc == -ENOMEM ? rc : 0;
	}
	for (i = 0; !rc && i < wq_proc_keys_count(pk); i++)
		rc = take_line(st, pk, i, now);
	wq_proc_keys_free(pk);
	return rc;
}

int wq_keys_expiry_read(struct wq_keys_state *st)
{
	struct wq_keys_expiry *x = &st->expiry;
	struct wq_watched *w;
	uint64_t now = wq_engine_now(st->s->m);
	int rc;

	if (!x->wanted && !st->config.all)
		return 0;
	if (x->read_at && now < x->read_at + WQ_SECOND) {
		x->stale = true;
		return 0;
	}
	wq_keys_hear_news(st);		/* heard of first: else a time-out may be missed */
	x->stale = false;
	x->first = !x->read_at;
	x->read_at = now;
	rc = read_all(st);
	x->next = 0;
	WQ_TAILQ_FOREACH(w, &st->all, all)
		set_next(x, w);
	return rc;
}

/* ---- Expiring ---- */

/* 0: the kernel has it still; EKEYEXPIRED; another error. */
static int refusal(const struct wq_watched *w)
{
	struct wq_name *n = wq_key_describe(w->serial);

	if (!n)
		return errno;
	wq_name_unref(n);
	return 0;
}

static int expire(struct wq_keys_state *st, struct wq_watched *w, uint64_t now)
{
	struct wq_keys_expiry *x = &st->expiry;
	int rc = refusal(w);

	if (rc == 0 && now < w->expires + WQ_RECHECK_FOR) {
		/* Somebody gave it more time, or the clock is a little behind. */
		x->stale = true;
		x->recheck_at = wq_engine_now(st->s->m) + WQ_RECHECK;
		return 0;
	}
	if (rc != EKEYEXPIRED) {
		x->stale |= rc == 0;
		w->expires = 0;
		w->listed = false;	/* what is read next is no change */
		return 0;
	}
	w->expired = true;
	if (!w->heard)
		wq_keys_await_collection(st);
	rc = wq_keys_tell_key(st, w, WQ_KEY_EXPIRED, 0, NULL, w->expired_before ? WQ_MARK_INITIAL : WQ_MARK_NONE);
	w->expired_told = rc != WQ_NO_ROOM;
	return rc;
}

static int expire_due(struct wq_keys_state *st)
{
	struct wq_keys_expiry *x = &st->expiry;
	uint64_t now = now_seconds(st);
	struct wq_watched *w;
	int rc = 0;

	x->recheck_at = 0;
	if (!x->next || x->next > now)
		return 0;
	x->next = 0;
	WQ_TAILQ_FOREACH(w, &st->all, all) {
		if (may_expire(w) && w->expires <= now) {
			rc = expire(st, w, now);
			if (rc && rc != WQ_NO_ROOM)
				break;
		}
		set_next(x, w);
	}
	return rc;
}

/* ---- Timers ---- */

static void arm(struct wq_keys_expiry *x)
{
	struct itimerspec when = { .it_value.tv_sec = (time_t) x->next };

	if (x->armed == x->next || x->recheck_at)
		return;
	x->armed = x->next;
	timerfd_settime(x->timerfd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

/* It has run out, or the clock was set. Read no more often than need be: each
 * dispatch comes here. */
static void read_timer(struct wq_keys_state *st)
{
	struct wq_keys_expiry *x = &st->expiry;
	uint64_t now = wq_engine_now(st->s->m), ticks;

	if (!x->armed || now < x->fd_read_at + WQ_FD_PAUSE)
		return;
	x->fd_read_at = now;
	if (read(x->timerfd, &ticks, sizeof(ticks)) < 0 && errno != ECANCELED)
		return;
	x->armed = 0;
}

int wq_keys_expiry_tick(struct wq_keys_state *st)
{
	struct wq_keys_expiry *x = &st->expiry;
	uint64_t now = wq_engine_now(st->s->m);
	int rc = 0;

	if (x->wanted)
		read_timer(st);
	/* What is left is shown anew: the kernel compares with the wall clock. */
	if (x->wanted && x->clock != wq_engine_clock(st->s->m)) {
		x->clock = wq_engine_clock(st->s->m);
		x->stale = true;
		x->armed = 0;
	}
	if (x->stale && now >= x->read_at + WQ_SECOND)
		rc = wq_keys_expiry_read(st);
	if (!rc && (x->next && x->next <= now_seconds(st)) && now >= x->recheck_at)
		rc = expire_due(st);
	if (x->gc_at && now >= x->gc_at)
		wq_keys_find_collected(st);
	if (st->norphans && now >= st->orphaned_at + WQ_SECOND)
		wq_keys_reap(st);
	if (x->wanted)
		arm(x);
	return rc;
}

static void sooner(uint64_t *at, uint64_t than)
{
	if (than && (!*at || than < *at))
		*at = than;
}

uint64_t wq_keys_expiry_deadline(const struct wq_keys_state *st)
{
	const struct wq_keys_expiry *x = &st->expiry;
	uint64_t at = 0;

	if (x->stale)
		sooner(&at, x->read_at + WQ_SECOND);
	if (st->norphans)
		sooner(&at, st->orphaned_at + WQ_SECOND);
	sooner(&at, x->recheck_at);
	sooner(&at, x->gc_at);
	return at;
}
