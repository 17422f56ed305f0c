// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq info: what this kernel, these privileges and limits allow. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "list.h"
#include "msg.h"
#include "nls.h"
#include "options.h"
#include "run/watchdog.h"

#define WQC_MAX_ROWS	64

static int info_run(const struct command *cmd, int argc, char **argv)
{
	static struct wq_capability rows[WQC_MAX_ROWS];
	struct wq_error e = { 0 };
	struct options o;
	struct list *l;
	ssize_t n, i;
	int first, status;

	status = options_parse(&o, cmd, argc, argv, &first);
	if (status || o.done)
		return status;
	if (first + 1 < argc)
		return msg_usage(_("takes one PATH at most; '%s' is one too many"), argv[first + 1]);

	status = watchdog_start(&o);
	if (status)
		return status;
	n = first < argc ? wq_capabilities_of(argv[first], rows, WQC_MAX_ROWS, &e)
			 : (ssize_t) wq_capabilities(rows, WQC_MAX_ROWS);
	if (n < 0)
		return msg_fail(&e);
	l = list_new(&o.output, "NAME", "?WORKS", "#VALUE", "DETAIL", "REMEDY", NULL);
	for (i = 0; i < n; i++) {
		const char *works = rows[i].works < 0 ? "" : rows[i].works ? "yes" : "no";
		char value[24] = "";

		if (rows[i].value >= 0)
			snprintf(value, sizeof(value), "%" PRId64, rows[i].value);
		list_add(l, rows[i].name, works, value, rows[i].detail, rows[i].remedy);
	}
	return list_print(l);
}

const struct command cmd_info = {
	.name = "info",
	.synopsis = N_("[options] [PATH]"),
	.help = N_("what this kernel, these privileges and limits allow"),
	.description = N_("Show what this kernel, these privileges and limits allow, backend by backend; or, with PATH,\n"
			  "what can be heard of the filesystem that it is on."),
	.run = info_run,
	.options = WQC_OPTIONS_LIST,
};
