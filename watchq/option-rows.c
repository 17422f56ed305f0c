// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "list.h"
#include "nls.h"
#include "option-rows.h"
#include "options.h"
#include "suggest.h"

struct option_row {
	int val;		/* its letter, or one of the above */
	const char *name;
	const char *arg;	/* NULL: takes none; "[=X]": may */
	unsigned groups;	/* enum option_group */
	const char *help;
};

#define WQC_EVENTS	WQC_OPTIONS_EVENTS
#define WQC_LIVE	WQC_OPTIONS_LIVE
#define WQC_LIST	WQC_OPTIONS_LIST
#define WQC_WAIT	WQC_OPTIONS_WAIT

/* In the order of --help. */
static const struct option_row rows[] = {
	{ 'e', "events", "LIST", WQC_EVENTS, N_("only these events: EVENT, TYPE/EVENT or TYPE/*, separated by commas") },
	{ 'f', "raw-filter", "RULE", WQC_EVENTS, N_("raw rule, TYPE[:SUBTYPES[:INFO/MASK]]; up to 16, one suffices") },
	{ 'm', "match", "COLUMN=VALUE", WQC_EVENTS, N_("only events with that value; all that are given must match") },
	{ 'i', "id", "NUM", WQC_LIVE, N_("ID of the first watch (default 1)") },
	{ 'd', "depth", "NUM", WQC_OPTIONS_KEYS, N_("records that the queue holds, 1-512 (default: the most there is)") },
	{ WQC_OPT_BACKEND, "backend", "NAME", WQC_LIVE, N_("how to listen: auto, or one of those that info lists") },
	{ WQC_OPT_INTERVAL, "interval", "TIME", WQC_OPTIONS_KEYS | WQC_WAIT, N_("how often to look where nothing is reported (default 1s)") },
	{ 'R', "recursive", NULL, WQC_OPTIONS_KEYS, N_("the members of keyrings too, and theirs") },
	{ WQC_OPT_ALL, "all", NULL, WQC_OPTIONS_KEYS, N_("every key that may be viewed") },
	{ WQC_OPT_ALL_OF, "all", NULL, WQC_OPTIONS_WAIT, N_("until all conditions are so at a time (the default)") },
	{ WQC_OPT_ANY, "any", NULL, WQC_OPTIONS_WAIT, N_("until any of them is") },
	{ 'N', "namespace", "PID|FILE", WQC_OPTIONS_MOUNTS, N_("the mount namespace of that process, or file") },
	{ 't', "types", "LIST", WQC_OPTIONS_MOUNTS | WQC_WAIT, N_("only these types of filesystem; 'no' before the list: all others") },
	{ 'O', "options", "LIST", WQC_OPTIONS_MOUNTS, N_("only mounts with all of these options") },
	{ WQC_OPT_COALESCE, "coalesce", "TIME", WQC_OPTIONS_BLOCK, N_("merge errors next to each other, for that long, into one with a count") },
	{ 'I', "initial", NULL, WQC_LIVE, N_("first report what there is, then the changes") },
	{ WQC_OPT_ONCE, "once", NULL, WQC_LIVE, N_("only report what there is (with --initial)") },
	{ WQC_OPT_SWEEP, "sweep", "TIME", WQC_LIVE | WQC_WAIT, N_("look that often for what the kernel does not report; 0: never") },
	{ WQC_OPT_KEEP_GOING, "keep-going", NULL, WQC_OPTIONS_CAPTURE, N_("go on at the next header behind what can't be read") },
	{ WQC_OPT_ENDIAN, "endian", "ORDER", WQC_OPTIONS_CAPTURE, N_("byte order of the capture: native, little or big") },
	{ WQC_OPT_DIALECT, "dialect", "NAME", WQC_OPTIONS_CAPTURE, N_("version of the notification patches that the capture is of") },
	{ 'c', "count", "NUM", WQC_EVENTS, N_("stop after that many events") },
	{ '1', "first-only", NULL, WQC_EVENTS, N_("stop after the first event") },
	{ 'w', "timeout", "TIME", WQC_EVENTS | WQC_WAIT, N_("stop after that time (500ms, 2s, 1m; default seconds), status 3") },
	{ 'C', "command", "STRING", WQC_LIVE, N_("run this in the shell while watching, and end with its status") },
	{ 'x', "exec", "STRING", WQC_LIVE, N_("run this in the shell for each event, which is in its environment") },
	{ WQC_OPT_JOBS, "jobs", "NUM", WQC_LIVE, N_("with --exec: run up to NUM at a time, 1-64 (default 1)") },
	{ WQC_OPT_SESSION, "session", "NAME", WQC_OPTIONS_KEYS, N_("with --command: in a new session keyring, called NAME or '-'") },
	{ 'J', "json", NULL, WQC_EVENTS | WQC_LIST | WQC_WAIT, N_("JSON Lines: one object a line") },
	{ 'P', "pairs", NULL, WQC_EVENTS | WQC_LIST | WQC_WAIT, N_("KEY=\"value\" pairs") },
	{ 'r', "raw", NULL, WQC_EVENTS | WQC_LIST | WQC_WAIT, N_("columns without alignment") },
	{ 'B', "binary", "[=annotated]", WQC_EVENTS, N_("the records as read; annotated: with times and names") },
	{ WQC_OPT_JOURNAL, "journal", NULL, WQC_EVENTS, N_("into the systemd journal: one entry an event") },
	{ 'o', "output", "LIST", WQC_EVENTS | WQC_WAIT, N_("columns to show; with + before it, beside the default ones") },
	{ WQC_OPT_OUTPUT_ALL, "output-all", NULL, WQC_EVENTS | WQC_WAIT, N_("show all columns") },
	{ 'n', "noheadings", NULL, WQC_EVENTS | WQC_LIST | WQC_WAIT, N_("no line of headings") },
	{ '0', "zero", NULL, WQC_EVENTS | WQC_WAIT, N_("end lines with NUL, not newline; no headings") },
	{ 'u', "notruncate", NULL, WQC_EVENTS | WQC_WAIT, N_("don't cut long cells on a terminal") },
	{ WQC_OPT_COLOR, "color", "[=WHEN]", WQC_EVENTS | WQC_WAIT, N_("colours in a table: auto (the default), always or never") },
	{ WQC_OPT_OUTPUT_FILE, "output-file", "FILE", WQC_EVENTS | WQC_WAIT, N_("append to FILE; opened anew on SIGHUP") },
	{ WQC_OPT_MARKS, "marks", NULL, WQC_LIVE, N_("report when the watches stand, and when all is quiet") },
	{ 'S', "summary", NULL, WQC_EVENTS, N_("count what was shown: to stderr at the end, and on SIGUSR1") },
	{ WQC_OPT_READY_FD, "ready-fd", "FD", WQC_LIVE, N_("write a line to descriptor FD when the watches stand") },
	{ WQC_OPT_STRICT, "strict", NULL, WQC_EVENTS, N_("status 4 at the end if anything was lost") },
	{ WQC_OPT_BUFFER, "buffer", "SIZE", WQC_LIVE, N_("memory for events that wait to be read (default 64M)") },
	{ WQC_OPT_NO_REALTIME, "no-realtime", NULL, WQC_OPTIONS_KEYS | WQC_OPTIONS_BLOCK, N_("don't ask to be scheduled before others") },
	{ WQC_OPT_TIME_FORMAT, "time-format", "FORMAT", WQC_EVENTS | WQC_WAIT, N_("TIME but in JSON: short, iso, delta, monotonic or raw") },
	{ 'q', "quiet", NULL, WQC_OPTIONS_COMMON, N_("no warnings") },
	{ 'v', "verbose", NULL, WQC_OPTIONS_COMMON, N_("say what was chosen, and why") },
	{ 'H', "list-columns", NULL, WQC_EVENTS | WQC_WAIT, N_("list the columns") },
	{ WQC_OPT_LIST_EVENTS, "list-events", NULL, WQC_EVENTS, N_("list the events") },
	{ WQC_OPT_LIST_OPTIONS, "list-options", NULL, WQC_OPTIONS_COMMON, N_("list the options") },
	{ 'h', "help", NULL, WQC_OPTIONS_COMMON, N_("show this help") },
	{ 'V', "version", NULL, WQC_OPTIONS_COMMON, N_("show the version") },
};

