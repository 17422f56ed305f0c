// SPDX-License-Identifier: LGPL-2.1-or-later
/* Instead of what hears of devices, where there was no libudev. */
#include "config.h"

#include <errno.h>

#include "source.h"

static int no_uevents(const struct wq_source_config *c, struct wq_error *e)
{
	(void) c;
	return wq_fail(e, WQ_NOTSUPP, ENOTSUP,
		       "this watchq was built without libudev; build it where that is installed");
}

/* Never opened: it does not work. */
const struct wq_source_ops wq_block_uevent = {
	.source = "block",
	.backend = "uevent",
	.part = 2,
	.type = WQ_TYPE_BLOCK,
	.posts = { 0, WQ_BLOCK_CHANGES },
	.probe = no_uevents,
};
