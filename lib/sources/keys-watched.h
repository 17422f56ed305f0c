/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the watched keys know of each other; all of it the engine's
 * thread's. keys-open.c looks up what the user named, keys-state.c applies records,
 * keys-read.c asks the kernel and tells what differs, keys-follow.c sees to it that
 * members of keyrings are followed, keys-expiry.c knows when keys expire, keys-look.c
 * looks where nothing is heard, keys-suspects.c knows who did it.
 */
#ifndef WQ_SOURCES_KEYS_WATCHED_H
#define WQ_SOURCES_KEYS_WATCHED_H

#include "models/keyring.h"
#include "models/keys.h"
#include "sources/keys-state.h"
#include "tailq.h"

enum wq_doubt {
	WQ_DOUBT_NONE,
	WQ_DOUBT_QUIET,	/* read when nothing happens */
	WQ_DOUBT_NOW,	/* read by the next snapshot */
};

enum wq_where {
	WQ_WHERE_NOWHERE,
	WQ_WHERE_NEWS,	/* a member that isn't watched yet */
	WQ_WHERE_ORPHANS,	/* reached no more: reaped soon */
};

/* A key that is followed: a root, or a member of a keyring that is followed. */
struct wq_watched {
	struct wq_keys_state *st;
	int32_t serial;
	const struct wq_watch *watch;	/* of the root that it was reached from */
	struct wq_watched *parent;	/* the keyring that it was reached through; NULL: none */
	unsigned links;			/* keyrings followed that it is in */
	bool root;			/* named by the user, or found by --all */
	bool shown;			/* what happens to it is told; else when it expires alone */
	bool heard;			/* the kernel posts what happens to it */
	bool deaf;			/* and never will */
	bool dead;			/* since it has expired, or was revoked */
	bool unheard;			/* for now: the limit of watches is reached */
	bool orphan;			/* reached no more */
	enum wq_where where;

	struct wq_keyring *ring;	/* NULL: no keyring, or members aren't followed */
	enum wq_doubt doubt;
	bool recent;			/* read in the last round */
	bool named;			/* by a record since */
	bool snapped;			/* by a snapshot whose finds wait for a barrier */
	bool there, there_told;
	bool revoked, revoked_told;
	bool attr_told;			/* the attributes were told as they are */
	bool invalid, invalid_told;	/* as /proc/keys had it */
	bool unlisted;			/* its members can't be read */

	uint64_t expires;		/* CLOCK_REALTIME, s: not before that; 0: never */
	uint32_t expires_unit;		/* s: it may be that much later */
	bool expired, expired_told;
	bool expired_before;		/* it was so at the start */
	bool listed;			/* in /proc/keys, when that was read */

	struct wq_name *path;		/* good for this generation */
	unsigned path_generation;

	WQ_TAILQ_ENTRY(wq_watched) all, rings, doubts, recents, news;
};

WQ_TAILQ_HEAD(wq_watched_list, wq_watched);

/* A system call of which it isn't known what it changed. */
struct wq_suspect {
	enum wq_key_nr what;
	uint32_t key;			/* the member; 0: any */
	uint32_t pid;
	uint64_t boottime, ktime;	/* as an item's */
	char command[16];
};

#define WQ_SUSPECTS	64

enum wq_look {
	WQ_LOOK_NOT,
	WQ_LOOK_RINGS,	/* at keyrings */
	WQ_LOOK_ALL,
};

struct wq_keys_expiry {
	bool wanted;			/* of keys that are told of */
	bool members;			/* and of members of roots, which are not */
	bool stale;			/* /proc/keys is to be read */
	bool failure_said;		/* that /proc/keys can't be read */
	bool first;			/* it is being read for the first time */
	uint64_t read_at;		/* when it was, ns of CLOCK_BOOTTIME */
	uint64_t next;			/* the first that may expire, s of CLOCK_REALTIME; 0: none */
	uint64_t recheck_at;		/* it should have by then; ns of CLOCK_BOOTTIME; 0: none */
	uint64_t gc_at;			/* when what has expired may have been collected; 0: none */
	unsigned gc_tries;
	int timerfd;			/* CLOCK_REALTIME: wakes at next, and at steps of the clock */
	uint64_t armed;			/* for this second */
	uint64_t fd_read_at;
	int64_t clock;
};

struct wq_keys_state {
	struct wq_source *s;
	struct wq_keys_config config;
	struct wq_keys *names;		/* NULL: names aren't wanted */
	bool members;
	const struct wq_watch *all_watch;	/* with config.all */
	void *by_serial;		/* tree of tsearch(3) */
	struct wq_watched_list all;
	struct wq_watched_list rings;	/* those with members */
	struct wq_watched_list quiet, now;	/* in doubt */
	struct wq_watched_list recent;	/* read in the last round */
	struct wq_watched_list news;	/* members that aren't watched yet */
	struct wq_watched_list orphans;	/* by the entry news */
	size_t nall, norphans;
	size_t standing;		/* roots */
	size_t heard, unheard;
	size_t quietly, quiet_max;	/* watched and not shown */
	uint64_t orphaned_at;		/* the first of the orphans; ns of CLOCK_BOOTTIME */
	uint64_t look_at;		/* ns of CLOCK_BOOTTIME; 0: not armed */
	unsigned generation;		/* of paths */
	bool limit_reached, limit_said;
	bool reading;			/* in a snapshot, which reads what comes to be in doubt */
	bool closing;
	enum wq_look look_soon;		/* in the next snapshot */
	bool tell_soon;			/* what the last look found */
	struct wq_suspect suspects[WQ_SUSPECTS];
	unsigned next_suspect;
	int error;			/* -errno of a call back that can't return it */
	struct wq_keys_expiry expiry;
};

