// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "nls.h"
#include "options.h"
#include "option-values.h"
#include "parse.h"
#include "suggest.h"

#define BUFFER_DEFAULT	(64u << 20)
#define BUFFER_MIN	(64u << 10)
/* Half of what there is to address, on small machines: rings are powers of two. */
#define BUFFER_MAX	(sizeof(size_t) > 4 ? UINT64_C(64) << 30 : UINT64_C(1) << 30)

enum {
	OPT_ALL = 256,
	OPT_BACKEND,
	OPT_BUFFER,
	OPT_COALESCE,
	OPT_DIALECT,
	OPT_ENDIAN,
	OPT_INTERVAL,
	OPT_LIST_EVENTS,
	OPT_LIST_OPTIONS,
	OPT_MARKS,
	OPT_NO_REALTIME,
	OPT_ONCE,
	OPT_OUTPUT_ALL,
	OPT_OUTPUT_FILE,
	OPT_SESSION,
	OPT_STRICT,
	OPT_SWEEP,
	OPT_TIME_FORMAT,
};

struct option_row {
	int val;		/* its letter, or one of the above */
	const char *name;
	const char *arg;	/* NULL: takes none; "[=X]": may */
	unsigned groups;	/* enum option_group */
	const char *help;
};

#define EVENTS	OPTIONS_EVENTS
#define LIVE	OPTIONS_LIVE
#define LIST	OPTIONS_LIST

