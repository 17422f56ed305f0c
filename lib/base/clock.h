/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_BASE_CLOCK_H
#define WQ_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** The time of @clock, ns: clock_gettime(2). Any thread. */
static inline uint64_t wq_clock_now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t) ts.tv_sec * 1000000000u + (uint64_t) ts.tv_nsec;
}

#endif
