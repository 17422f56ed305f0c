// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which keys are followed: roots, and what is reached from them through keyrings.
 * A member may be in several keyrings; it goes when it is in none of them. Not at
 * once: a key that is moved is unlinked first, and no record of it may be missed.
 */
#include "config.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "models/names.h"
#include "sources/keys.h"
#include "sources/keys-watched.h"

#define WQ_DEPTH_MAX	64	/* of a path; the kernel's own limit is 6 */

static void orphan(struct wq_keys_state *st, struct wq_watched *w);

/* ---- Coming and going ---- */

static int compare_watched(const void *a, const void *b)
{
	const struct wq_watched *x = a, *y = b;

	return (x->serial > y->serial) - (x->serial < y->serial);
}

struct wq_watched *wq_keys_find_watched(const struct wq_keys_state *st, uint32_t serial)
{
	const struct wq_watched key = { .serial = (int32_t) serial };
	struct wq_watched **node = tfind(&key, &st->by_serial, compare_watched);

	return node ? *node : NULL;
}

struct wq_watched *wq_keys_new_watched(struct wq_keys_state *st, int32_t serial, const struct wq_watch *watch)
{
	struct wq_watched *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->st = st;
	w->serial = serial;
	w->watch = watch;
	w->there = w->attr_told = true;
	if (!tsearch(w, &st->by_serial, compare_watched)) {
		free(w);
		return NULL;
	}
	WQ_TAILQ_INSERT_TAIL(&st->all, w, all);
	st->nall++;
	return w;
}

static void set_where(struct wq_keys_state *st, struct wq_watched *w, enum wq_where where)
{
	if (w->where == where)
		return;
	if (w->where == WQ_WHERE_NEWS)
		WQ_TAILQ_REMOVE(&st->news, w, news);
	else if (w->where == WQ_WHERE_ORPHANS)
		WQ_TAILQ_REMOVE(&st->orphans, w, news);
	st->norphans += (where == WQ_WHERE_ORPHANS) - (w->where == WQ_WHERE_ORPHANS);
	w->where = where;
	if (where == WQ_WHERE_NEWS)
		WQ_TAILQ_INSERT_TAIL(&st->news, w, news);
	else if (where == WQ_WHERE_ORPHANS)
		WQ_TAILQ_INSERT_TAIL(&st->orphans, w, news);
}

static void set_unheard(struct wq_keys_state *st, struct wq_watched *w, bool on)
{
	st->unheard += (size_t) on - (size_t) w->unheard;
	w->unheard = on;
}

static void unlist(struct wq_keys_state *st, struct wq_watched *w)
{
	wq_keys_doubt(st, w, WQ_DOUBT_NONE);
	if (w->recent)
		WQ_TAILQ_REMOVE(&st->recent, w, recents);
	w->recent = false;
	set_unheard(st, w, false);
}

void wq_keys_free_watched(struct wq_keys_state *st, struct wq_watched *w)
{
	unlist(st, w);
	set_where(st, w, WQ_WHERE_NOWHERE);
	if (w->ring) {
		WQ_TAILQ_REMOVE(&st->rings, w, rings);
		wq_keyring_free(w->ring);
	}
	/* Posts a removal, of what is known no more by then. */
	if (w->heard && w->there && !st->closing)
		wq_key_watch(w->serial, st->config.queue_fd, -1);
	wq_keys_not_heard(st, w);
	wq_name_unref(w->path);
	tdelete(w, &st->by_serial, compare_watched);
	WQ_TAILQ_REMOVE(&st->all, w, all);
	st->nall--;
	free(w);
}

void wq_keys_forget_root(struct wq_keys_state *st, struct wq_watched *w)
{
	if (!st->config.all || !w->root || w->there || w->there_told)
		return;
	w->root = false;
	if (!w->links)
		orphan(st, w);
}

void wq_keys_reap(struct wq_keys_state *st)
{
	struct wq_watched *w;

	while ((w = WQ_TAILQ_FIRST(&st->orphans)))
		wq_keys_free_watched(st, w);
}

