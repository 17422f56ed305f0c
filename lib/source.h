/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a source is: one file in sources/, one row in sources.c.
 *
 * A backend of a source hands over items; the engine's thread makes events of
 * them. drain() is the only call that another thread than the engine's may
 * make, and it touches only what its comment says.
 *
 * A source that keeps a model of the world tells apart what is so, as far as it
 * knows, and what was told. An event that had no room (WQ_NO_ROOM) wasn't told.
 * Differences between the two are told as events with a mark: at the start, and
 * after anything was lost.
 */
#ifndef WQ_SOURCE_H
#define WQ_SOURCE_H

#include "libwatchq.h"

struct wq_items;
struct wq_path_walk;
struct wq_question;
struct wq_source;

/** What a backend hands over: a record, and what it has no room for. */
struct wq_item {
	uint64_t boottime;	/* CLOCK_BOOTTIME when it was read, ns; 0: not known */
	struct wq_record rec;	/* points into the ring, or the source's buffer */
	uint64_t ktime;		/* CLOCK_BOOTTIME that the kernel gave it, ns; 0: none */
	uint32_t pid;		/* who did it; 0: not known */
	const char *command;	/* its name, 15 bytes at most; NULL: not known */
};

/** What the user asked of a source. Texts are borrowed until open() is done. */
struct wq_source_config {
	char *const *objects;
	size_t nobjects;
	unsigned first_id;
	const uint8_t *ids;	/* of the objects, one each, and one without any; NULL: from first_id on */
	bool keep_going;	/* behind what can't be read of a capture */
	bool optional;		/* when it can't be opened, that is a warning */
	unsigned depth;
	bool recursive, all;	/* keys */
	const char *ns;		/* mounts: of which namespace; NULL: this process's own */
	const char *types, *options;	/* mounts: as findmnt(8) has them; NULL: any */
	uint64_t sweep;		/* ns: how often it is looked for what the kernel does not report; 0: never */
	uint64_t interval;	/* ns: how often a backend looks that has to */
	uint64_t coalesce;	/* ns: block: I/O errors within it are one event; 0: none are */
	int fd;			/* captures */
	const char *name;	/* captures: the file's */
	enum wq_endian endian;	/* captures */
};

/** The ID of object @i. Without objects, 0 is all there is. */
static inline unsigned wq_source_id(const struct wq_source_config *c, size_t i)
{
	return c->ids ? c->ids[i] : c->first_id + (unsigned) i;
}

/** The highest ID that there is, or would be. */
static inline size_t wq_source_last_id(const struct wq_source_config *c)
{
	size_t n = c->nobjects ? c->nobjects : 1;

	return c->ids ? c->ids[n - 1] : c->first_id + n - 1;
}

enum wq_source_flags {
	WQ_SOURCE_OFFLINE	= 1 << 0,	/* what it tells is not of now: nothing can be looked up */
};

struct wq_source_ops {
	const char *source;	/* "keys" */
	const char *backend;	/* "pipe" */
	const char *about;	/* what it hears and what not: watchq info */
	unsigned flags;
	/** Backends of one source with different parts hear different things, and all parts are
	 * wanted; those with the same are one another's replacement. 0: it is the only part. */
	unsigned part;
	uint32_t type;		/* what it posts of records, beside META: */
	uint64_t posts[2];	/* bit n: subtype n, and subtype 128 + n */

	/** Whether it would work here for @c, as far as that can be told before it is opened:
	 * 0, or -errno with the reason in *@e. Leaves nothing behind. */
	int (*probe)(const struct wq_source_config *c, struct wq_error *e);

	/** Opens it: when it returns 0 the watches stand, and nothing has been read
	 * yet. On failure it has left nothing open. */
	int (*open)(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e);

	/** Drain thread: reads all there is, stamps it and gives it to
	 * wq_items_push(). 0: all read. 1: call again, since there was no room, or
	 * there may be more than what was there when it was called. -errno. Owns the
	 * queue and the read buffer, and nothing else. */
	int (*drain)(struct wq_source *s, struct wq_items *items, struct wq_error *e);

	/** Instead of drain() and apply(), engine thread, where what waits to be read is
	 * safe: makes an event of the next record and gives it to wq_engine_emit(). 1; 0: there is none yet, or never
	 * again, of which it has told wq_engine_source_ended(); what
	 * wq_engine_emit() returned where that isn't 0; -errno with *@e. */
	int (*pull)(struct wq_source *s, struct wq_error *e);

	/** The end is near: what is there to be pulled by now is the last; behind it pull()
	 * returns 0, however much more has come. Where more may come faster than it is read. */
	void (*last)(struct wq_source *s);