/* ---- keys-state.c ---- */

/** The member leaves every keyring that it is in, which is told. As wq_engine_emit(). */
int wq_keys_leaves(struct wq_keys_state *st, uint32_t serial);
/** It is read by the next snapshot, or when nothing happens. */
void wq_keys_doubt(struct wq_keys_state *st, struct wq_watched *w, enum wq_doubt doubt);

/* ---- keys-follow.c ---- */

/** The key by that serial, if it is followed. */
struct wq_watched *wq_keys_find_watched(const struct wq_keys_state *st, uint32_t serial);
/** A keyring that is followed and that it is in; NULL: none. */
struct wq_watched *wq_keys_ring_with(struct wq_keys_state *st, uint32_t serial);
/** Begins to follow a key; watches nothing. NULL without memory. */
struct wq_watched *wq_keys_new_watched(struct wq_keys_state *st, int32_t serial,
				       const struct wq_watch *watch);
void wq_keys_free_watched(struct wq_keys_state *st, struct wq_watched *w);
/** Has the kernel post what happens to it. 0, also where there is no queue; -errno as
 * wq_key_watch(): then it is looked at, if that can be. */
int wq_keys_hear(struct wq_keys_state *st, struct wq_watched *w);
/** The kernel posts of it no more. */
void wq_keys_not_heard(struct wq_keys_state *st, struct wq_watched *w);
/** Watches the members that are new. */
void wq_keys_hear_news(struct wq_keys_state *st);
/** With --all, a root that is gone is followed no more once that was told. */
void wq_keys_forget_root(struct wq_keys_state *st, struct wq_watched *w);
/** Forgets those that are reached no more. */
void wq_keys_reap(struct wq_keys_state *st);
/** A keyring's members are followed from now on. 0 or -ENOMEM. */
int wq_keys_new_ring(struct wq_keys_state *st, struct wq_watched *w);
void wq_keys_no_ring(struct wq_keys_state *st, struct wq_watched *w);
/** The way to the key: a name whose description it is. Borrowed; NULL: not known. */
struct wq_name *wq_keys_path(struct wq_keys_state *st, struct wq_watched *w);

/* ---- keys-read.c ---- */

/** What the key is called: kept from when it was first seen, since it may be gone.
 * NULL: not known, or names aren't wanted. Borrowed, as from wq_keys_find(). */
struct wq_name *wq_keys_name_of(struct wq_keys_state *st, uint32_t serial);
/** The same for the member that @ev speaks of, which is linked into @w (may be NULL). */
struct wq_name *wq_keys_name_of_member(struct wq_keys_state *st, const struct wq_watched *w,
				       const struct wq_event *ev);
/** @ev may have set attributes. */
void wq_keys_look_again(struct wq_keys_state *st, const struct wq_event *ev);

/** It is gone. */
void wq_keys_no_more(struct wq_keys_state *st, struct wq_watched *w);
/** Reads what the kernel says of it now. 0 or -errno. */
int wq_keys_read(struct wq_keys_state *st, struct wq_watched *w);
/** Tells an event of @w that nobody posted. As wq_engine_emit(). */
int wq_keys_tell_key(struct wq_keys_state *st, struct wq_watched *w, enum wq_key_nr what,
		     uint32_t aux, struct wq_name *aux_name, enum wq_mark mark);
/** Tells that the member is in the keyring now, or isn't any more. */
int wq_keys_tell_member(struct wq_keys_state *st, struct wq_watched *w, struct wq_member *m,
			enum wq_mark mark);
/** Tells all that is so of @w and was not told. */
int wq_keys_tell_differences(struct wq_keys_state *st, struct wq_watched *w, enum wq_mark mark);

/* ---- keys-expiry.c ---- */

/** 0 or -errno. */
int wq_keys_expiry_open(struct wq_keys_state *st);
void wq_keys_expiry_close(struct wq_keys_state *st);
/** Somebody may have set a time-out, or have cleared one. */
void wq_keys_expiry_stale(struct wq_keys_state *st);
/** The same of that key, which may be NULL. */
void wq_keys_expiry_changed(struct wq_keys_state *st, struct wq_watched *w);
/** Reads /proc/keys, unless it was read less than a second ago: then later. 0 or
 * -ENOMEM. */
int wq_keys_expiry_read(struct wq_keys_state *st);
int wq_keys_expiry_tick(struct wq_keys_state *st);
/** ns of CLOCK_BOOTTIME; 0: none. */
uint64_t wq_keys_expiry_deadline(const struct wq_keys_state *st);

/* ---- keys-collected.c ---- */

/** A member is dead, and its collection is not reported: wq_keys_find_collected() later. */
void wq_keys_await_collection(struct wq_keys_state *st);
/** Read the keyrings of dead members again. */
void wq_keys_find_collected(struct wq_keys_state *st);

/* ---- keys-open.c ---- */

/** It is a root, and read by the next snapshot. */
void wq_keys_new_root(struct wq_keys_state *st, struct wq_watched *w);

/* ---- keys-look.c ---- */

/** Looks at what isn't heard and tells what differs, unmarked. */
int wq_keys_look(struct wq_keys_state *st, enum wq_look what);

/* ---- keys-suspects.c ---- */

/** Who may have done that to the member, or to any; NULL: it isn't known. */
struct wq_suspect *wq_keys_who(struct wq_keys_state *st, enum wq_key_nr what, uint32_t key);

#endif
