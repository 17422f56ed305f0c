// SPDX-License-Identifier: LGPL-2.1-or-later
/* Members that are dead, and that the kernel collects without a record. */
#include "config.h"

#include <stdio.h>

#include "sources/keys-watched.h"

#define WQ_SECOND	UINT64_C(1000000000)	/* ns */
#define WQ_GC_TRIES	30			/* a tenth of the delay and a second apart */

static uint64_t gc_delay(void)
{
	FILE *f = fopen("/proc/sys/kernel/keys/gc_delay", "re");
	unsigned delay = 300;

	if (f && fscanf(f, "%u", &delay) != 1)
		delay = 300;
	if (f)
		fclose(f);
	return delay * WQ_SECOND;
}

void wq_keys_await_collection(struct wq_keys_state *st)
{
	struct wq_keys_expiry *x = &st->expiry;

	x->gc_tries = 0;
	if (!x->gc_at)
		x->gc_at = wq_engine_now(st->s->m) + gc_delay() + WQ_SECOND;
}

/* Members that are dead, and whose watch could not be had, go without a word. */
void wq_keys_find_collected(struct wq_keys_state *st)
{
	struct wq_keys_expiry *x = &st->expiry;
	struct wq_watched *w, *ring;
	bool waits = false;

	WQ_TAILQ_FOREACH(w, &st->all, all) {
		if (w->heard || w->orphan || !w->there || !(w->expired || w->dead))
			continue;
		waits = true;
		ring = w->root ? w : wq_keys_ring_with(st, (uint32_t) w->serial);
		if (ring)
			wq_keys_doubt(st, ring, WQ_DOUBT_NOW);
	}
	if (waits)
		wq_engine_read_soon(st->s->m);
	x->gc_at = waits && ++x->gc_tries < WQ_GC_TRIES ? wq_engine_now(st->s->m) + gc_delay() / 10 + WQ_SECOND : 0;
}
