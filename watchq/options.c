// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"
#include "list.h"
#include "nls.h"
#include "option-rows.h"
#include "option-values.h"
#include "options.h"
#include "parse.h"

#define WQC_BUFFER_DEFAULT	(64u << 20)
#define WQC_BUFFER_MIN		(64u << 10)
/* Half of what there is to address, on small machines: rings are powers of two. */
#define WQC_BUFFER_MAX	(sizeof(size_t) > 4 ? UINT64_C(64) << 30 : UINT64_C(1) << 30)

static int set_format(struct options *o, enum format format, bool *given)
{
	if (*given && o->output.format != format)
		return msg_usage(_("--json, --pairs, --raw, --binary and --journal exclude each other"));
	*given = true;
	o->output.format = format;
	return 0;
}

/* What other options have a say in, put together at the end. */
struct pending {
	bool format_given, time_given, all;
	const char *columns;
	int list;		/* 'H', OPT_LIST_...: what to list; 0: nothing */
};

static int take(struct options *o, struct pending *pend, int val, const char *arg)
{
	static const char *const endians[] = { "native", "little", "big" };
	unsigned count = 0;
	int n;

	switch (val) {
	case 'e':
	case 'f':
		return option_rule(o, val == 'e', arg);
	case 'm':
		return option_match(o, arg);
	case 'i':
		return option_unsigned("id", arg, 1, 255, &o->first_id);
	case 'd':
		return option_unsigned("depth", arg, 1, 512, &o->depth);
	case 'c':
		n = option_unsigned("count", arg, 1, UINT32_MAX, &count);
		o->count = count;
		return n;
	case '1':
		o->count = 1;
		return 0;
	case 'w':
		return option_time("timeout", arg, &o->timeout);
	case 'C':
		return 0;	/* take_first() */
	case 'x':
		o->exec = arg;
		return *arg ? 0 : msg_usage(_("--exec: an empty command"));
	case WQC_OPT_JOBS:
		return option_unsigned("jobs", arg, 1, WQC_JOBS_MAX, &o->jobs);
	case WQC_OPT_SESSION:
		o->session = arg;
		return 0;
	case 'J':
		return set_format(o, WQC_FORMAT_JSON, &pend->format_given);
	case 'P':
		return set_format(o, WQC_FORMAT_PAIRS, &pend->format_given);
	case 'r':
		return set_format(o, WQC_FORMAT_RAW, &pend->format_given);
	case 'B':
		if (arg && *arg == '=')		/* -B=annotated: getopt leaves it there */
			arg++;
		if (arg && strcmp(arg, "annotated") != 0)
			return msg_usage(_("--binary: expected nothing or 'annotated', not '%s'"), arg);
		o->output.annotated = arg != NULL;
		return set_format(o, WQC_FORMAT_BINARY, &pend->format_given);
	case WQC_OPT_JOURNAL:
		return set_format(o, WQC_FORMAT_JOURNAL, &pend->format_given);
	case 'o':
		pend->columns = arg;
		return 0;
	case 'n':
		o->output.noheadings = true;
		return 0;
	case '0':
		o->output.zero = o->output.noheadings = true;
		return 0;
	case 'u':
		o->output.notruncate = true;
		return 0;
	case 'q':
		o->verbosity = WQC_QUIET;
		return 0;
	case 'v':
		o->verbosity = o->verbosity < WQC_VERBOSE ? WQC_VERBOSE : WQC_DEBUG;
		return 0;
	case 'I':
		o->initial = true;
		return 0;
	case WQC_OPT_ONCE:
		o->once = true;
		return 0;
	case WQC_OPT_SWEEP:
		o->sweep_given = true;
		return option_pause_or_never("sweep", arg, &o->sweep);
	case WQC_OPT_COALESCE:
		return option_pause_or_never("coalesce", arg, &o->coalesce);
	case WQC_OPT_INTERVAL:
		return option_pause("interval", arg, &o->interval);
	case 'R':
		o->recursive = true;
		return 0;
	case WQC_OPT_ALL_OF:
		o->any = false;
		return 0;
	case WQC_OPT_ANY:
		o->any = true;
		return 0;
	case WQC_OPT_ALL:
		o->all_keys = true;
		return 0;
	case 'N':
		o->ns = arg;
		return 0;
	case 't':
		if (arg[strspn(arg, ",")] == '\0')
			return msg_usage(_("--types: expected a list such as ext4,xfs, not '%s'"), arg);
		o->fs_types = arg;
		return 0;
	case 'O':
		o->fs_options = arg;
		return 0;
	case WQC_OPT_MARKS:
		o->marks = true;
		return 0;
	case 'S':
		o->summary = true;
		return 0;
	case WQC_OPT_READY_FD:
		return option_writable_fd("ready-fd", arg, &o->ready_fd);
	case WQC_OPT_STRICT:
		o->strict = true;
		return 0;
	case WQC_OPT_BUFFER:
		if (!parse_size(arg, WQC_BUFFER_MIN, WQC_BUFFER_MAX, &o->buffer))
			return msg_usage(_("--buffer: expected a size from 64K to 64G, such as 16M, not '%s'"), arg);
		return 0;
	case WQC_OPT_NO_REALTIME:
		o->no_realtime = true;
		return 0;
	case WQC_OPT_BACKEND:
		o->backend = strcmp(arg, "auto") == 0 ? NULL : arg;
		return 0;
	case WQC_OPT_KEEP_GOING:
		o->keep_going = true;
		return 0;
	case WQC_OPT_ENDIAN:
		n = option_one_of("endian", arg, endians, 3);
		o->endian = (enum wq_endian) n;
		return n < 0;
	case WQC_OPT_DIALECT:	/* it has been taken: take_first() */
		return 0;
	case WQC_OPT_OUTPUT_ALL:
		pend->all = true;
		return 0;
	case WQC_OPT_OUTPUT_FILE:
		if (!*arg)
			return msg_usage(_("--output-file: expected the name of a file"));
		o->output_file = strcmp(arg, "-") == 0 ? NULL : arg;
		return 0;
	case WQC_OPT_COLOR:
		n = option_one_of("color", arg ? arg : "auto", color_mode_names, WQC_COLOR__NR);
		o->output.color = (enum color_mode) n;
		return n < 0;
	case WQC_OPT_TIME_FORMAT:
		n = option_one_of("time-format", arg, time_format_names, WQC_TIME__NR);
		o->output.time_format = (enum time_format) n;
		pend->time_given = true;
		return n < 0;
	case 'H':
	case WQC_OPT_LIST_EVENTS:
	case WQC_OPT_LIST_OPTIONS:
		pend->list = val;
		return 0;
	case 'h':
		options_help(o->cmd);
		o->done = true;
		return 0;
	default:	/* 'V' */
		printf("watchq %s\n", PACKAGE_VERSION);
		o->done = true;
		return 0;
	}
}

