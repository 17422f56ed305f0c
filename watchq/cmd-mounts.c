// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq mounts: what happens to the mount tree. */
#include "config.h"

#include "nls.h"
#include "options.h"
#include "run-source.h"

static const char *const types[] = { "mount", "meta", NULL };

static void set_up(struct wq_monitor *m, const struct options *o)
{
	wq_monitor_set_mounts(m, o->ns, o->fs_types, o->fs_options);
}

const struct command cmd_mounts = {
	.name = "mounts",
	.synopsis = N_("[options] [PATH...]"),
	.help = N_("the mount tree"),
	.description = N_("Show what is mounted, unmounted, moved and remounted: below each PATH, or anywhere."),
	.run = run_source,
	.set_up = set_up,
	.types = types,
	.columns = "TIME,EVENT,TARGET,SOURCE,FSTYPE,OPTIONS",
	.options = WQC_OPTIONS_EVENTS | WQC_OPTIONS_LIVE | WQC_OPTIONS_MOUNTS,
};
