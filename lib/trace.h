/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_TRACE_H
#define WQ_TRACE_H

#include <stdint.h>

struct wq_error;
struct wq_tasks;
struct wq_trace_field;

/** Events of the kernel's tracepoints, as an instance of tracefs records them for us
 * alone; nothing outside the instance is changed. Read as binary pages: kernel/trace-pages.h. */
struct wq_trace;

/** An event, or a gap before the next one of the same processor. */
struct wq_trace_event {
	uint64_t time;		/* CLOCK_BOOTTIME, ns; 0 in a gap */
	uint64_t missed;	/* a gap: so many events were dropped, at the least; else 0 */
	const void *data;	/* fields, as the event's format has them; NULL in a gap */
	unsigned len;		/* bytes */
	unsigned cpu;
	int id;			/* wq_trace_format_id(); -1 in a gap */
};

/** KiB that each processor's buffer has by default: some 11,000 system calls, which a
 * processor that does nothing else makes in 40 ms; a thread in real time reads each
 * 2 ms (WQ_DRAIN_PAUSE). Each processor that there is takes so much memory. */
#define WQ_TRACE_KIB	1024

/** Whether that event, "syscalls" and "sys_enter_keyctl", can be traced here: 0, or -errno with
 * the reason in *@e, where the kernel has no such event with what it @needs. Leaves nothing
 * behind. */
int wq_trace_probe(const char *system, const char *name, const char *needs, struct wq_error *e);

/** Opens a trace without any event in it. Its buffers are @kib KiB for each
 * processor. 0; -errno with *@e: WQ_NOTSUPP as wq_tracefs_root(). */
int wq_trace_open(struct wq_trace **t, unsigned kib, struct wq_error *e);
/** Ends it and removes the instance. @t may be NULL. */
void wq_trace_close(struct wq_trace *t);

/** Record an event, "syscalls" and "sys_enter_keyctl", from now on where @filter passes it:
 * Documentation/trace/events.rst, "Event filtering"; NULL passes all. *@format is the text of its
 * format file, for the caller to free(). Return 0; -errno with *@e, and *@format is NULL. */
int wq_trace_add(struct wq_trace *t, const char *system, const char *name, const char *filter,
		 char **format, struct wq_error *e);

/** Find the field @name in the @format of @event. Return 0; -errno with *@e: WQ_NOTSUPP if it has none. */
int wq_trace_need(const char *format, const char *event, const char *name, struct wq_trace_field *f, struct wq_error *e);

/** Polls readable when there are events; stays the trace's. Processors that first
 * come up later aren't heard. */
int wq_trace_fd(const struct wq_trace *t);

/** Takes an event, which is good until it returns. 0; else it has not taken it, and
 * is given it again by the next wq_trace_read(). */
typedef int (*wq_trace_fn)(void *data, const struct wq_trace_event *ev);

/** Gives all that was recorded before the call to @fn, in the order of time over all
 * processors. Never waits; no other system calls than read(2) and, where the vDSO
 * has none, clock_gettime(2); no allocation. 0: all was read, wait for
 * wq_trace_fd(); 1: call again, since something came meanwhile or wasn't taken;
 * -errno with *@e. */
int wq_trace_read(struct wq_trace *t, wq_trace_fn fn, void *data, struct wq_error *e);

/** Who it was, of its events; the engine's. Stays the trace's. */
struct wq_tasks *wq_trace_tasks(struct wq_trace *t);

#endif