/* In the order of --help. */
static const struct option_row rows[] = {
	{ 'e', "events", "LIST", EVENTS, N_("only these events: EVENT, TYPE/EVENT or TYPE/*, separated by commas") },
	{ 'f', "raw-filter", "RULE", EVENTS, N_("raw rule, TYPE[:SUBTYPES[:INFO/MASK]]; up to 16, one suffices") },
	{ 'm', "match", "COLUMN=VALUE", EVENTS, N_("only events with that value; all that are given must match") },
	{ 'i', "id", "NUM", LIVE, N_("ID of the first watch (default 1)") },
	{ 'd', "depth", "NUM", OPTIONS_KEYS, N_("records that the queue holds, 1-512 (default: the most there is)") },
	{ OPT_BACKEND, "backend", "NAME", LIVE, N_("how to listen: auto, or one of those that info lists") },
	{ OPT_INTERVAL, "interval", "TIME", OPTIONS_KEYS, N_("how often to look where nothing is reported (default 1s)") },
	{ 'R', "recursive", NULL, OPTIONS_KEYS, N_("the members of keyrings too, and theirs") },
	{ OPT_ALL, "all", NULL, OPTIONS_KEYS, N_("every key that may be viewed") },
	{ 'N', "namespace", "PID|FILE", OPTIONS_MOUNTS, N_("the mount namespace of that process, or file") },
	{ 't', "types", "LIST", OPTIONS_MOUNTS, N_("only these types of filesystem; 'no' before the list: all others") },
	{ 'O', "options", "LIST", OPTIONS_MOUNTS, N_("only mounts with all of these options") },
	{ OPT_COALESCE, "coalesce", "TIME", OPTIONS_BLOCK, N_("merge errors next to each other, for that long, into one with a count") },
	{ 'I', "initial", NULL, LIVE, N_("first report what there is, then the changes") },
	{ OPT_ONCE, "once", NULL, LIVE, N_("only report what there is (with --initial)") },
	{ OPT_SWEEP, "sweep", "TIME", LIVE, N_("look that often for what the kernel does not report; 0: never") },
	{ OPT_ENDIAN, "endian", "ORDER", OPTIONS_CAPTURE, N_("byte order of the capture: native, little or big") },
	{ OPT_DIALECT, "dialect", "NAME", OPTIONS_CAPTURE, N_("version of the notification patches that the capture is of") },
	{ 'c', "count", "NUM", EVENTS, N_("stop after that many events") },
	{ '1', "first-only", NULL, EVENTS, N_("stop after the first event") },
	{ 'w', "timeout", "TIME", EVENTS, N_("stop after that time (500ms, 2s, 1m; default seconds), status 3") },
	{ 'C', "command", "STRING", LIVE, N_("run this in the shell while watching, and end with its status") },
	{ OPT_SESSION, "session", "NAME", OPTIONS_KEYS, N_("with --command: in a new session keyring, called NAME or '-'") },
	{ 'J', "json", NULL, EVENTS | LIST, N_("JSON Lines: one object a line") },
	{ 'P', "pairs", NULL, EVENTS | LIST, N_("KEY=\"value\" pairs") },
	{ 'r', "raw", NULL, EVENTS | LIST, N_("columns without alignment") },
	{ 'B', "binary", "[=annotated]", EVENTS, N_("the records as read; annotated: with times and names") },
	{ 'o', "output", "LIST", EVENTS, N_("columns to show; with + before it, beside the default ones") },
	{ OPT_OUTPUT_ALL, "output-all", NULL, EVENTS, N_("show all columns") },
	{ 'n', "noheadings", NULL, EVENTS | LIST, N_("no line of headings") },
	{ '0', "zero", NULL, EVENTS, N_("end lines with NUL, not newline; no headings") },
	{ 'u', "notruncate", NULL, EVENTS, N_("don't cut long cells on a terminal") },
	{ OPT_OUTPUT_FILE, "output-file", "FILE", EVENTS, N_("append to FILE; opened anew on SIGHUP") },
	{ OPT_MARKS, "marks", NULL, LIVE, N_("report when the watches stand, and when all is quiet") },
	{ OPT_STRICT, "strict", NULL, EVENTS, N_("status 4 at the end if anything was lost") },
	{ OPT_BUFFER, "buffer", "SIZE", LIVE, N_("memory for events that wait to be read (default 64M)") },
	{ OPT_NO_REALTIME, "no-realtime", NULL, OPTIONS_KEYS | OPTIONS_BLOCK, N_("don't ask to be scheduled before others") },
	{ OPT_TIME_FORMAT, "time-format", "FORMAT", EVENTS, N_("TIME but in JSON: short, iso, delta, monotonic or raw") },
	{ 'q', "quiet", NULL, OPTIONS_COMMON, N_("no warnings") },
	{ 'v', "verbose", NULL, OPTIONS_COMMON, N_("say what was chosen, and why") },
	{ 'H', "list-columns", NULL, EVENTS, N_("list the columns") },
	{ OPT_LIST_EVENTS, "list-events", NULL, EVENTS, N_("list the events") },
	{ OPT_LIST_OPTIONS, "list-options", NULL, OPTIONS_COMMON, N_("list the options") },
	{ 'h', "help", NULL, OPTIONS_COMMON, N_("show this help") },
	{ 'V', "version", NULL, OPTIONS_COMMON, N_("show the version") },
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static bool belongs(const struct option_row *r, const struct command *cmd)
{
	return r->groups & (cmd->options | OPTIONS_COMMON);
}

static bool is_optional(const struct option_row *r)
{
	return r->arg && *r->arg == '[';
}

/* ---- getopt's tables ---- */

struct tables {
	char letters[2 + 3 * NROWS];
	struct option names[NROWS + 1];
};

static void make_tables(struct tables *t, const struct command *cmd)
{
	char *p = t->letters;
	size_t n = 0, i;

	memset(t, 0, sizeof(*t));
	*p++ = ':';
	for (i = 0; i < NROWS; i++) {
		const struct option_row *r = &rows[i];

		if (!belongs(r, cmd))
			continue;
		if (r->val < 256) {
			*p++ = (char) r->val;
			if (r->arg)
				*p++ = ':';
			if (is_optional(r))
				*p++ = ':';
		}
		t->names[n++] = (struct option) {
			.name = r->name,
			.has_arg = !r->arg ? no_argument : is_optional(r) ? optional_argument : required_argument,
			.val = r->val,
		};
	}
}

static int unknown_option(const struct command *cmd, const char *arg)
{
	char word[64];
	struct suggestion s = { .word = word };
	size_t i;

	if (optopt && optopt < 256 && strncmp(arg, "--", 2) != 0)
		return msg_usage(_("unknown option '-%c'"), optopt);
	snprintf(word, sizeof(word), "%.*s", (int) strcspn(arg + 2, "="), arg + 2);
	for (i = 0; i < NROWS; i++)
		if (belongs(&rows[i], cmd))
			suggest_offer(&s, rows[i].name);
	if (optopt)	/* it is known, but was given a value */
		return msg_usage(_("option '--%s' takes no value"), word);
	return msg_usage(_("unknown or ambiguous option '--%s'%s"), word, suggest_text(&s));
}

/* ---- Parsing ---- */

static int set_format(struct options *o, enum format format, bool *given)
{
	if (*given && o->output.format != format)
		return msg_usage(_("--json, --pairs, --raw and --binary exclude each other"));
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
		if (!parse_time(arg, &o->timeout))
			return msg_usage(_("--timeout: expected a time such as 500ms, 2s or 1m, not '%s'"), arg);
		return 0;
	case 'C':
		return 0;	/* take_first() */
	case OPT_SESSION:
		o->session = arg;
		return 0;
	case 'J':
		return set_format(o, FORMAT_JSON, &pend->format_given);
	case 'P':
		return set_format(o, FORMAT_PAIRS, &pend->format_given);
	case 'r':
		return set_format(o, FORMAT_RAW, &pend->format_given);
	case 'B':
		if (arg && *arg == '=')		/* -B=annotated: getopt leaves it there */
			arg++;
		if (arg && strcmp(arg, "annotated") != 0)
			return msg_usage(_("--binary: expected nothing or 'annotated', not '%s'"), arg);
		o->output.annotated = arg != NULL;
		return set_format(o, FORMAT_BINARY, &pend->format_given);
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
		o->verbosity = QUIET;
		return 0;
	case 'v':
		o->verbosity = o->verbosity < VERBOSE ? VERBOSE : DEBUG;
		return 0;
	case 'I':
		o->initial = true;
		return 0;
	case OPT_ONCE:
		o->once = true;
		return 0;
	case OPT_SWEEP:
		return option_pause_or_never("sweep", arg, &o->sweep);
	case OPT_COALESCE:
		return option_pause_or_never("coalesce", arg, &o->coalesce);
	case OPT_INTERVAL:
		return option_pause("interval", arg, &o->interval);
	case 'R':
		o->recursive = true;
		return 0;
	case OPT_ALL:
		o->all_keys = true;
		return 0;
	case 'N':
		o->ns = arg;
		return 0;
	case 't':
		o->fs_types = arg;
		return 0;
	case 'O':
		o->fs_options = arg;
		return 0;
	case OPT_MARKS:
		o->marks = true;
		return 0;
	case OPT_STRICT:
		o->strict = true;
		return 0;
	case OPT_BUFFER:
		if (!parse_size(arg, BUFFER_MIN, BUFFER_MAX, &o->buffer))
			return msg_usage(_("--buffer: expected a size from 64K to 64G, such as 16M, not '%s'"), arg);
		return 0;
	case OPT_NO_REALTIME:
		o->no_realtime = true;
		return 0;
	case OPT_BACKEND:
		o->backend = strcmp(arg, "auto") == 0 ? NULL : arg;
		return 0;
	case OPT_ENDIAN:
		n = option_one_of("endian", arg, endians, 3);
		o->endian = (enum wq_endian) n;
		return n < 0;
	case OPT_DIALECT:	/* it has been taken: take_first() */
		return 0;
	case OPT_OUTPUT_ALL:
		pend->all = true;
		return 0;
	case OPT_OUTPUT_FILE:
		o->output_file = arg;
		return 0;
	case OPT_TIME_FORMAT:
		n = option_one_of("time-format", arg, time_format_names, TIME__NR);
		o->output.time_format = (enum time_format) n;
		pend->time_given = true;
		return n < 0;
	case 'H':
	case OPT_LIST_EVENTS:
	case OPT_LIST_OPTIONS:
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

/* All that a table may show, but what says again what others say. */
static void json_columns(struct column_list *list)
{
	unsigned i;

	for (i = 0; i < COL__NR; i++)
		if (!(columns[i].flags & COLUMN_DERIVED))
			list->ids[list->n++] = i;
}

static int choose_columns(struct options *o, const struct pending *pend)
{
	const char *env = getenv("WATCHQ_COLUMNS");
	struct column_list *list = &o->output.columns;
	bool deep = o->recursive || o->all_keys;
	unsigned i;
	int rc = 0;

	if (pend->all) {
		for (i = 0; i < COL__NR; i++)
			list->ids[list->n++] = i;
		return pend->columns && *pend->columns == '+' ? columns_parse(list, pend->columns, "--output") : 0;
	}
	if (pend->columns && *pend->columns != '+')
		return columns_parse(list, pend->columns, "--output");
	if (o->output.format == FORMAT_JSON)
		json_columns(list);
	else if (o->cmd->columns)
		rc = columns_parse(list, deep ? o->cmd->deep_columns : o->cmd->columns, o->cmd->name);
	/* The environment's are instead of the command's, in every form. */
	if (!rc && env && *env)
		rc = columns_parse(list, env, "WATCHQ_COLUMNS");
	if (!rc && pend->columns)
		rc = columns_parse(list, pend->columns, "--output");
	if (o->output.format == FORMAT_JSON)
		columns_once(list);
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
		if (pend->list == OPT_LIST_EVENTS)
			return list_events(&o->output, o->filter.dialect, o->cmd->types);
		return options_list(o->cmd, &o->output);
	}
	if (o->once && !o->initial)
		return msg_usage(_("--once goes with --initial"));
	if (o->once && o->shell_command)
		return msg_usage(_("--once and --command exclude each other: nothing is watched while the command runs"));
	if (o->session && !o->shell_command)
		return msg_usage(_("--session goes with --command: nobody else has the new session keyring"));
	/* Scripts read these two: a time without its day is of no use to them. */
	if (!pend->time_given && (o->output.format == FORMAT_RAW || o->output.format == FORMAT_PAIRS))
		o->output.time_format = TIME_ISO;
	return o->cmd->options & OPTIONS_EVENTS ? choose_columns(o, pend) : 0;
}

/* Those first that others depend on, wherever they stand: lists of events mean what the
 * dialect has, and with a command the exit status of wrong use is another. What is
 * wrong with other options is said when they are taken. */
static int take_first(struct options *o, const struct tables *t, int argc, char **argv)
{
	int val, rc = 0;

	optind = 0;
	while ((val = getopt_long(argc, argv, t->letters, t->names, NULL)) != -1)
		if (val == 'C')
			o->shell_command = optarg;
		else if (val == OPT_DIALECT && !rc)
			rc = option_dialect(o, optarg);
	return rc;
}

static int parse(struct options *o, const struct tables *t, int argc, char **argv)
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
			return unknown_option(o->cmd, argv[optind > at ? optind - 1 : at]);
		if (val == ':')
			return msg_usage(_("option '%s' needs a value"), argv[optind - 1]);
		rc = take(o, &pend, val, optarg);
		msg_set_verbosity(o->verbosity);
	}
	return rc ? rc : finish(o, &pend);
}

