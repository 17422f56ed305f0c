/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_KERNEL_KEY_SEARCH_H
#define WQ_KERNEL_KEY_SEARCH_H

#include <stdint.h>

#include "libwatchq.h"

/** Search the caller's own keyrings @s, @u and @us, and those linked there, for a key: keys that
 * others made are not found, whatever they are called. Nothing is made, linked or waited for.
 * Return its serial; -ENOKEY, -EKEYREVOKED, -EKEYEXPIRED or another -errno. */
int32_t wq_key_search_own(const char *type, const char *desc);

/** Search all keys that the caller may view for one that belongs to the user @uid. Return the
 * serial of the first; -ENOKEY, -EKEYREVOKED or -EKEYEXPIRED; another -errno with *@e if /proc/keys
 * can't be read. */
int32_t wq_key_search_user(uint32_t uid, const char *type, const char *desc, struct wq_error *e);

#endif
