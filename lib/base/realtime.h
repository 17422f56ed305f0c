/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_REALTIME_H
#define WQ_REALTIME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "wake.h"

/** Ask that the calling thread be scheduled before others: SCHED_FIFO, else a low nice value, else
 * short slices. Write what it got, in words, to @got of @size bytes. */
void wq_realtime_get(char *got, size_t size);

/** The calling thread has @demoted and @wake. If it computes for longer than RLIMIT_RTTIME allows at a time,
 * the kernel sends SIGXCPU: the thread becomes one as any other, *@demoted is set, and @wake is woken.
 * Nothing is changed where the program has a handler of its own for SIGXCPU, or ignores it. */
void wq_realtime_guard(atomic_bool *demoted, struct wq_wake *wake);

#endif