/* All that a table may show, but what says again what others say, or no one but wait. */
static void all_columns(const struct command *cmd, struct column_list *list)
{
	unsigned i;

	for (i = 0; i < WQC_COL__NR; i++)
		if (!(columns[i].flags & WQC_COLUMN_DERIVED) || (i == WQC_COL_CONDITION && cmd->options & WQC_OPTIONS_WAIT))
			list->ids[list->n++] = i;
}

static int list_the_columns(const struct options *o, const struct pending *pend, enum format format,
			  struct column_list *list)
{
	const char *env = getenv("WATCHQ_COLUMNS");
	bool deep = o->recursive || o->all_keys;
	bool has_names = format == WQC_FORMAT_JSON || format == WQC_FORMAT_JOURNAL;
	unsigned i;
	int rc = 0;

	if (pend->all) {
		for (i = 0; i < WQC_COL__NR; i++)
			list->ids[list->n++] = i;
		return pend->columns && *pend->columns == '+' ? columns_parse(list, pend->columns, "--output") : 0;
	}
	if (pend->columns && *pend->columns != '+')
		return columns_parse(list, pend->columns, "--output");
	if (has_names)
		all_columns(o->cmd, list);
	else if (o->cmd->columns)
		rc = columns_parse(list, deep && o->cmd->deep_columns ? o->cmd->deep_columns : o->cmd->columns, o->cmd->name);
	/* The environment's are instead of the command's, in every form. */
	if (!rc && env && *env)
		rc = columns_parse(list, env, "WATCHQ_COLUMNS");
	if (!rc && pend->columns)
		rc = columns_parse(list, pend->columns, "--output");
	return rc;
}

