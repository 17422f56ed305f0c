/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libwatchq: the kernel's notification queue, its records and its sources.
 *
 * The library knows the kernel; it never prints, never exits, and returns
 * -errno where a call can fail. Strings it hands out are UTF-8 or whatever
 * bytes the kernel gave, as said at each.
 */
#ifndef WQ_LIBWATCHQ_H
#define WQ_LIBWATCHQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- Errors ------------------------------------------------------------ */

/** What kind of failure it was: decides the exit status of the command. */
enum wq_error_kind {
	WQ_FAILURE,		/* wrong use, or something that failed */
	WQ_NOTSUPP,		/* this kernel or these privileges can't do it */
};

/** An error in words. The texts are English and hold no control bytes of ours;
 * the parts that repeat what the user gave are that, byte for byte. */
struct wq_error {
	int err;		/* errno value, positive */
	enum wq_error_kind kind;
	char text[512];		/* what failed, on which object, why, what to do */
	char word[64];		/* the word that was not understood, or "" */
};

/** Fills @e and returns -@err, so that it can be returned in one line. @e may
 * be NULL. */
int wq_fail(struct wq_error *e, enum wq_error_kind kind, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- Messages ----------------------------------------------------------- */

enum wq_log_level {
	WQ_LOG_WARNING,		/* something is not as the user may think */
	WQ_LOG_INFO,		/* what was chosen, and why */
	WQ_LOG_DEBUG,
};

/** Takes a message of the library's: one line without newline. */
typedef void (*wq_log_fn)(void *data, enum wq_log_level level, const char *text);

/* ---- Records, and the catalog of what they mean ------------------------- */

#include "libwatchq-record.h"
#include "libwatchq-side.h"

/* ---- Filters: lib/filter.c --------------------------------------------- */

/** Rules that one filter can hold: IOC_WATCH_QUEUE_SET_FILTER takes no more. */
#define WQ_FILTER_MAX	16

/** Passes records of @type whose subtype's bit is set and whose
 * (info & mask) == info. kernel/watch_queue.c: filter_watch_notification() */
struct wq_rule {
	uint32_t type;
	uint32_t info;
	uint32_t mask;
	uint32_t subtypes[8];	/* bit n: subtype n */
	bool named;		/* the type was given by its name, not its number */
};

/** A record passes if any rule passes it; META always does; without a rule
 * everything does. */
struct wq_filter {
	const struct wq_dialect *dialect;	/* whose names are meant; NULL: the default
						 * one. Before rules are added */
	unsigned nrules;
	struct wq_rule rules[WQ_FILTER_MAX];
};

/** Adds the events in @list: comma-separated `EVENT` (every type of @types that
 * has it), `TYPE/EVENT`, or TYPE, a slash and a star for all of it. @types: NULL-terminated names of the types
 * a bare EVENT is looked up in; NULL is all but notes. Returns 0; -EINVAL with
 * *@e (e->word is the name that isn't known); -E2BIG where the filter is full. */
int wq_filter_add_events(struct wq_filter *f, const char *list,
			 const char *const *types, struct wq_error *e);

/** Adds a raw rule, `TYPE[:SUBTYPES[:INFO/MASK]]`. TYPE is a name or a number,
 * SUBTYPES `*` or a comma-separated list of names, numbers and ranges A-B. INFO
 * and MASK are numbers that must be such as the kernel takes: INFO within MASK,
 * MASK without the length's bits 0x7f. Errors as wq_filter_add_events(). */
int wq_filter_add_raw(struct wq_filter *f, const char *rule, struct wq_error *e);

/** Has the names that @f was made of mean those of @d. What @d doesn't have, no
 * record is. Numbers stay what they are. */
void wq_filter_translate(struct wq_filter *f, const struct wq_dialect *d);

/** Whether @f passes @rec, with the kernel's meaning. */
bool wq_filter_match(const struct wq_filter *f, const struct wq_record *rec);

/** Whether @f can pass a record that a notification pipe of this kernel's can
 * post: a subtype of KEY that is below 32, or META. */
bool wq_filter_can_deliver(const struct wq_filter *f);

/* ---- Names: lib/models/names.c ----------------------------------------- */

/** Places where a reader may keep what it made of a name. */
#define WQ_NAME_CACHES	4

/** Permissions that no key can have: they, the owner and the group were changed
 * to what may not be viewed. */
#define WQ_PERM_UNKNOWN	UINT32_MAX

/** What a key was called when it was looked at. Never changes; shared by
 * reference. The text is what the kernel gave: any byte but NUL. */
struct wq_name {
	uint32_t serial;
	uint32_t uid, gid;	/* not known if perm isn't */
	uint32_t perm;		/* keyctl_setperm(3), or WQ_PERM_UNKNOWN */
	const char *type;	/* "user", "keyring", ... */
	const char *desc;
	size_t type_len;	/* bytes */
	size_t desc_len;	/* bytes */
	uint64_t expires;	/* CLOCK_REALTIME, s: it does not expire before, as far
				 * as is known; 0: no such time is */
	/** What the writer has made of it; malloc()ed, freed with the name. Owned
	 * by the thread that writes events out, by no one else. */
	void *cache[WQ_NAME_CACHES];
};

/** Another reference to @n; and giving one back. Any thread. @n may be NULL. */
struct wq_name *wq_name_ref(struct wq_name *n);
void wq_name_unref(struct wq_name *n);

/* ---- Mounts: lib/models/mount.c ------------------------------------------ */

/** How mounts and umounts propagate: mount_namespaces(7). Several may be so. */
enum wq_propagation {
	WQ_PROPAGATION_SHARED		= 1 << 0,
	WQ_PROPAGATION_SLAVE		= 1 << 1,
	WQ_PROPAGATION_UNBINDABLE	= 1 << 2,
};

/** What a mount was when it was looked at. Never changes; shared by reference. Texts
 * are what the kernel gave, not escaped: any byte but NUL. NULL is what isn't known:
 * all of them where the mount was gone before it could be asked about. */
struct wq_mount {
	uint64_t id;		/* unique (statmount(2)), or where the kernel has no such
				 * IDs that of mountinfo, below 2^31 */
	uint64_t parent;	/* the same of what it is mounted on; 0: not known */
	uint32_t old_id;	/* the one in mountinfo, used again later; 0: not known */
	uint32_t major, minor;	/* of the filesystem */
	unsigned propagation;	/* enum wq_propagation; 0: private */
	uint64_t peer_group;	/* 0: not shared */
	uint64_t ns;		/* inode of the mount namespace, as lsns(8) has it; 0: not known */
	bool readonly;		/* the mount or its filesystem is */
	const char *target;	/* the path, from the root of who looks; NULL: or not to be
				 * reached from there */
	const char *source, *fstype, *root;
	const char *vfs_options;	/* of the mount: "rw,nosuid" */
	const char *fs_options;	/* of the filesystem */
	const char *options;	/* both together, as findmnt(8) shows them */
	size_t text_len;	/* bytes of all texts */
};

/** Another reference to @m; and giving one back. Any thread. @m may be NULL. */
struct wq_mount *wq_mount_ref(struct wq_mount *m);
void wq_mount_unref(struct wq_mount *m);

/* ---- Events ------------------------------------------------------------ */

/** What stands behind an event: a source, and the object that was watched. One
 * for each watch, and one with id 0 for the source itself. They live as long as
 * the monitor and don't change. */
struct wq_watch {
	unsigned index;		/* from 0, in one monitor */
	uint8_t id;		/* 1-255; 0: the source itself */
	const char *source;	/* "keys"; 31 bytes at most */
	const char *backend;	/* "pipe", "capture", ...; 31 bytes at most */
	const char *object;	/* as the user named it, several joined by commas;
				 * NULL: not known, or the source itself */
	size_t object_len;	/* bytes */
};

enum wq_mark {
	WQ_MARK_NONE,		/* something happened */
	WQ_MARK_INITIAL,	/* it was so at the start */
	WQ_MARK_RESYNC,		/* found when looking again */
	WQ_MARK__NR
};

/** The name of @mark, "" for none. */
const char *wq_mark_name(enum wq_mark mark);

/** One event. Good until the function it was handed to returns; who keeps its
 * names must take references. */
struct wq_event {
	uint64_t seq;			/* 1, 2, ...: events shown */
	uint64_t boottime;		/* CLOCK_BOOTTIME when read, ns; 0: not known */
	uint64_t realtime;		/* CLOCK_REALTIME then, ns; 0: not known */
	/** CLOCK_BOOTTIME that the kernel itself gave it, ns; 0: none. boottime never goes back from
	 * one event of a monitor to the next, captures aside, nor does realtime unless CLOCK_REALTIME
	 * is set or slowed: this one may. */
	uint64_t ktime;
	struct wq_record rec;
	const struct wq_watch *watch;
	enum wq_mark mark;
	bool has_key;			/* key is there */
	enum wq_aux_kind aux_kind;
	uint32_t key, aux;
	struct wq_name *key_name;	/* NULL: not known */
	struct wq_name *aux_name;	/* with aux_kind WQ_AUX_KEY; NULL: not known */
	/** How the key was reached from the object that was watched, with has_key: desc
	 * is the whole path, never empty; type is "". An object of its own, no key's
	 * name. NULL: not known, or not asked for. */
	struct wq_name *path;
	struct wq_mount *mount;		/* with records of mounts: what it is, or was when it went
					 * away; NULL: not known at all */
	struct wq_mount *was;		/* and what it was before the change; NULL: not known, or
					 * there was none */
	struct wq_side *side;		/* with records of filesystems and block devices: what else
					 * is known; NULL: nothing */
	const char *condition;		/* what it has made so, of who waits for that: wq_condition_text();
					 * NULL: no monitor's event says */
	uint32_t pid;			/* who did it; 0: not known */
	char command[16];		/* what that process is called: any bytes, a NUL among
					 * these 16; "": not known */
};

/* ---- Conditions: lib/conditions/ ------------------------------------------ */

#include "libwatchq-condition.h"

/* ---- Monitor: lib/monitor.c -------------------------------------------- */

/** Takes an event. Returns 0 to go on; WQ_NO_ROOM: it could not take it, and
 * takes no other until there is room again, of which it has the monitor
 * dispatched; -errno to stop: wq_monitor_dispatch() returns it. */
typedef int (*wq_event_fn)(void *data, const struct wq_event *ev);
#define WQ_NO_ROOM	3

/** Says whether an event is wanted. Its seq is what it would be if all were. */
typedef bool (*wq_match_fn)(void *data, const struct wq_event *ev);

enum wq_endian { WQ_ENDIAN_NATIVE, WQ_ENDIAN_LITTLE, WQ_ENDIAN_BIG };

/** A monitor: sources in, events out. Set up, start, dispatch, free: all from
 * one thread at a time. Its own thread, if it may have one, only reads queues. */
struct wq_monitor;

/** A new monitor that hands its events to @fn. 0 or -ENOMEM. */
int wq_monitor_new(struct wq_monitor **m, wq_event_fn fn, void *data);
void wq_monitor_free(struct wq_monitor *m);

void wq_monitor_set_log(struct wq_monitor *m, wq_log_fn fn, void *data);
/** Only what passes @f. Copied. Before wq_monitor_start(). */
void wq_monitor_set_filter(struct wq_monitor *m, const struct wq_filter *f);
/** What captures are of; one that says otherwise is refused. NULL, if it isn't
 * called: what the first thing in the capture says, or the default one; the filter
 * is translated then. Each monitor has its own, one for all its captures; queues are
 * always of the default one. Before wq_monitor_start(). */
void wq_monitor_set_dialect(struct wq_monitor *m, const struct wq_dialect *d);
/** What they are of, as far as is known: right as soon as there was an event. */
const struct wq_dialect *wq_monitor_dialect(const struct wq_monitor *m);
/** Only what @fn likes, asked behind the filter; and losses, always. */
void wq_monitor_set_match(struct wq_monitor *m, wq_match_fn fn, void *data);
/** Whether names of keys are looked up; they are unless told otherwise. */
void wq_monitor_set_names(struct wq_monitor *m, bool on);
/** Whether the names of the processes that did something are looked up, where that takes
 * looking; they are unless told otherwise. */
void wq_monitor_set_commands(struct wq_monitor *m, bool on);
/** Whether the names of owners of quotas are looked up, which a name service may make slow; they
 * are not unless this says so, and wq_monitor_set_workers(). */
void wq_monitor_set_quota_names(struct wq_monitor *m, bool on);
/** Be done after @n events; 0 is never. */
void wq_monitor_set_count(struct wq_monitor *m, uint64_t n);
/** Tell first what there is, marked WQ_MARK_INITIAL; and with @once nothing else. */
void wq_monitor_set_initial(struct wq_monitor *m, bool on, bool once);
/** Tell when the watches stand (WQ_META_READY), and when nothing has happened for
 * a tenth of a second and all that was told is right (WQ_META_QUIET). */
void wq_monitor_set_marks(struct wq_monitor *m, bool on);
/** What wq_monitor_add() adds from now on looks each @ns for what the kernel doesn't report; 0 is
 * never. */
void wq_monitor_set_sweep(struct wq_monitor *m, uint64_t ns);
/** What wq_monitor_add() of keys adds from now on: with @recursive the members of
 * keyrings are watched, too, and theirs; with @all every key in /proc/keys, whatever
 * else is named. */
void wq_monitor_set_keys(struct wq_monitor *m, bool recursive, bool all);
/** What wq_monitor_add() of mounts adds from now on: the mount namespace of the process
 * with that ID, or that of a file (NULL: this process's own); only mounts whose type
 * and options match those lists, as findmnt(8)'s -t and -O have them (NULL: any). The
 * texts are borrowed until wq_monitor_start() is done. */
void wq_monitor_set_mounts(struct wq_monitor *m, const char *ns, const char *types, const char *options);
/** What wq_monitor_add() of block devices adds from now on merges I/O errors that follow one
 * another within @ns into one event with their count; 0: none. */
void wq_monitor_set_coalesce(struct wq_monitor *m, uint64_t ns);
/** The IDs of the objects that wq_monitor_add() adds from now on, one each, rising, and one where
 * there are none; NULL: from its @first_id on. Borrowed until wq_monitor_start() is done. */
void wq_monitor_set_ids(struct wq_monitor *m, const uint8_t *ids);
/** Whether what wq_monitor_add() adds from now on is left out, with a warning, when it can't be
 * opened; but for the last one. */
void wq_monitor_set_optional(struct wq_monitor *m, bool on);
/** Whether what wq_monitor_add_capture() adds from now on is read on where it can't be read: at the next
 * header of an annotated capture. What is between is one loss, and logged as a warning. */
void wq_monitor_set_keep_going(struct wq_monitor *m, bool on);
/** How often, in ns, what can't be heard is looked at; a second unless told otherwise. */
void wq_monitor_set_interval(struct wq_monitor *m, uint64_t ns);
/** Read the queues in a thread of the monitor's own, which with @realtime asks to
 * be scheduled before others. Before wq_monitor_start(). If it exceeds RLIMIT_RTTIME, which the caller may
 * set, it is demoted: that takes SIGXCPU, unless the program has a handler for it, and is logged. */
void wq_monitor_set_thread(struct wq_monitor *m, bool on, bool realtime);

/** Whether the library may start threads for questions that may block for ever, such as a path
 * look-up on a filesystem whose server is dead: at most 8 that are unanswered. Without them
 * objects on filesystems of such types are refused (-EOPNOTSUPP). Before wq_monitor_start(). */
void wq_monitor_set_workers(struct wq_monitor *m, bool on);

/** Adds a source: @source "keys", @backend by name or NULL for the best that
 * works here. @objects: what to watch; the first gets the ID @first_id, the
 * next one more. @depth: records that the queue holds, 1-512, 0 for the most
 * the kernel gives. Nothing is opened yet. 0; -EINVAL or -ENOTSUP with *@e. */
int wq_monitor_add(struct wq_monitor *m, const char *source, const char *backend,
		   char *const *objects, size_t nobjects, unsigned first_id,
		   unsigned depth, struct wq_error *e);

/** Open @path for reading: lib/kernel/open-aside.c. Where its filesystem asks a server or a process
 * (FUSE, NFS), the descriptor is a pipe, and a child process reads the file into it: a read(2) that
 * never returns is that process's. Waits until the look-up has an answer, interrupted by no signal
 * but what ends the process. Return the descriptor, the caller's, or -errno. */
int wq_open_aside(const char *path);

/** Whether the filesystem of @path, which need not exist, answers within @timeout ms: to be asked
 * before a call on it that might never return. The look-up is made in a child process. Return 0,
 * whatever is found there; -ETIMEDOUT; another -errno: no child could be started. Any thread. */
int wq_path_answers(const char *path, unsigned timeout);

/** Adds a capture, read from @fd, which stays the caller's and must outlive the
 * monitor; @name is what errors call it. */
int wq_monitor_add_capture(struct wq_monitor *m, int fd, const char *name,
			   enum wq_endian endian, struct wq_error *e);

/** Opens the sources: when it returns 0 the watches stand, and what there is has
 * been read; that may have been told, too. -errno with *@e; WQ_DONE. */
int wq_monitor_start(struct wq_monitor *m, struct wq_error *e);

/** A file descriptor that polls readable (POLLIN) when wq_monitor_dispatch()
 * has something to do. Stays the monitor's. */
int wq_monitor_fd(const struct wq_monitor *m);

/** Hands on what is there and returns without waiting: 1 if there may be more
 * at once, 0 if not, WQ_DONE when the count is reached, a capture has ended or
 * nothing is watched any more; -errno with *@e. */
#define WQ_DONE	2
int wq_monitor_dispatch(struct wq_monitor *m, struct wq_error *e);

/** From now on wq_monitor_dispatch() is done when it has handed on what was
 * posted before. */
void wq_monitor_stop(struct wq_monitor *m);

/** After the last wq_monitor_dispatch(): tells of what had no room and is not told yet, and
 * what was kept to be told together with more.
 * 0 or what the taker of events returned. */
int wq_monitor_finish(struct wq_monitor *m);

/** Whether anything was lost so far. */
bool wq_monitor_has_lost(const struct wq_monitor *m);

/* ---- Sessions: lib/sources/keys-session.c ------------------------------- */

/** Joins a new session keyring called @name ("" or "-": the kernel's choice of
 * a name), as the calling thread and all that it starts from then on: before
 * there are threads. The kernel joins the keyring that has this name, if there
 * is one which the user may search (join_session_keyring() in security/keys/
 * process_keys.c); so *@members is how many it has, or -errno. *@serial: which
 * it is. 0; -errno with *@e. */
int wq_join_session(const char *name, int32_t *serial, ssize_t *members, struct wq_error *e);

/* ---- Captures: lib/recorder.c; read by wq_monitor_add_capture() ---------- */

/** Writes events as a capture. Plain: the records byte for byte as read,
 * without those that nobody posted (events with a mark). Annotated: all events,
 * with notes of type WQ_TYPE_NOTE that carry times, marks, watches and names. */
struct wq_recorder;

/** Takes bytes of a capture. 0 or -errno. */
typedef int (*wq_write_fn)(void *data, const void *bytes, size_t len);

/** @here: the events are of this machine since it was booted, not a capture's.
 * NULL without memory. */
struct wq_recorder *wq_recorder_new(bool annotated, bool here, wq_write_fn write, void *data);
void wq_recorder_free(struct wq_recorder *r);

/** What the events' records are of, if not the default dialect. Before
 * wq_recorder_begin(). */
void wq_recorder_set_dialect(struct wq_recorder *r, const struct wq_dialect *d);

/** Writes what a capture begins with, if that isn't out yet. wq_recorder_add()
 * does so itself; for a capture that may have no events. */
int wq_recorder_begin(struct wq_recorder *r);

/** Writes an event. 0, or what the taker returned; -ENOMEM; -EOPNOTSUPP: notes,
 * and records in the other byte order, can't be annotated. */
int wq_recorder_add(struct wq_recorder *r, const struct wq_event *ev);

/* ---- What works here: lib/probe.c -------------------------------------- */

/** One row of what this kernel, these privileges and limits allow. */
struct wq_capability {
	const char *name;	/* "notification-pipe", "keys/pipe", ... */
	int works;		/* 1 yes, 0 no, -1 no such question: a value */
	int64_t value;		/* a limit; -1: none */
	char detail[512];	/* why not, or what it is */
	char remedy[512];	/* what to do; or "" */
};

/** Fills up to @max rows and returns how many there are. */
size_t wq_capabilities(struct wq_capability *rows, size_t max);

/** The same of the filesystem that @path is on, as far as released kernels go: lib/probe-path.c.
 * How many rows there are; -errno with *@e. */
ssize_t wq_capabilities_of(const char *path, struct wq_capability *rows, size_t max, struct wq_error *e);

#endif
