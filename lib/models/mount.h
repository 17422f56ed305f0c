/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_MOUNT_H
#define WQ_MOUNT_H

#include "libwatchq.h"

/** A new description with one reference, that says what @m does: its texts are copied,
 * options, readonly and text_len are made from the others. NULL without memory. */
struct wq_mount *wq_mount_new(const struct wq_mount *m);

/** The same as @m, at @target (NULL: not known). NULL without memory. */
struct wq_mount *wq_mount_with_target(const struct wq_mount *m, const char *target);

/** Whether they say the same. */
bool wq_mount_same(const struct wq_mount *a, const struct wq_mount *b);

/** Whether their options, propagation and whether they are read-only are the same. */
bool wq_mount_same_attributes(const struct wq_mount *a, const struct wq_mount *b);

/** Whether both texts are the same, or neither is known. */
bool wq_same_text(const char *a, const char *b);

/** Counts that an event with @m is waiting, or no more: the bytes that this adds to
 * those of descriptions that events wait with, or takes from them. Any thread. */
size_t wq_mount_wait(struct wq_mount *m);
size_t wq_mount_unwait(struct wq_mount *m);

/** Descriptions by ID, for captures. NULL without memory. */
struct wq_mount_map;
struct wq_mount_map *wq_mount_map_new(void);
void wq_mount_map_free(struct wq_mount_map *map);
void wq_mount_map_clear(struct wq_mount_map *map);
/** Bytes of all that it has. */
size_t wq_mount_map_bytes(const struct wq_mount_map *map);
/** The one of @id, or NULL. Stays the map's. */
struct wq_mount *wq_mount_map_find(const struct wq_mount_map *map, uint64_t id);
/** Takes a reference, in place of what it had of that ID. 0 or -ENOMEM. */
int wq_mount_map_put(struct wq_mount_map *map, struct wq_mount *m);
void wq_mount_map_forget(struct wq_mount_map *map, uint64_t id);

#endif
