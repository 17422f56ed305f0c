// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq keys: what happens to keys and keyrings. */
#include "config.h"

#include <sys/resource.h>

#include "command.h"
#include "msg.h"
#include "nls.h"
#include "options.h"
#include "run.h"
#include "suggest.h"

static const char *const types[] = { "key", "meta", NULL };

/* One watch a key, and the kernel counts them against this limit. What it was is put
 * back in children: child.c. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int keys_run(const struct command *cmd, int argc, char **argv)
{
	static char *const session[] = { (char *) "@s" };
	struct wq_error e = { 0 };
	char *const *keys = session;
	size_t nkeys = 1;
	struct options o;
	struct run *r;
	int first, status;

	status = options_parse(&o, cmd, argc, argv, &first);
	if (status || o.done)
		return status;
	if (first < argc && o.all_keys)
		return msg_usage(_("--all and KEY exclude each other"));
	if (first < argc) {
		keys = argv + first;
		nkeys = (size_t) (argc - first);
	}
	r = run_new(&o, &status);
	if (!r)
		return status;
	if (o.recursive || o.all_keys)
		raise_limit();
	wq_monitor_set_keys(run_monitor(r), o.recursive || o.all_keys, o.all_keys);
	if (wq_monitor_add(run_monitor(r), "keys", o.backend, keys, nkeys, o.first_id, o.depth, &e)) {
		status = msg_fail(&e);
		run_free(r);
		return status;
	}
	return run_go(r);
}

const struct command cmd_keys = {
	.name = "keys",
	.synopsis = N_("[options] [KEY...]"),
	.help = N_("keys and keyrings"),
	.description = N_("Show what happens to keys and keyrings: a serial number, @s (the default), @u, @us,\n"
			  "%TYPE:DESCRIPTION or %:KEYRING."),
	.run = keys_run,
	.types = types,
	.columns = "TIME,EVENT,KEY,DESCRIPTION,AUX,AUX-DESCRIPTION",
	.options = OPTIONS_EVENTS | OPTIONS_LIVE | OPTIONS_KEYS,
};
