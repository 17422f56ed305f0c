// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq block: what happens to block devices. */
#include "config.h"

#include "nls.h"
#include "options.h"
#include "run-source.h"

static const char *const types[] = { "block", "meta", NULL };

static void set_up(struct wq_monitor *m, const struct options *o)
{
	wq_monitor_set_coalesce(m, o->coalesce);
}

const struct command cmd_block = {
	.name = "block",
	.synopsis = N_("[options] [DEVICE...]"),
	.help = N_("block devices: I/O errors, coming and going"),
	.description = N_("Show I/O errors of block devices, and when devices come, go and change: of each DEVICE and its\n"
			  "partitions, or of all."),
	.run = run_source,
	.set_up = set_up,
	.types = types,
	.columns = "TIME,EVENT,DEVICE,PARTITION,OPERATION,SECTOR,SECTORS,ERRNO,COUNT",
	.options = WQC_OPTIONS_EVENTS | WQC_OPTIONS_LIVE | WQC_OPTIONS_BLOCK,
};
