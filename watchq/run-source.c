// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "msg.h"
#include "options.h"
#include "run.h"
#include "run-source.h"

int run_source(const struct command *cmd, int argc, char **argv)
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
	if (cmd->set_up)
		cmd->set_up(run_monitor(r), &o);
	if (wq_monitor_add(run_monitor(r), cmd->name, o.backend, argv + first, (size_t) (argc - first),
			   o.first_id, 0, &e)) {
		status = msg_fail(&e);
		run_free(r);
		return options_status(&o, status);
	}
	return run_go(r);
}
