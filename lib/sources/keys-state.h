/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_SOURCES_KEYS_STATE_H
#define WQ_SOURCES_KEYS_STATE_H

#include "source.h"

/** What is known of the watched keys: their names, whether they are still there,
 * and the members of the keyrings among them. Shared by the backends of `keys`;
 * the engine's thread's. */
struct wq_keys_state;

/** @names: keys are looked up; else they are only counted, and all there is to
 * tell is what records say. @members: the members of keyrings are followed.
 * NULL without memory. */
struct wq_keys_state *wq_keys_state_new(struct wq_source *s, bool names, bool members);
void wq_keys_state_free(struct wq_keys_state *st);

/** @serial is watched. 0 or -ENOMEM. */
int wq_keys_state_add(struct wq_keys_state *st, int32_t serial, const struct wq_watch *watch);

/** What struct wq_source_ops wants. */
int wq_keys_state_apply(struct wq_keys_state *st, const struct wq_item *item);
void wq_keys_state_doubt(struct wq_keys_state *st);
int wq_keys_state_snapshot(struct wq_keys_state *st, enum wq_mark mark, unsigned round);
int wq_keys_state_tell(struct wq_keys_state *st, enum wq_mark mark);

#endif
