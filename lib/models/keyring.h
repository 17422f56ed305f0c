/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_KEYRING_H
#define WQ_KEYRING_H

#include <sys/types.h>

#include "libwatchq.h"

/** A key that is in a keyring, or of which it has not been told yet that it left. */
struct wq_member {
	uint32_t serial;
	bool in;			/* it is there, as far as is known */
	bool told;			/* and so was told */
	bool seen;			/* by wq_keyring_read() */
	struct wq_name *name;		/* NULL: not known */
	struct wq_member *next, *prev;
};

/** The members of one keyring: what they are, and what was told of them. One
 * thread's. */
struct wq_keyring;

/** Told when a member comes in or leaves, whatever made it do so. Must not change
 * this keyring. */
typedef void (*wq_member_fn)(void *data, uint32_t serial, bool in);

/** @changed may be NULL. NULL without memory. */
struct wq_keyring *wq_keyring_new(wq_member_fn changed, void *data);
/** Without telling that its members leave. */
void wq_keyring_free(struct wq_keyring *r);

/** The member, also one that has left and isn't told; NULL: not known. */
struct wq_member *wq_keyring_find(const struct wq_keyring *r, uint32_t serial);
/** The member that a link of @name would displace: one of that type and
 * description, by another serial. NULL: none. security/keys/keyring.c:
 * __key_link_begin() */
struct wq_member *wq_keyring_displaced(const struct wq_keyring *r, const struct wq_name *name);
/** Whether there are members without a name: what a link displaces isn't known. */
bool wq_keyring_has_nameless(const struct wq_keyring *r);

/** @serial is in it now; @name may be NULL; takes a reference of its own. NULL
 * without memory. */
struct wq_member *wq_keyring_link(struct wq_keyring *r, uint32_t serial, struct wq_name *name);
/** It is not in it any more. */
void wq_keyring_unlink(struct wq_keyring *r, struct wq_member *m);
/** Nothing is in it any more. */
void wq_keyring_clear(struct wq_keyring *r);
/** These @n are in it, and no others. How many are new, and so without a name;
 * -ENOMEM. */
ssize_t wq_keyring_read(struct wq_keyring *r, const int32_t *serials, size_t n);
void wq_keyring_name(struct wq_keyring *r, struct wq_member *m, struct wq_name *name);

/** It was told as it is. Frees a member that has left. */
void wq_keyring_told(struct wq_keyring *r, struct wq_member *m);
/** All were told as they are. */
void wq_keyring_all_told(struct wq_keyring *r);

/** All members, in the order in which they came to be known; NULL: none. */
struct wq_member *wq_keyring_first(const struct wq_keyring *r);
/** How many are there. */
size_t wq_keyring_count(const struct wq_keyring *r);

#endif
