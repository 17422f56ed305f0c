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

/* One watch a key, and the kernel counts them against this limit. Behind run_new(): the
 * command has the limit as it was. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The command inherits it, and @s is it from now on. */
static int join_session(const char *name)
{
	struct wq_error e = { 0 };
	ssize_t members;
	int32_t serial;

	if (wq_join_session(name, &serial, &members, &e))
		return msg_fail(&e);
	msg_note(_("joined session keyring %d"), serial);
	if (members > 0)
		msg_warning(_("--session: there was a keyring '%s' that this user may search, so that is joined, with its %zd members"),
			    name, members);
	return STATUS_OK;
}

/* All but starting. NULL: said, and *@status. */
static struct run *set_up(const struct options *o, char *const *keys, size_t nkeys, int *status)
{
	static char *const session[] = { (char *) "@s" };
	struct wq_error e = { 0 };
	struct run *r;

	*status = o->session ? join_session(o->session) : STATUS_OK;
	r = *status ? NULL : run_new(o, status);
	if (r && (o->recursive || o->all_keys)) {
		raise_limit();
		wq_monitor_set_keys(run_monitor(r), true, o->all_keys);
	}
	if (r && wq_monitor_add(run_monitor(r), "keys", o->backend, nkeys ? keys : session, nkeys ? nkeys : 1,
				o->first_id, o->depth, &e)) {
		*status = msg_fail(&e);
		run_free(r);
		return NULL;
	}
	return r;
}

static int keys_run(const struct command *cmd, int argc, char **argv)
{
	struct options o;
	struct run *r;
	int first, status;

	status = options_parse(&o, cmd, argc, argv, &first);
	if (status || o.done)
		return status;
	if (o.all_keys && first < argc)
		return options_status(&o, msg_usage(_("--all and KEY exclude each other")));
	r = set_up(&o, argv + first, (size_t) (argc - first), &status);
	return r ? run_go(r) : options_status(&o, status);
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
	.deep_columns = "TIME,EVENT,KEY,PATH,AUX,AUX-DESCRIPTION",
	.options = OPTIONS_EVENTS | OPTIONS_LIVE | OPTIONS_KEYS,
};
