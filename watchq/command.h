/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMAND_H
#define COMMAND_H

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
	unsigned options;		/* enum option_group */
};

extern const struct command cmd_keys, cmd_mounts, cmd_decode, cmd_info;

/* The table; NULL at the end. */
extern const struct command *const commands[];

#endif