int options_parse(struct options *o, const struct command *cmd, int argc, char **argv, int *first)
{
	struct tables t;
	int rc;

	*o = (struct options) {
		.cmd = cmd, .first_id = 1, .timeout = -1, .buffer = BUFFER_DEFAULT, .sweep = cmd->sweep,
	};
	o->output.live = cmd->options & OPTIONS_LIVE;
	make_tables(&t, cmd);
	opterr = 0;
	rc = take_first(o, &t, argc, argv);
	if (!rc)
		rc = parse(o, &t, argc, argv);
	*first = optind;
	return options_status(o, rc);
}

int options_status(const struct options *o, int status)
{
	return status && o->shell_command ? STATUS_COMMAND : status;
}

/* ---- Showing them ---- */

static void spell(char *buf, size_t size, const struct option_row *r)
{
	const char *sep = !r->arg || is_optional(r) ? "" : " ";

	if (r->val < 256)
		snprintf(buf, size, "-%c, --%s%s%s", r->val, r->name, sep, r->arg ? r->arg : "");
	else
		snprintf(buf, size, "    --%s%s%s", r->name, sep, r->arg ? r->arg : "");
}

void options_help(const struct command *cmd)
{
	char spelt[64];
	size_t i;

	printf(_("\nUsage:\n watchq %s%s%s\n\n%s\n"), cmd->name, *cmd->synopsis ? " " : "", cmd->synopsis,
	       _(cmd->description ? cmd->description : cmd->help));
	printf("%s", _("\nOptions:\n"));
	for (i = 0; i < NROWS; i++) {
		if (!belongs(&rows[i], cmd))
			continue;
		spell(spelt, sizeof(spelt), &rows[i]);
		if (strlen(spelt) > 25)
			printf(" %s\n %25s %s\n", spelt, "", _(rows[i].help));
		else
			printf(" %-25s %s\n", spelt, _(rows[i].help));
	}
	printf(_("\nFor more details see watchq-%s(1).\n"), cmd->name);
}

int options_list(const struct command *cmd, const struct output_config *config)
{
	struct list *l = list_new(config, "OPTION", "ARGUMENT", "DESCRIPTION", NULL);
	char name[32];
	size_t i;

	for (i = 0; l && i < NROWS; i++) {
		if (!belongs(&rows[i], cmd))
			continue;
		if (rows[i].val < 256) {
			snprintf(name, sizeof(name), "-%c", rows[i].val);
			list_add(l, name, rows[i].arg ? rows[i].arg : "", rows[i].help);
		}
		snprintf(name, sizeof(name), "--%s", rows[i].name);
		list_add(l, name, rows[i].arg ? rows[i].arg : "", rows[i].help);
	}
	return list_print(l);
}
