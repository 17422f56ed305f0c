/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keys-state.c, which applies records, and keys-read.c, which asks the kernel,
 * know of each other. The engine's thread's. */
#ifndef WQ_SOURCES_KEYS_WATCHED_H
#define WQ_SOURCES_KEYS_WATCHED_H

#include "models/keyring.h"
#include "models/keys.h"
#include "sources/keys-state.h"

enum wq_doubt {
	DOUBT_NONE,
	DOUBT_QUIET,	/* read when nothing happens */
	DOUBT_NOW,	/* read by the next snapshot */
};

struct wq_watched {
	int32_t serial;
	const struct wq_watch *watch;
	struct wq_keyring *ring;	/* NULL: no keyring, or members aren't followed */
	enum wq_doubt doubt;
	bool named;			/* by a record since it was read */
	bool there, there_told;
	bool revoked, revoked_told;
	bool attr_told;			/* the attributes were told as they are */
	struct wq_watched *next;
};

struct wq_keys_state {
	struct wq_source *s;
	struct wq_keys *names;		/* NULL: names aren't wanted */
	bool members;
	void *by_serial;		/* tree of tsearch(3) */
	struct wq_watched *first, **last;
	size_t standing;
};

/** What the key is called: kept from when it was first seen, since it may be gone.
 * NULL: not known, or names aren't wanted. Borrowed, as from wq_keys_find(). */
struct wq_name *wq_keys_name_of(struct wq_keys_state *st, uint32_t serial);
/** The same for the member that @ev speaks of, which is linked into @w (may be NULL). */
struct wq_name *wq_keys_name_of_member(struct wq_keys_state *st, const struct wq_watched *w,
				       const struct wq_event *ev);
/** @ev may have set attributes. */
void wq_keys_look_again(struct wq_keys_state *st, const struct wq_event *ev);

/** It is read when nothing happens. */
void wq_keys_read_later(struct wq_keys_state *st, struct wq_watched *w);
/** It is gone. */
void wq_keys_no_more(struct wq_keys_state *st, struct wq_watched *w);
/** Tells that the member is in the keyring now, or isn't any more. As
 * wq_engine_emit(). */
int wq_keys_tell_member(struct wq_keys_state *st, struct wq_watched *w, struct wq_member *m,
			enum wq_mark mark);

#endif
