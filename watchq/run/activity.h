/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the threads that have to end do: wait in poll(2), where everything wakes them, compute,
 * or wait in another system call, which may not return. */
#ifndef WQC_ACTIVITY_H
#define WQC_ACTIVITY_H

#include <stdbool.h>

enum activity {
	WQC_ACTIVITY_MAIN,
	WQC_ACTIVITY_WRITER,
	WQC_ACTIVITY__NR
};

/* Once, before the others: @wake is called from any thread that is busy again while
 * activity_rest() says that nobody looks. */
void activity_set_wake(void (*wake)(void));

/* The calling thread is @a from now on; it is no more. */
void activity_begin(enum activity a);
void activity_end(enum activity a);

/* The calling thread @a is going to wait in poll(2), and has done so. */
void activity_idle(enum activity a);
void activity_busy(enum activity a);

/* Whether all that there are wait in poll(2): then nobody need look before the wake. */
bool activity_rest(void);

/* To be called each 50 ms, by one thread. Return for how many calls @a has been in one system
 * call; a busy thread that computes counts a twentieth. 0: it is idle, or has gone on. */
unsigned activity_stuck(enum activity a);

#endif
