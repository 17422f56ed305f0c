// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq mounts: what happens to the mount tree. */
#include "config.h"

#include "command.h"
#include "msg.h"
#include "nls.h"
#include "options.h"
#include "run.h"

static const char *const types[] = { "mount", "meta", NULL };

static int mounts_run(const struct command *cmd, int argc, char **argv)
{
	struct wq_error e = { 0 };
	struct options o;
	struct run *r;
	int first, status;

	status = options_parse(&o, cmd, argc, argv, &first);
	if (status || o.done)
		return status;
	r = run_new(&o, &status);
	if (!r)
		return options_status(&o, status);
	wq_monitor_set_mounts(run_monitor(r), o.ns, o.fs_types, o.fs_options);
	if (wq_monitor_add(run_monitor(r), "mounts", o.backend, argv + first, (size_t) (argc - first),
			   o.first_id, 0, &e)) {
		status = msg_fail(&e);
		run_free(r);
		return options_status(&o, status);
	}
	return run_go(r);
}

const struct command cmd_mounts = {
	.name = "mounts",
	.synopsis = N_("[options] [PATH...]"),
	.help = N_("the mount tree"),
	.description = N_("Show what is mounted, unmounted, moved and remounted: below each PATH, or anywhere."),
	.run = mounts_run,
	.types = types,
	.columns = "TIME,EVENT,TARGET,SOURCE,FSTYPE,OPTIONS",
	.options = OPTIONS_EVENTS | OPTIONS_LIVE | OPTIONS_MOUNTS,
};