static int choose_columns(const struct options *o, const struct pending *pend, enum format format,
			  struct column_list *list)
{
	int rc = list_the_columns(o, pend, format, list);

	if (!rc && (format == WQC_FORMAT_JSON || format == WQC_FORMAT_JOURNAL))
		columns_once(list);	/* an object has each name but once */
	return rc;
}

static int finish(struct options *o, const struct pending *pend)
{
	if (o->done)
		return 0;
	if (pend->list) {
		o->done = true;
		if (pend->list == 'H')
			return list_columns(&o->output, o->filter.dialect);
		if (pend->list == WQC_OPT_LIST_EVENTS)
			return list_events(&o->output, o->filter.dialect, o->cmd->types);
		return options_list(o->cmd, &o->output);
	}
	if (o->once && !o->initial)
		return msg_usage(_("--once goes with --initial"));
	if (o->once && o->shell_command)
		return msg_usage(_("--once and --command exclude each other: nothing is watched while the command runs"));
	if (o->output_file && o->output.format == WQC_FORMAT_JOURNAL)
		return msg_usage(_("--journal and --output-file exclude each other: nothing is written to a file"));
	if (o->jobs && !o->exec)
		return msg_usage(_("--jobs goes with --exec"));
	o->jobs = o->jobs ? o->jobs : 1;
	if (o->session && !o->shell_command)
		return msg_usage(_("--session goes with --command: nobody else has the new session keyring"));
	/* Scripts read these two: a time without its day is of no use to them. */
	if (!pend->time_given && (o->output.format == WQC_FORMAT_RAW || o->output.format == WQC_FORMAT_PAIRS))
		o->output.time_format = WQC_TIME_ISO;
	if (!(o->cmd->options & (WQC_OPTIONS_EVENTS | WQC_OPTIONS_WAIT)))
		return 0;
	if (o->exec && choose_columns(o, pend, WQC_FORMAT_JSON, &o->exec_columns))
		return WQC_STATUS_FAILURE;
	return choose_columns(o, pend, o->output.format, &o->output.columns);
}

/* Those first that others depend on, wherever they stand: lists of events mean what the
 * dialect has, and with a command the exit status of wrong use is another. What is
 * wrong with other options is said when they are taken. */
static int take_first(struct options *o, const struct option_tables *t, int argc, char **argv)
{
	int val, rc = 0;

	optind = 0;
	while ((val = getopt_long(argc, argv, t->letters, t->names, NULL)) != -1)
		if (val == 'C')
			o->shell_command = optarg;
		else if (val == WQC_OPT_DIALECT && !rc)
			rc = option_dialect(o, optarg);
	return rc;
}

static int parse(struct options *o, const struct option_tables *t, int argc, char **argv)
{
	struct pending pend = { 0 };
	int val, rc = 0;

	optind = 0;
	while (!rc && !o->done) {
		int at = optind ? optind : 1;

		val = getopt_long(argc, argv, t->letters, t->names, NULL);
		if (val == -1)
			break;
		if (val == '?')
			return option_unknown(o->cmd, argv[optind > at ? optind - 1 : at]);
		if (val == ':')
			return msg_usage(_("option '%s' needs a value"), argv[optind - 1]);
		rc = take(o, &pend, val, optarg);
		msg_set_verbosity(o->verbosity);
	}
	return rc ? rc : finish(o, &pend);
}

int options_parse(struct options *o, const struct command *cmd, int argc, char **argv, int *first)
{
	struct option_tables t;
	int rc;

	*o = (struct options) {
		.cmd = cmd, .first_id = 1, .timeout = -1, .buffer = WQC_BUFFER_DEFAULT,
		.ready_fd = -1,
	};
	o->output.live = cmd->options & WQC_OPTIONS_LIVE;
	option_tables_make(&t, cmd);
	opterr = 0;
	rc = take_first(o, &t, argc, argv);
	if (!rc)
		rc = parse(o, &t, argc, argv);
	*first = optind;
	return options_status(o, rc);
}

int options_status(const struct options *o, int status)
{
	return status && o->shell_command ? WQC_STATUS_COMMAND : status;
}