/* ---- Hearing ---- */

static void say_limit(struct wq_keys_state *st)
{
	struct rlimit limit = { 0 };

	if (st->limit_said)
		return;
	st->limit_said = true;
	getrlimit(RLIMIT_NOFILE, &limit);
	wq_engine_log(st->s->m, WQ_LOG_WARNING,
		      "the limit of watches is reached with %zu keys (RLIMIT_NOFILE %llu, over all of this user's processes): the others are looked at every %g s, which does not see updates; raise 'ulimit -n' and its hard limit",
		      st->heard, (unsigned long long) limit.rlim_cur, (double) st->config.interval / 1e9);
}

int wq_keys_hear(struct wq_keys_state *st, struct wq_watched *w)
{
	bool too_many = !w->shown && (!st->config.quiet_id || st->quietly >= st->quiet_max);
	int rc;

	if (w->heard || w->deaf || st->config.queue_fd < 0)
		return 0;
	rc = too_many || st->limit_reached ? -EAGAIN :
	     wq_key_watch(w->serial, st->config.queue_fd, w->shown ? w->watch->id : st->config.quiet_id);
	if (rc == 0 || rc == -EBUSY) {
		set_unheard(st, w, false);
		w->heard = true;
		st->heard++;
		st->quietly += !w->shown;
		return 0;
	}
	if (rc == -EAGAIN) {
		st->limit_reached = !too_many;
		set_unheard(st, w, true);
		/* Who didn't ask for members need not be told of their limit. */
		if (w->shown)
			say_limit(st);
		return rc;
	}
	w->deaf = true;
	if (rc == -EKEYREVOKED || rc == -EKEYEXPIRED) {
		w->dead = true;
		wq_keys_await_collection(st);
	}
	return rc;
}

void wq_keys_not_heard(struct wq_keys_state *st, struct wq_watched *w)
{
	if (!w->heard)
		return;
	w->heard = false;
	st->heard--;
	st->quietly -= !w->shown;
}

void wq_keys_hear_news(struct wq_keys_state *st)
{
	struct wq_watched *w;

	st->limit_reached = false;
	while ((w = WQ_TAILQ_FIRST(&st->news))) {
		set_where(st, w, WQ_WHERE_NOWHERE);
		wq_keys_hear(st, w);
	}
	st->limit_reached = false;
}

/* ---- Members ---- */

/* It is read as soon as all that was posted before has been applied. */
static void read_soon(struct wq_keys_state *st, struct wq_watched *w)
{
	wq_keys_doubt(st, w, WQ_DOUBT_NOW);
	if (!st->reading)
		wq_engine_read_soon(st->s->m);
}

static void add_member(struct wq_keys_state *st, struct wq_watched *ring, uint32_t serial)
{
	struct wq_watched *w = wq_keys_find_watched(st, serial);
	bool is_new = !w || w->orphan;

	if (!w) {
		w = wq_keys_new_watched(st, (int32_t) serial, ring->watch);
		if (!w) {
			st->error = -ENOMEM;
			return;
		}
		w->shown = st->config.recursive;
		w->there_told = true;	/* that it is linked says so */
	}
	w->links++;
	if (is_new || (!w->parent && (!w->root || st->config.all))) {
		w->orphan = false;
		w->parent = ring;
		st->generation++;
	}
	if (!is_new)
		return;
	set_where(st, w, w->heard || w->shown ? WQ_WHERE_NOWHERE : WQ_WHERE_NEWS);
	wq_keys_expiry_stale(st);
	if (!w->shown)
		return;
	/* Watched first, then read. */
	wq_keys_hear(st, w);
	read_soon(st, w);
}

struct wq_watched *wq_keys_ring_with(struct wq_keys_state *st, uint32_t serial)
{
	struct wq_watched *w;

	WQ_TAILQ_FOREACH(w, &st->rings, rings) {
		struct wq_member *m = wq_keyring_find(w->ring, serial);

		if (m && m->in)
			return w;
	}
	return NULL;
}