#define WQC_NROWS	(sizeof(rows) / sizeof(rows[0]))

static bool belongs(const struct option_row *r, const struct command *cmd)
{
	return r->groups & (cmd->options | WQC_OPTIONS_COMMON);
}

static bool is_optional(const struct option_row *r)
{
	return r->arg && *r->arg == '[';
}

/* ---- getopt's tables ---- */

_Static_assert(WQC_NROWS <= WQC_OPTION_ROWS_MAX, "OPTION_ROWS_MAX");

void option_tables_make(struct option_tables *t, const struct command *cmd)
{
	char *p = t->letters;
	size_t n = 0, i;

	memset(t, 0, sizeof(*t));
	*p++ = ':';
	for (i = 0; i < WQC_NROWS; i++) {
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

int option_unknown(const struct command *cmd, const char *arg)
{
	char word[64];
	struct suggestion s = { .word = word };
	size_t i;

	if (optopt && optopt < 256 && strncmp(arg, "--", 2) != 0)
		return msg_usage(_("unknown option '-%c'"), optopt);
	snprintf(word, sizeof(word), "%.*s", (int) strcspn(arg + 2, "="), arg + 2);
	for (i = 0; i < WQC_NROWS; i++)
		if (belongs(&rows[i], cmd))
			suggest_offer(&s, rows[i].name);
	if (optopt)	/* it is known, but was given a value */
		return msg_usage(_("option '--%s' takes no value"), word);
	return msg_usage(_("unknown or ambiguous option '--%s'%s"), word, suggest_text(&s));
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
	for (i = 0; i < WQC_NROWS; i++) {
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

	for (i = 0; l && i < WQC_NROWS; i++) {
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
