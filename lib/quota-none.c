// SPDX-License-Identifier: LGPL-2.1-or-later
/* Instead of what hears of quotas, where there was no libnl. */
#include "config.h"

#include <errno.h>

#include "source.h"

static int no_quota(const struct wq_source_config *c, struct wq_error *e)
{
	(void) c;
	return wq_fail(e, WQ_NOTSUPP, ENOTSUP,
		       "this watchq was built without libnl-genl-3; build it where that is installed");
}

/* Never opened: it does not work. */
const struct wq_source_ops wq_sb_quota = {
	.source = "sb",
	.backend = "quota",
	.part = 2,
	.type = WQ_TYPE_SB,
	.posts = { 1u << WQ_SB_EDQUOT, 0 },
	.probe = no_quota,
};
