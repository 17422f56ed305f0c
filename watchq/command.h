/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_COMMAND_H
#define WQC_COMMAND_H

#include <stddef.h>
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
	/* Of one that watches a source, whose name it has; each may be NULL. */
	const char *object;		/* without any given */
	/* Whether options and objects go together: 0, or the exit status, said. */
	int (*check)(const struct options *o, size_t nobjects);
	/* Before the source is added. */
	void (*set_up)(struct wq_monitor *m, const struct options *o);
};

extern const struct command cmd_keys, cmd_mounts, cmd_sb, cmd_block, cmd_watch, cmd_wait, cmd_decode, cmd_info;

/* The table; NULL at the end. */
extern const struct command *const commands[];

#endif