	/** Engine thread: makes events of an item and gives them to
	 * wq_engine_emit(). 0, or what that returned. */
	int (*apply)(struct wq_source *s, const struct wq_item *item);

	/* Of a source with a model; all in the engine's thread. They return what
	 * wq_engine_emit() did where that isn't 0. */

	/** Records were lost: all it knows is in doubt, and read by the next
	 * snapshot(). */
	void (*doubt)(struct wq_source *s);
	/** A barrier has passed. Round 0: reads what is in doubt, and what waited
	 * for quiet (s->wants_quiet). Later rounds: again what records named since,
	 * or in WQ_ROUNDS_MAX has it wait for quiet. Tells the differences, marked
	 * @mark. 1: it has read something; 0: there was nothing to read. */
	int (*snapshot)(struct wq_source *s, enum wq_mark mark, unsigned round);
	/** There is room again: tells the differences. */
	int (*tell)(struct wq_source *s, enum wq_mark mark);

	/** To look for what the kernel does not report, as the user asked for: the tick()
	 * that follows does. Without it, all is in doubt. */
	void (*sweep)(struct wq_source *s);

	/** When tick() is to be called at the latest, ns of CLOCK_BOOTTIME; 0: never. */
	uint64_t (*deadline)(struct wq_source *s);
	/** Timers; called at every dispatch, so it must be cheap when nothing is due. */
	int (*tick)(struct wq_source *s);

	/** The answer to a question of wq_source_ask() that came later; @q->data is released when this
	 * returns. @late: unanswered() was called for it. */
	int (*answered)(struct wq_source *s, struct wq_question *q, int answer, bool late);
	/** The question with this @key has had no answer for two seconds; it may still come. */
	int (*unanswered)(struct wq_source *s, uint64_t key);

	/** The monitor is about to be done: tells what was kept to be told together with more. */
	int (*finish)(struct wq_source *s);

	/** Gives everything back. Also after open() failed: no. */
	void (*close)(struct wq_source *s);
};

/* What backends post: bits of wq_source_ops.posts. */
#define WQ_KEYS_CHANGES		0xffu	/* [0]: instantiated to setattr */
#define WQ_KEYS_EXPIRED		0x01u	/* [1] */
#define WQ_MOUNTS_CHANGES	0x7bu	/* [0]: new_mount to move_to, without expiry */
#define WQ_SB_CHANGES		0x3fu	/* [1]: readwrite to answered */
#define WQ_BLOCK_ERRORS		0x7feu	/* [0]: timeout to io */
#define WQ_BLOCK_CHANGES	0x1fu	/* [1]: add to media */

#define WQ_ROUNDS_MAX	3

/** One source of a monitor. The engine thread's, but for what drain() owns. */
struct wq_source {
	const struct wq_source_ops *ops;
	struct wq_monitor *m;
	unsigned index;			/* in the monitor */
	uint16_t serial;		/* among all that were added to the monitor: never changes */
	uint64_t next_sweep;		/* ns of CLOCK_BOOTTIME; 0: never */
	const struct wq_watch *self;	/* stands for the source itself */
	const struct wq_watch *by_id[256];
	unsigned depth;			/* records that its queue holds; before it is drained */
	bool busy;			/* something has changed; what, it will find out by itself */
	bool wants_quiet;		/* something is to be read when nothing happens */
	void *priv;			/* the backend's own */
};

/* What the monitor does for its sources: monitor.c. Engine thread. */

/** A new watch of @s; @object is copied, may be NULL. NULL without memory. */
const struct wq_watch *wq_engine_watch(struct wq_source *s, uint8_t id,
				       const char *source, const char *backend, const char *object);
/** Fills @ev from a record: what can be known without asking anybody. */
void wq_engine_event(struct wq_event *ev, const struct wq_item *item, const struct wq_watch *watch);
/** Fills in who did it, and when by the kernel's own account, where the item says so. */
void wq_engine_by(struct wq_event *ev, const struct wq_item *item);
/** Filters, numbers and hands on. Gives back the references to names that @ev
 * has: they are the event's. 0 to go on; WQ_NO_ROOM: it was not told, go on all
 * the same; WQ_DONE; -errno of the taker. */
int wq_engine_emit(struct wq_monitor *m, struct wq_event *ev);
/** The same, but the references stay the caller's, who keeps the names until it
 * returns: no counting, which other processors would have to be told of. */
int wq_engine_emit_borrowed(struct wq_monitor *m, struct wq_event *ev);
/** A record of our own, of @len bytes at @rec: as wq_engine_emit(), with @mark
 * and of now. The names' references are the event's. @by: who did it, and when; NULL:
 * not known. */
