/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options: one table, from which getopt's tables and --help are made. */
#ifndef WQC_OPTIONS_H
#define WQC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "libwatchq.h"
#include "msg.h"
#include "output.h"

enum option_group {
	WQC_OPTIONS_COMMON	= 1 << 0,	/* every command */
	WQC_OPTIONS_EVENTS	= 1 << 1,	/* which events, how they are shown */
	WQC_OPTIONS_LIVE	= 1 << 2,	/* those of the kernel's that watch */
	WQC_OPTIONS_CAPTURE	= 1 << 3,	/* decode */
	WQC_OPTIONS_LIST	= 1 << 4,	/* a table that ends */
	WQC_OPTIONS_KEYS	= 1 << 5,	/* keys alone */
	WQC_OPTIONS_MOUNTS	= 1 << 6,	/* mounts alone */
	WQC_OPTIONS_BLOCK	= 1 << 7,	/* block alone */
	WQC_OPTIONS_WAIT	= 1 << 8,	/* wait alone; of those of WQC_OPTIONS_EVENTS it has some */
};

#define WQC_MATCH_MAX	16

struct options {
	const struct command *cmd;
	struct wq_filter filter;
	struct {
		enum column_id column;
		const char *value;
	} match[WQC_MATCH_MAX];
	unsigned nmatch;
	unsigned first_id, depth;
	const char *backend;		/* NULL: auto */
	uint64_t count;			/* 0: no end */
	int64_t timeout;		/* ns; -1: none */
	uint64_t sweep;			/* ns; 0: none */
	bool sweep_given;		/* and not the default of the source */
	uint64_t interval;		/* ns */
	uint64_t coalesce;		/* ns: of block devices' errors; 0: none */
	bool recursive, all_keys;
	bool any;			/* one condition suffices */
	const char *ns;			/* mount namespace; NULL: the own one */
	const char *fs_types, *fs_options;	/* of mounts; NULL: any */
	size_t buffer;			/* bytes of events that wait */
	const char *shell_command;	/* to run meanwhile; NULL: none */
	const char *exec;		/* to run for each event; NULL: none */
	unsigned jobs;			/* so many at a time */
	struct column_list exec_columns;	/* of what is on its standard input */
	const char *session;		/* what to call a new session keyring; NULL: none */
	bool initial, once, marks, strict, no_realtime, summary;
	int ready_fd;			/* to be told when the watches stand; -1: none */
	struct output_config output;
	const char *output_file;	/* NULL: standard output */
	enum wq_endian endian;
	bool keep_going;		/* behind what can't be read of a capture */
	enum verbosity verbosity;
	bool done;			/* it was --help or the like: nothing left to do */
};

/* Takes the options of @cmd out of @argv; *@first is the first argument behind
 * them. 0, or the exit status, said. */
int options_parse(struct options *o, const struct command *cmd, int argc, char **argv, int *first);

/* The exit status of what failed, with @status, before it came to watching. */
int options_status(const struct options *o, int status);

/* What --help of @cmd prints. */
void options_help(const struct command *cmd);

/* Lists the options of @cmd; returns the exit status. */
int options_list(const struct command *cmd, const struct output_config *config);

#endif
