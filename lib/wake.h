/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_WAKE_H
#define WQ_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>

/** One thread waits for what another brings it, in poll(2), and only then is
 * woken with a system call. */
struct wq_wake {
	int fd;			/* eventfd: polls readable when woken */
	atomic_bool asleep;
};

/** 0 or -errno. */
int wq_wake_open(struct wq_wake *w);
void wq_wake_close(struct wq_wake *w);

/** Who brings: after it has brought something. Any number of threads. */
void wq_wake_up(struct wq_wake *w);

/** Who waits: says that it is going to. It must then look once more for what
 * was brought, before it polls @fd. */
void wq_wake_before(struct wq_wake *w);
/** Who waits: does so no more. @readable: poll(2) said so of @fd, or may have. */
void wq_wake_after(struct wq_wake *w, bool readable);

#endif
