/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options: what getopt, --help and --list-options are made from. */
#ifndef OPTION_ROWS_H
#define OPTION_ROWS_H

#include <getopt.h>

#include "command.h"

/* Options without a letter. */
enum {
	OPT_ALL = 256,
	OPT_ALL_OF,
	OPT_ANY,
	OPT_BACKEND,
	OPT_BUFFER,
	OPT_COALESCE,
	OPT_COLOR,
	OPT_DIALECT,
	OPT_ENDIAN,
	OPT_INTERVAL,
	OPT_JOURNAL,
	OPT_JOBS,
	OPT_LIST_EVENTS,
	OPT_LIST_OPTIONS,
	OPT_MARKS,
	OPT_NO_REALTIME,
	OPT_ONCE,
	OPT_OUTPUT_ALL,
	OPT_OUTPUT_FILE,
	OPT_READY_FD,
	OPT_SESSION,
	OPT_STRICT,
	OPT_SWEEP,
	OPT_TIME_FORMAT,
};

#define OPTION_ROWS_MAX	64

/* getopt's tables. */
struct option_tables {
	char letters[2 + 3 * OPTION_ROWS_MAX];
	struct option names[OPTION_ROWS_MAX + 1];
};

/* Those of the options that @cmd has. */
void option_tables_make(struct option_tables *t, const struct command *cmd);

/* getopt found @arg not to be one of them, or one that takes no value: says so. Returns
 * STATUS_FAILURE. */
int option_unknown(const struct command *cmd, const char *arg);

#endif
