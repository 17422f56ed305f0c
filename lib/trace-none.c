// SPDX-License-Identifier: LGPL-2.1-or-later
/* Instead of what reads traces, where there was no libtraceevent. */
#include "config.h"

#include <errno.h>

#include "source.h"

static int no_trace(const struct wq_source_config *c, struct wq_error *e)
{
	(void) c;
	return wq_fail(e, WQ_NOTSUPP, ENOTSUP,
		       "this watchq was built without libtraceevent; build it where that is installed");
}

/* Never opened: it does not work. */
const struct wq_source_ops wq_keys_trace = {
	.source = "keys",
	.backend = "trace",
	.probe = no_trace,
};

const struct wq_source_ops wq_block_trace = {
	.source = "block",
	.backend = "trace",
	.part = 1,
	.type = WQ_TYPE_BLOCK,
	.posts = { WQ_BLOCK_ERRORS, 0 },
	.probe = no_trace,
};
