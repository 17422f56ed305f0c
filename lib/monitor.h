/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a monitor is: monitor.c sets it up, engine.c runs it. */
#ifndef WQ_MONITOR_H
#define WQ_MONITOR_H

#include "drain.h"
#include "source.h"

#define WQ_MAX_SOURCES	16

struct wq_added_source {
	struct wq_source source;
	struct wq_source_config config;
	bool open, ended;
};

struct wq_monitor {
	struct wq_error failure;	/* what wq_source_error() noted; err 0: nothing */
	/* What was asked for. */
	wq_event_fn fn;
	void *fn_data;
	wq_log_fn log;
	void *log_data;
	wq_match_fn match;
	void *match_data;
	struct wq_filter filter;
	const struct wq_dialect *dialect;	/* of captures; NULL: not said yet */
	bool dialect_asked;		/* and not what a capture said */
	bool names, commands, initial, once, marks, thread, realtime;
	bool quota_names;
	bool may_ask;			/* threads for questions that may block */
	uint64_t sweep;			/* ns; 0: never */
	uint64_t interval;		/* ns */
	uint64_t coalesce;		/* ns: block; 0: not */
	bool recursive, all;		/* keys */
	const char *ns, *types, *options;	/* mounts */
	const uint8_t *ids;		/* NULL: none given one by one */
	bool optional, keep_going;
	uint64_t count;			/* be done after that many; 0: never */

	/* What there is. */
	int epfd, timerfd;
	struct wq_drain *drain;
	struct wq_workers *workers;	/* NULL: no questions in threads */
	struct wq_watch **watches;
	unsigned nwatches, room;	/* watches there are, and have room */
	struct wq_added_source sources[WQ_MAX_SOURCES];
	unsigned nsources;
	uint16_t added;		/* sources, also those that were dropped */
	const struct wq_watch *self;	/* stands for all sources */

	/* The engine's. */
	int64_t clock;			/* CLOCK_REALTIME less CLOCK_BOOTTIME */
	uint64_t now;			/* CLOCK_BOOTTIME of this dispatch */
	uint64_t seq;			/* events handed on */
	uint64_t told_at;		/* boottime of the last one */
	uint64_t unmatched;		/* ... and those that match() didn't like */
	uint64_t counted;
	uint64_t lost;			/* events that had no room, not yet told of */
	bool has_lost;			/* anything, ever */
	bool untold;			/* tell() when there is room */
	uint64_t stop_barrier;		/* done when it has passed; 0: none */
	uint64_t stop_syncs;		/* and when sync.done is that; 0: it hasn't passed */
	uint64_t passed;		/* the last barrier */
	struct {
		bool running;
		bool again, again_all;	/* another one behind it */
		enum wq_mark mark;
		unsigned round;
		uint64_t barrier;	/* waits for this one */
		uint64_t done;		/* so many there were */
		bool loss;		/* a loss was reported since the last one began */
	} sync;
	bool active;			/* something was told since it was quiet */
	uint64_t active_at;
	uint64_t armed;			/* the timer, ns of CLOCK_BOOTTIME; 0: not */
};

/** What a call of a source's gave: no room is no reason to stop. */
static inline int wq_go_on(int rc)
{
	return rc == WQ_NO_ROOM ? 0 : rc;
}

/* sync.c */

/** A barrier has passed, or nothing was read yet: reads what is in doubt, and asks for
 * the next one where that is needed. */
int wq_sync_snapshot(struct wq_monitor *m);
/** Everything is in doubt. */
void wq_sync_doubt_all(struct wq_monitor *m);

/* engine.c */

/** All watches stand: tells so, and reads what there is. */
int wq_engine_begin(struct wq_monitor *m);
/** Hands on a record of the engine's own, for which there is no source to ask: @subtype of
 * WQ_TYPE_META, with @len bytes of @body. What fn returned. */
int wq_engine_meta(struct wq_monitor *m, uint8_t subtype, const void *body, size_t len);

/* timers.c */

/** When the first sweeps are due. */
void wq_timers_begin(struct wq_monitor *m);
/** Does what is due, and arms the timer for what will be: sweeps, ticks of sources, the mark
 * of quiet. 0, also where there was no room; else as wq_engine_emit(). */
int wq_timers_run(struct wq_monitor *m);

/* clock.c */

/** Return what CLOCK_REALTIME is ahead of CLOCK_BOOTTIME, ns: @offset, as it was until now, unless
 * CLOCK_BOOTTIME @before, CLOCK_REALTIME and CLOCK_BOOTTIME @after, read in this order, exclude it. */
int64_t wq_clock_offset(int64_t offset, uint64_t before, uint64_t realtime, uint64_t after);
/** Reads the clocks: @m->now, and @m->clock where the wall clock has been stepped. */
void wq_clock_read(struct wq_monitor *m);
/** What two queues gave, or a thread and this one, was not read in the order in which it is
 * handed on: no event is told to be before the last one. */
void wq_clock_keep_order(const struct wq_monitor *m, struct wq_event *ev);
/** @ev was handed on: none behind it is before it. */
void wq_clock_told(struct wq_monitor *m, const struct wq_event *ev);

/** Fill *@e in for the errno @err that ended a source: what wq_source_error() noted of it, or its text alone. */
void wq_fail_monitor(struct wq_monitor *m, int err, struct wq_error *e);

#endif
