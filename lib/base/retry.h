/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that a signal interrupts. */
#ifndef WQ_BASE_RETRY_H
#define WQ_BASE_RETRY_H

#include <errno.h>

/** Evaluate @call, a system call that returns a negative number on failure, into @result until it is not
 * interrupted by a signal. */
#define WQ_RETRY(result, call) \
	do \
		(result) = (call); \
	while ((result) < 0 && errno == EINTR)

#endif
