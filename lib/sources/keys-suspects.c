// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who did it. A system call names keys and keyrings by serial, or by a word for the
 * caller's own, as @s: what keyring that is can't be known from outside. So the call
 * is kept until the difference that it made is found, and that is told as its doing.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "sources/keys-watched.h"
#include "uapi.h"

#define WQ_SUSPECT_FOR	UINT64_C(2000000000)	/* ns: found by a look by then, or not at all */

void wq_keys_state_suspect(struct wq_keys_state *st, enum wq_key_nr what, uint32_t key,
			   const struct wq_item *by)
{
	struct wq_suspect *s = &st->suspects[st->next_suspect++ % WQ_SUSPECTS];

	*s = (struct wq_suspect) {
		.what = what, .key = key, .boottime = by->boottime, .ktime = by->ktime, .pid = by->pid,
	};
	if (by->command)
		snprintf(s->command, sizeof(s->command), "%s", by->command);
}

struct wq_suspect *wq_keys_who(struct wq_keys_state *st, enum wq_key_nr what, uint32_t key)
{
	uint64_t now = wq_engine_now(st->s->m);
	unsigned i;

	/* The last one first. */
	for (i = 1; i <= WQ_SUSPECTS && i <= st->next_suspect; i++) {
		struct wq_suspect *s = &st->suspects[(st->next_suspect - i) % WQ_SUSPECTS];

		if (s->boottime + WQ_SUSPECT_FOR < now)
			break;
		if (s->pid && s->what == what && (s->key == key || !s->key))
			return s;
	}
	return NULL;
}

bool wq_keys_state_knows(struct wq_keys_state *st, uint32_t key)
{
	struct wq_watched *w = wq_keys_find_watched(st, key), *ring;

	if (w && w->root && w->there_told)
		return true;
	WQ_TAILQ_FOREACH(ring, &st->rings, rings) {
		struct wq_member *m = wq_keyring_find(ring->ring, key);

		if (m && m->told)
			return true;
	}
	return false;
}

/* Whether the keyring's members are as the record says. */
static bool is_member_told(const struct wq_watched *w, enum wq_key_nr what, uint32_t aux)
{
	const struct wq_member *m = w->ring ? wq_keyring_find(w->ring, aux) : NULL;

	switch (what) {
	case WQ_KEY_LINKED:
		return m && m->in && m->told;
	case WQ_KEY_UNLINKED:
		return w->ring && !m;
	case WQ_KEY_CLEARED:
		return w->ring && !wq_keyring_first(w->ring);
	default:
		return false;
	}
}

/* What was found by looking need not be told again. */
static bool is_told(const struct wq_watched *w, enum wq_key_nr what, uint32_t aux)
{
	switch (what) {
	case WQ_KEY_REVOKED:
		return w->revoked && w->revoked_told;
	case WQ_KEY_INVALIDATED:
		return w->invalid && w->invalid_told;
	default:
		return is_member_told(w, what, aux);
	}
}

int wq_keys_state_apply_call(struct wq_keys_state *st, enum wq_key_nr what, uint32_t key, uint32_t aux,
			     const struct wq_item *by)
{
	struct wq_watched *w = wq_keys_find_watched(st, key);
	const uint32_t body[2] = { key, aux };
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_item item = *by;

	if (!w || is_told(w, what, aux))
		return 0;
	wq_record_build(rec, WQ_TYPE_KEY, (uint8_t) what, (uint32_t) w->watch->id << WQ_UAPI_INFO_ID_SHIFT,
			body, sizeof(body));
	wq_record_header(&item.rec, rec, false);
	return wq_keys_state_apply(st, &item);
}
