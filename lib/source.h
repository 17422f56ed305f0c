/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a source is: one file in sources/, one row in sources.c.
 *
 * A backend of a source hands over items; the engine's thread makes events of
 * them. drain() is the only call that another thread than the engine's may
 * make, and it touches only what its comment says.
 */
#ifndef WQ_SOURCE_H
#define WQ_SOURCE_H

#include "libwatchq.h"

struct wq_ring;
struct wq_source;

/** What a backend hands over: a record, and when it was read. */
struct wq_item {
	uint64_t boottime;	/* CLOCK_BOOTTIME, ns; 0: not known */
	struct wq_record rec;	/* points into the ring, or the source's buffer */
};

/** What the user asked of a source. Texts are borrowed until open() is done. */
struct wq_source_config {
	char *const *objects;
	size_t nobjects;
	unsigned first_id;
	unsigned depth;
	int fd;			/* captures */
	const char *name;	/* captures: the file's */
	enum wq_endian endian;	/* captures */
};

enum wq_source_flags {
	WQ_SOURCE_PULL	= 1 << 0,	/* asked for items with pull(), not drained */
};

struct wq_source_ops {
	const char *source;	/* "keys" */
	const char *backend;	/* "pipe" */
	unsigned flags;

	/** Whether it would work here: 0, or -errno with the reason in *@e. Leaves
	 * nothing behind. */
	int (*probe)(struct wq_error *e);

	/** Opens it: when it returns 0 the watches stand, and nothing has been read
	 * yet. On failure it has left nothing open. */
	int (*open)(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e);

	/** Drain thread: reads all there is, stamps it and pushes it to @ring as
	 * struct wq_ring_item. 1: the ring is full, call again; 0: all read; -errno.
	 * Owns the queue and the read buffer, and nothing else. */
	int (*drain)(struct wq_source *s, struct wq_ring *ring, struct wq_error *e);

	/** Instead of drain(): the next item. 1; 0: none yet; WQ_DONE; -errno. */
	int (*pull)(struct wq_source *s, struct wq_item *item, struct wq_error *e);

	/** Engine thread: makes events of an item and gives them to
	 * wq_engine_emit(). 0, or what that returned. */
	int (*apply)(struct wq_source *s, const struct wq_item *item);

	/** Gives everything back. Also after open() failed: no. */
	void (*close)(struct wq_source *s);
};

/** One source of a monitor. The engine thread's, but for what drain() owns. */
struct wq_source {
	const struct wq_source_ops *ops;
	struct wq_monitor *m;
	unsigned index;			/* in the monitor */
	const struct wq_watch *self;	/* stands for the source itself */
	const struct wq_watch *by_id[256];
	void *priv;			/* the backend's own */
};

/** What drain() pushes: this, then the record's bytes. */
struct wq_ring_item {
	uint64_t boottime;
	uint32_t source;
	uint32_t len;
	unsigned char data[];
};

/* What the monitor does for its sources: monitor.c. Engine thread. */

/** A new watch of @s; @object is copied, may be NULL. NULL without memory. */
const struct wq_watch *wq_engine_watch(struct wq_source *s, uint8_t id,
				       const char *source, const char *backend, const char *object);
/** Fills @ev from a record: what can be known without asking anybody. */
void wq_engine_event(struct wq_event *ev, const struct wq_item *item, const struct wq_watch *watch);
/** Filters, numbers and hands on. Gives back the references to names that @ev
 * has: they are the event's. 0 to go on; WQ_DONE; -errno of the taker. */
int wq_engine_emit(struct wq_monitor *m, struct wq_event *ev);
/** Nothing can come from @s any more. */
void wq_engine_source_ended(struct wq_source *s);
/** wq_monitor_fd() is to be readable when @fd is. -EPERM: a file that is always. */
int wq_engine_poll(struct wq_monitor *m, int fd);
/** What the user wants to see; whether names are looked up. */
const struct wq_filter *wq_engine_filter(const struct wq_monitor *m);
bool wq_engine_wants_names(const struct wq_monitor *m);
/** What CLOCK_REALTIME is ahead of CLOCK_BOOTTIME, ns. */
int64_t wq_engine_clock(const struct wq_monitor *m);
void wq_engine_log(struct wq_monitor *m, enum wq_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Nanoseconds of CLOCK_BOOTTIME, CLOCK_REALTIME. Any thread. */
uint64_t wq_now_boottime(void);
uint64_t wq_now_realtime(void);

/** The table of sources and backends, best first for each source: sources.c.
 * NULL behind the last one. */
const struct wq_source_ops *wq_source_at(unsigned i);
extern const struct wq_source_ops wq_keys_pipe;
extern const struct wq_source_ops wq_capture;

#endif
