// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an event can say without asking anybody; and the clocks. */
#include "config.h"

#include <stdio.h>

#include "base/clock.h"
#include "event.h"
#include "source.h"

uint64_t wq_now_boottime(void)
{
	return wq_clock_now(CLOCK_BOOTTIME);
}

uint64_t wq_now_realtime(void)
{
	return wq_clock_now(CLOCK_REALTIME);
}

void wq_engine_by(struct wq_event *ev, const struct wq_item *item)
{
	ev->ktime = item->ktime;
	ev->pid = item->pid;
	if (item->command)
		snprintf(ev->command, sizeof(ev->command), "%s", item->command);
}

void wq_engine_event(struct wq_event *ev, const struct wq_item *item, const struct wq_watch *watch)
{
	*ev = (struct wq_event) {
		.boottime = item->boottime,
		.rec = item->rec,
		.watch = watch,
	};
	wq_event_keys(ev);
}
