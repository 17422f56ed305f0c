/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_SOURCES_KEYS_CALLS_H
#define WQ_SOURCES_KEYS_CALLS_H

#include <stdint.h>

#include "trace.h"

/** System calls that change keys, or may, put together from what a trace has of their
 * beginnings and ends.
 *
 * What is not seen: changes that the kernel makes itself (expiry, garbage collection,
 * request_key() of a filesystem); calls of 32-bit programs on a 64-bit kernel, which
 * kernel/trace/trace_syscalls.c leaves out; calls that began before the trace. */
struct wq_key_calls;

enum wq_key_op {
	WQ_CALL_LOST,		/* no call: some were missed, or what they were is not known */
	WQ_CALL_ADD_KEY,
	WQ_CALL_REQUEST_KEY,
	WQ_CALL_KEYCTL,
};

/** A call that has succeeded. */
struct wq_key_call {
	uint64_t boottime;	/* CLOCK_BOOTTIME of its end, ns; 0: lost */
	enum wq_key_op op;
	uint32_t tid;		/* the thread: wq_tasks_get() */
	uint32_t option;	/* of keyctl: keyctl(2), <linux/keyctl.h> */
	uint64_t args[5];	/* as they stood in the registers: of those for a serial the
				 * lower 32 bits count. keyctl's are those behind the option:
				 * args[0] is arg2. Pointers are the caller's */
	int64_t ret;		/* 0 or more: what it returned; lost: events, at the least */
};

/** Adds the events to @t, with filters that leave out in the kernel what the calling
 * thread does, and calls that only look. 0; -errno with *@e. */
int wq_key_calls_open(struct wq_key_calls **kc, struct wq_trace *t, struct wq_error *e);
/** Before the trace is closed. @kc may be NULL. */
void wq_key_calls_close(struct wq_key_calls *kc);

/** Takes an event of the trace, in the order in which wq_trace_read() gives them: 1
 * and *@call where it ends a call that has succeeded, or where something was lost; else
 * 0. Never waits, nor allocates. */
int wq_key_calls_take(struct wq_key_calls *kc, const struct wq_trace_event *ev,
		      struct wq_key_call *call);

#endif
