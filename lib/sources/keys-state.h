/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_SOURCES_KEYS_STATE_H
#define WQ_SOURCES_KEYS_STATE_H

#include "source.h"

/** What is known of the watched keys: their names, whether they are still there,
 * the members of the keyrings among them, and when they expire. Shared by the
 * backends of `keys`; the engine's thread's. */
struct wq_keys_state;

struct wq_keys_config {
	bool recursive;		/* members are watched, too, and theirs */
	bool all;		/* every key in /proc/keys */
	bool calls;		/* who did it may be known: looks wait for barriers */
	uint64_t interval;	/* ns: how often what can't be heard is looked at */
	int queue_fd;		/* where keys are watched; -1: nothing is heard */
	uint8_t quiet_id;	/* of watches that aren't shown; 0: there are none of these */
};

/** What the events that the user wants need of a state: whether members of keyrings
 * are followed, and whether it is to be known when these expire. */
bool wq_keys_wants_members(const struct wq_monitor *m);
bool wq_keys_wants_expiry(const struct wq_monitor *m);

/** NULL without memory or descriptors. */
struct wq_keys_state *wq_keys_state_new(struct wq_source *s, const struct wq_keys_config *c);
void wq_keys_state_free(struct wq_keys_state *st);

/** Opens what the user named, @c->objects: looks each up and watches it, if there is
 * a queue to hear it through. 0 or -errno with *@e. */
int wq_keys_state_open(struct wq_keys_state *st, const struct wq_source_config *c, struct wq_error *e);

/** A change that somebody else's call made, of which it isn't known what keyring or
 * key it was: what is looked at next may be it. @key: the member's serial; 0: of any. */
void wq_keys_state_suspect(struct wq_keys_state *st, enum wq_key_nr what, uint32_t key,
			   const struct wq_item *by);
/** The keyrings that are followed are looked at when all that was read before has
 * been applied. */
void wq_keys_state_look_soon(struct wq_keys_state *st);
/** Whether that key was told of: is a root, or a member of a keyring that is followed.
 * What a look has found and not told yet may be the doing of a call that comes now. */
bool wq_keys_state_knows(struct wq_keys_state *st, uint32_t key);
/** A change that a call made, as wq_keys_state_apply() of the record that says so;
 * unless a look has found it already, or nobody follows @key. */
int wq_keys_state_apply_call(struct wq_keys_state *st, enum wq_key_nr what, uint32_t key, uint32_t aux,
			     const struct wq_item *by);

/** What struct wq_source_ops wants. */
int wq_keys_state_apply(struct wq_keys_state *st, const struct wq_item *item);
void wq_keys_state_doubt(struct wq_keys_state *st);
int wq_keys_state_snapshot(struct wq_keys_state *st, enum wq_mark mark, unsigned round);
int wq_keys_state_tell(struct wq_keys_state *st, enum wq_mark mark);
uint64_t wq_keys_state_deadline(struct wq_keys_state *st);
int wq_keys_state_tick(struct wq_keys_state *st);

#endif
