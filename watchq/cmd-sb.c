// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq sb: what happens to filesystems. */
#include "config.h"

#include "nls.h"
#include "options.h"
#include "run-source.h"

static const char *const types[] = { "sb", "meta", NULL };

const struct command cmd_sb = {
	.name = "sb",
	.synopsis = N_("[options] [PATH...]"),
	.help = N_("filesystems: errors, read-only, quota"),
	.description = N_("Show errors of filesystems, when they become read-only or go away, and quotas that are\n"
			  "exceeded: of those that PATHs are on, or of all that have a block device."),
	.run = run_source,
	.types = types,
	.columns = "TIME,EVENT,TARGET,SOURCE,ERRNO,COUNT,INODE,QUOTA-NAME,LIMIT",
	.sweep = 10000000000,
	.options = WQC_OPTIONS_EVENTS | WQC_OPTIONS_LIVE,
};
