// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq keys: what happens to keys and keyrings. */
#include "config.h"

#include "nls.h"
#include "options.h"
#include "run-source.h"
#include "util/limits.h"

static const char *const types[] = { "key", "meta", NULL };

static void set_up(struct wq_monitor *m, const struct options *o)
{
	if (!o->recursive && !o->all_keys)
		return;
	limits_raise_files();	/* one watch a key */
	wq_monitor_set_keys(m, true, o->all_keys);
}

static int check(const struct options *o, size_t nobjects)
{
	return o->all_keys && nobjects ? msg_usage(_("--all and KEY exclude each other")) : 0;
}

const struct command cmd_keys = {
	.name = "keys",
	.synopsis = N_("[options] [KEY...]"),
	.help = N_("keys and keyrings"),
	.description = N_("Show what happens to keys and keyrings: a serial number, @s (the default), @u, @us,\n"
			  "%TYPE:DESCRIPTION, %:KEYRING or UID:TYPE:DESCRIPTION."),
	.run = run_source,
	.check = check,
	.set_up = set_up,
	.object = "@s",
	.types = types,
	.columns = "TIME,EVENT,KEY,DESCRIPTION,AUX,AUX-DESCRIPTION",
	.deep_columns = "TIME,EVENT,KEY,PATH,AUX,AUX-DESCRIPTION",
	.options = WQC_OPTIONS_EVENTS | WQC_OPTIONS_LIVE | WQC_OPTIONS_KEYS,
};
