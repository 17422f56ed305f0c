/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options: what getopt, --help and --list-options are made from. */
#ifndef WQC_OPTION_ROWS_H
#define WQC_OPTION_ROWS_H

#include <getopt.h>

#include "command.h"

/* Options without a letter. */
enum {
	WQC_OPT_ALL = 256,
	WQC_OPT_ALL_OF,
	WQC_OPT_ANY,
	WQC_OPT_BACKEND,
	WQC_OPT_BUFFER,
	WQC_OPT_COALESCE,
	WQC_OPT_COLOR,
	WQC_OPT_DIALECT,
	WQC_OPT_ENDIAN,
	WQC_OPT_KEEP_GOING,
	WQC_OPT_INTERVAL,
	WQC_OPT_JOURNAL,
	WQC_OPT_JOBS,
	WQC_OPT_LIST_EVENTS,
	WQC_OPT_LIST_OPTIONS,
	WQC_OPT_MARKS,
	WQC_OPT_NO_REALTIME,
	WQC_OPT_ONCE,
	WQC_OPT_OUTPUT_ALL,
	WQC_OPT_OUTPUT_FILE,
	WQC_OPT_READY_FD,
	WQC_OPT_SESSION,
	WQC_OPT_STRICT,
	WQC_OPT_SWEEP,
	WQC_OPT_TIME_FORMAT,
};

#define WQC_OPTION_ROWS_MAX	64

/* getopt's tables. */
struct option_tables {
	char letters[2 + 3 * WQC_OPTION_ROWS_MAX];
	struct option names[WQC_OPTION_ROWS_MAX + 1];
};

/* Those of the options that @cmd has. */
void option_tables_make(struct option_tables *t, const struct command *cmd);

/* getopt found @arg not to be one of them, or one that takes no value: says so. Returns
 * WQC_STATUS_FAILURE. */
int option_unknown(const struct command *cmd, const char *arg);

#endif
