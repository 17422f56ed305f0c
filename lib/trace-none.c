// SPDX-License-Identifier: LGPL-2.1-or-later
/* Instead of trace.c where there was no libtraceevent. */
#include "config.h"

#include <errno.h>

#include "libwatchq.h"
#include "trace.h"

int wq_trace_probe(struct wq_error *e)
{
	return wq_fail(e, WQ_NOTSUPP, ENOTSUP,
		       "this watchq was built without libtraceevent; build it where that is installed");
}