static void remove_member(struct wq_keys_state *st, struct wq_watched *ring, uint32_t serial)
{
	struct wq_watched *w = wq_keys_find_watched(st, serial);

	if (!w || !w->links)
		return;
	w->links--;
	if (w->parent == ring) {
		w->parent = w->links && !(w->root && !st->config.all) ? wq_keys_ring_with(st, serial) : NULL;
		st->generation++;
	}
	if (!w->links && !w->root)
		orphan(st, w);
}

static void on_member(void *data, uint32_t serial, bool in)
{
	struct wq_watched *ring = data;
	struct wq_keys_state *st = ring->st;

	if (!st->config.recursive && !st->expiry.members)
		return;
	if (in)
		add_member(st, ring, serial);
	else
		remove_member(st, ring, serial);
}

static void orphan(struct wq_keys_state *st, struct wq_watched *w)
{
	if (!st->norphans)
		st->orphaned_at = wq_engine_now(st->s->m);
	unlist(st, w);
	w->orphan = true;
	w->parent = NULL;
	set_where(st, w, WQ_WHERE_ORPHANS);
	wq_keys_no_ring(st, w);
}

int wq_keys_new_ring(struct wq_keys_state *st, struct wq_watched *w)
{
	w->ring = wq_keyring_new(on_member, w);
	if (!w->ring)
		return -ENOMEM;
	WQ_TAILQ_INSERT_TAIL(&st->rings, w, rings);
	return 0;
}

void wq_keys_no_ring(struct wq_keys_state *st, struct wq_watched *w)
{
	struct wq_keyring *ring = w->ring;
	struct wq_member *m;

	if (!ring)
		return;
	WQ_TAILQ_REMOVE(&st->rings, w, rings);
	w->ring = NULL;
	for (m = wq_keyring_first(ring); m; m = m->next)
		if (m->in)
			on_member(w, m->serial, false);
	wq_keyring_free(ring);
}

/* ---- Paths ---- */

/* A root is called as the user did; with --all, and else, by the description. */
static struct wq_name *make_path(struct wq_keys_state *st, struct wq_watched *w, unsigned depth, bool *whole)
{
	struct wq_name *above = NULL, *n = wq_keys_name_of(st, (uint32_t) w->serial), *path = NULL;
	bool by_object = w->root && !st->config.all && w->watch->object;
	char serial[16], *text;
	const char *last;
	size_t last_len;
	int len;

	snprintf(serial, sizeof(serial), "%d", w->serial);
	if (by_object) {
		last = w->watch->object;
	} else if (n) {
		last = n->desc;
	} else {
		last = serial;
		*whole = false;
	}
	last_len = by_object ? strcspn(last, ",") : strlen(last);
	if (w->parent && depth < WQ_DEPTH_MAX) {
		n = wq_name_ref(n);	/* the names above may push it out */
		above = make_path(st, w->parent, depth + 1, whole);
		len = above ? asprintf(&text, "%s/%.*s", above->desc, (int) last_len, last) : -1;
		wq_name_unref(n);
	} else {
		len = asprintf(&text, "%.*s", (int) last_len, last);
	}
	if (len >= 0) {
		path = wq_name_new((uint32_t) w->serial, 0, 0, 0, "", 0, text, (size_t) len);
		free(text);
	}
	wq_name_unref(above);
	return path;
}

struct wq_name *wq_keys_path(struct wq_keys_state *st, struct wq_watched *w)
{
	bool whole = true;
	struct wq_name *path;

	if (!st->names || (w->path && w->path_generation == st->generation))
		return w->path;
	path = make_path(st, w, 0, &whole);
	/* What the writer has made of the old one stays good if nothing changed. */
	if (w->path && path && wq_name_equal(w->path, path)) {
		wq_name_unref(path);
	} else if (path) {
		wq_name_unref(w->path);
		w->path = path;
	}
	w->path_generation = whole ? st->generation : 0;
	return w->path;
}
