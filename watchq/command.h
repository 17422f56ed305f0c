/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdint.h>

struct options;
struct wq_monitor;

/* A command: one row of the table in watchq.c, one file cmd-NAME.c. */
struct command {
	const char *name;
	const char *synopsis;		/* behind "watchq NAME" */
	const char *help;		/* one line */
	const char *description;	/* in its own --help; may be NULL */
	int (*run)(const struct command *cmd, int argc, char **argv);
	const char *const *types;	/* whose events -e means; NULL: all */
	const char *columns;		/* of its table */
	const char *deep_columns;	/* with --recursive */
	uint64_t sweep;			/* ns: what --sweep is by default; 0: never */
	unsigned options;		/* enum option_group */
	/* With run_source(): before the source is added; may be NULL. */
	void (*set_up)(struct wq_monitor *m, const struct options *o);
};

extern const struct command cmd_keys, cmd_mounts, cmd_sb, cmd_block, cmd_decode, cmd_info;

/* The table; NULL at the end. */
extern const struct command *const commands[];

#endif
