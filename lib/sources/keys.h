/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_SOURCES_KEYS_H
#define WQ_SOURCES_KEYS_H

#include <sys/types.h>

#include "kernel/key-describe.h"
#include "libwatchq.h"

/** What the backends of `keys` share. */

/** The serial of the key that the user named: a number, @s, @u, @us,
 * %TYPE:DESCRIPTION or %:KEYRING, in the caller's own keyrings; UID:TYPE:DESCRIPTION, of that
 * user. 0; -errno with *@e. keyctl(1) has the words;
 * @t and @p are refused: they'd be watchq's own. */
int wq_key_resolve(const char *spec, int32_t *serial, struct wq_error *e);

/** The members of a keyring: *@members is malloc()ed. How many, or -errno. */
ssize_t wq_key_members(int32_t keyring, int32_t **members);

/** Puts the kernel's refusal @err of a request for the key that the user named
 * @spec into words. Returns -@err. */
int wq_key_fail(struct wq_error *e, const char *spec, int err);

/** KEYCTL_WATCH_KEY: posts what happens to a key to @fd, as @id (1-255), or
 * stops doing so (-1). 0 or -errno. security/keys/keyctl.c: keyctl_watch_key() */
int wq_key_watch(int32_t serial, int fd, int id);

/** Whether keyctl(2) is there and allowed: 0, or -errno with *@e. */
int wq_key_permitted(struct wq_error *e);

/** Whether this kernel posts notifications of keys: 0, or -errno with *@e. */
int wq_key_notifications(struct wq_error *e);

#endif