int wq_engine_emit_own(struct wq_monitor *m, const unsigned char *rec, const struct wq_watch *watch,
		       enum wq_mark mark, struct wq_name *key_name, struct wq_name *aux_name,
		       struct wq_name *path, const struct wq_item *by);
/** The same with what else is known: @side, which is copied, and is the caller's. @boottime: when
 * it was read; 0: now. @ktime: as that of an item. -ENOMEM, too. */
int wq_engine_emit_side(struct wq_monitor *m, const unsigned char *rec, const struct wq_watch *watch,
			enum wq_mark mark, const struct wq_side *side, uint64_t boottime, uint64_t ktime);
/** Tells that @s has lost events, the kernel doesn't say how many. */
int wq_engine_emit_loss(struct wq_source *s);
/** Something was lost, and the sources' doubt() said so: snapshots follow. */
void wq_engine_resync(struct wq_monitor *m);
/** Something new is to be read now: the same, without round 0. */
void wq_engine_read_soon(struct wq_monitor *m);
/** What @s drains polls readable at @fd. 0 or -errno. */
int wq_engine_drain(struct wq_source *s, int fd);
/** Nothing can come from @s any more. */
void wq_engine_source_ended(struct wq_source *s);
/** wq_monitor_fd() is to be readable when @fd is, which pull() reads. -EPERM: a
 * file that is always. */
int wq_engine_poll(struct wq_monitor *m, int fd);
/** The same, while @on, where @fd polls POLLPRI or POLLERR: files whose contents change. */
int wq_engine_poll_changes(struct wq_monitor *m, int fd, bool on);
/** What the user wants to see; whether that is also what there is at the start; whether names are looked up. */
const struct wq_filter *wq_engine_filter(const struct wq_monitor *m);
/** Something was reported without what the user asked for, as if it had been lost: --strict. */
void wq_engine_incomplete(struct wq_monitor *m);
bool wq_engine_wants_initial(const struct wq_monitor *m);
bool wq_engine_wants_names(const struct wq_monitor *m);
bool wq_engine_wants_commands(const struct wq_monitor *m);
bool wq_engine_wants_quota_names(const struct wq_monitor *m);
/** The source can't do without names, whether they are shown or not. */
void wq_engine_want_names(struct wq_monitor *m);
/** A capture says that it is of the dialect @name; @first: before any record. 0: that
 * is what wq_monitor_dialect() says from now on; -EINVAL and why not in @why. */
int wq_engine_says_dialect(struct wq_monitor *m, const char *name, bool first, char *why, size_t size);
/** What CLOCK_REALTIME is ahead of CLOCK_BOOTTIME, ns. */
int64_t wq_engine_clock(const struct wq_monitor *m);
/** CLOCK_BOOTTIME at the beginning of this dispatch, ns. */
uint64_t wq_engine_now(const struct wq_monitor *m);
/** Note what failed, for a caller that can only return an error: what wq_monitor_dispatch() or
 * wq_monitor_start() reports as "TEXT: strerror(@err)" when -@err is what ended it. Return -@err. */
int wq_source_error(struct wq_source *s, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void wq_engine_log(struct wq_monitor *m, enum wq_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Ask what may block for ever in a thread of its own: as wq_workers_ask(), with a key of less than
 * 48 bits that is the source's own. Without threads, where the library's caller allows none, ask in
 * this thread and return 0. */
int wq_source_ask(struct wq_source *s, const struct wq_question *q, uint64_t patience, int *rc);
/** Whether wq_source_ask() asks in a thread. */
bool wq_source_may_ask(const struct wq_source *s);
/** Look @path up by a question, and wait for @patience ns. Return 0 with *@walk, whatever was found;
 * -ETIMEDOUT: there is no answer; -EOPNOTSUPP: it may never return, and threads are not allowed;
 * -ENOMEM. */
int wq_source_look_up(struct wq_source *s, uint64_t key, const char *path, uint64_t patience,
		      struct wq_path_walk *walk);

/** Nanoseconds of CLOCK_BOOTTIME, CLOCK_REALTIME. Any thread. */
uint64_t wq_now_boottime(void);
uint64_t wq_now_realtime(void);

/** The table of sources and backends, best first for each source: sources.c.
 * NULL behind the last one. */
const struct wq_source_ops *wq_source_at(unsigned i);
extern const struct wq_source_ops wq_keys_pipe, wq_keys_trace, wq_keys_poll;
extern const struct wq_source_ops wq_mounts_fanotify, wq_mounts_mountinfo;
extern const struct wq_source_ops wq_sb_fanotify, wq_sb_mountinfo, wq_sb_quota;
extern const struct wq_source_ops wq_block_trace, wq_block_uevent;
extern const struct wq_source_ops wq_capture;

#endif
