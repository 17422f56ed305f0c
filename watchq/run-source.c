// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "msg.h"
#include "run.h"
#include "run-source.h"
#include "session.h"

struct run *run_source_new(const struct options *o, int *status)
{
	*status = o->session ? session_join(o->session) : WQC_STATUS_OK;
	return *status ? NULL : run_new(o, status);
}

int run_source_add(struct run *r, const struct command *cmd, const struct options *o, const char *backend,
		   char *const *objects, size_t n, struct wq_error *e)
{
	struct wq_monitor *m = run_monitor(r);

	wq_monitor_set_sweep(m, o->sweep_given ? o->sweep : cmd->sweep);
	if (cmd->set_up)
		cmd->set_up(m, o);
	if (n == 0 && cmd->object) {
		objects = (char *const *) &cmd->object;
		n = 1;
	}
	return wq_monitor_add(m, cmd->name, backend, objects, n, o->first_id, o->depth, e);
}

int run_source(const struct command *cmd, int argc, char **argv)
{
	struct wq_error e = { 0 };
	struct options o;
	struct run *r;
	int first, status;

	status = options_parse(&o, cmd, argc, argv, &first);
	if (status || o.done)
		return status;
	if (cmd->check)
		status = cmd->check(&o, (size_t) (argc - first));
	r = status ? NULL : run_source_new(&o, &status);
	if (!r)
		return options_status(&o, status);
	if (run_source_add(r, cmd, &o, o.backend, argv + first, (size_t) (argc - first), &e)) {
		status = msg_fail(&e);
		run_free(r);
		return options_status(&o, status);
	}
	return run_go(r);
}
