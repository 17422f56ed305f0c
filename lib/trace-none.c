// SPDX-License-Identifier: LGPL-2.1-or-later
/* Instead of trace.c where there was no libtraceevent. */
#include "config.h"

#include <errno.h>

#include "libwatchq.h"
#include "source.h"
#include "trace.h"

int wq_trace_probe(struct wq_error *e)
{
	return wq_fail(e, WQ_NOTSUPP, ENOTSUP,
		       "this watchq was built without libtraceevent; build it where that is installed");
}

static int keys_trace_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	(void) s;
	(void) c;
	return wq_trace_probe(e);
}

const struct wq_source_ops wq_keys_trace = {
	.source = "keys",
	.backend = "trace",
	.probe = wq_trace_probe,
	.open = keys_trace_open,
};
