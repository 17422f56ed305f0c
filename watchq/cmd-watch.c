// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq watch: several sources through one queue. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "nls.h"
#include "options.h"
#include "run.h"
#include "run-source.h"
#include "suggest.h"

#define WQC_SOURCES_MAX	8
#define WQC_IDS		255

/* What was said of one source, wherever it stands. */
struct wanted {
	const struct command *cmd;
	char *objects[WQC_IDS];
	uint8_t ids[WQC_IDS];
	size_t n;		/* objects; 0: all that the source has */
	const char *backend;	/* NULL: auto */
};

struct wanteds {
	struct wanted list[WQC_SOURCES_MAX];
	unsigned n;
	bool all;		/* what works of these */
	char backends[512];	/* the list of --backend, taken apart */
};

/* ---- What is to be watched ---- */

static bool is_source(const struct command *cmd)
{
	return cmd->run == run_source;
}

static const struct command *find_source(const char *name, size_t len, struct suggestion *s)
{
	unsigned i;

	for (i = 0; commands[i]; i++) {
		if (!is_source(commands[i]))
			continue;
		if (strlen(commands[i]->name) == len && memcmp(commands[i]->name, name, len) == 0)
			return commands[i];
		suggest_offer(s, commands[i]->name);
	}
	return NULL;
}

static struct wanted *wanted_of(struct wanteds *w, const struct command *cmd)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (w->list[i].cmd == cmd)
			return &w->list[i];
	return NULL;
}

/* "SOURCE" or "SOURCE:OBJECT". 0, or the exit status, said. */
static int add_wanted(struct wanteds *w, char *arg, unsigned id)
{
	size_t len = strcspn(arg, ":");
	char word[64];
	struct suggestion s = { .word = word };
	bool all = arg[len] == '\0';
	const struct command *cmd;
	struct wanted *one;

	snprintf(word, sizeof(word), "%.*s", (int) len, arg);
	cmd = find_source(arg, len, &s);
	if (!cmd) {
		suggest_offer(&s, "all");
		return msg_usage(_("unknown source '%s'%s"), word, suggest_text(&s));
	}
	if (!all && !arg[len + 1])
		return msg_usage(_("%s: there is no object behind the colon"), arg);
	if (id > WQC_IDS)
		return msg_usage(_("%s: no ID is left for it: they go to %d"), arg, WQC_IDS);
	one = wanted_of(w, cmd);
	if (one && (all || one->n == 0))
		return msg_usage(_("%s: is watched as a whole or by its objects, not both, and once"), cmd->name);
	if (!one) {
		one = &w->list[w->n++];
		one->cmd = cmd;
	}
	one->ids[one->n] = (uint8_t) id;
	if (!all)
		one->objects[one->n++] = arg + len + 1;
	return 0;
}

static int add_all(struct wanteds *w, unsigned id)
{
	unsigned i;
	int rc = 0;

	w->all = true;
	for (i = 0; commands[i] && !rc; i++)
		if (is_source(commands[i]))
			rc = add_wanted(w, (char *) commands[i]->name, id++);
	return rc;
}

/* "keys/poll,sb/mountinfo": 0, or the exit status, said. */
static int set_backends(struct wanteds *w, const char *list)
{
	struct suggestion s = { .word = "" };
	char *word, *rest = w->backends, *slash;

	if ((size_t) snprintf(w->backends, sizeof(w->backends), "%s", list) >= sizeof(w->backends))
		return msg_usage(_("--backend: the list is too long"));
	while ((word = strsep(&rest, ","))) {
		const struct command *cmd;
		struct wanted *one;

		slash = strchr(word, '/');
		cmd = slash ? find_source(word, (size_t) (slash - word), &s) : NULL;
		one = cmd ? wanted_of(w, cmd) : NULL;
		if (!one)
			return msg_usage(_("--backend: expected auto, or SOURCE/NAME of what is watched, such as keys/poll, not '%s'"), word);
		one->backend = strcmp(slash + 1, "auto") == 0 ? NULL : slash + 1;
	}
	return 0;
}

/* Whether @f may pass an event of that source. */
static bool is_asked_for(const struct wq_filter *f, const struct command *cmd)
{
	const struct wq_type *t = wq_type_by_name(NULL, cmd->types[0], strlen(cmd->types[0]));
	unsigned r;

	for (r = 0; r < f->nrules; r++)
		if (f->rules[r].type == t->nr || f->rules[r].type == WQ_TYPE_META)
			return true;
	return f->nrules == 0;
}

/* A source of which nothing is wanted: an error by name, and of all it is none of them. */
static int check_events(struct wanteds *w, const struct options *o)
{
	unsigned i, n = 0;

	for (i = 0; i < w->n; i++) {
		if (is_asked_for(&o->filter, w->list[i].cmd))
			w->list[n++] = w->list[i];
		else if (!w->all)
			return msg_usage(_("%s has none of the events that are asked for"), w->list[i].cmd->name);
	}
	w->n = n;
	return n ? 0 : msg_usage(_("no source has the events that are asked for"));
}

/* Options of one source, where it is not watched, are a mistake. */
static int check_options(struct wanteds *w, const struct options *o)
{
	const struct {
		const char *option, *source;
		bool given;
	} options[] = {
		{ "recursive", "keys", o->recursive }, { "all", "keys", o->all_keys }, { "depth", "keys", o->depth },
		{ "session", "keys", o->session }, { "namespace", "mounts", o->ns }, { "types", "mounts", o->fs_types },
		{ "options", "mounts", o->fs_options }, { "coalesce", "block", o->coalesce },
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].given && !wanted_of(w, find_source(options[i].source, strlen(options[i].source), &(struct suggestion) { .word = "" })))
			return msg_usage(_("--%s goes with %s, which is not watched"), options[i].option, options[i].source);
	return 0;
}

static int take_arguments(struct wanteds *w, const struct options *o, char **args, size_t n)
{
	size_t i;
	int rc = 0;

	if (n == 0)
		return msg_usage(_("watch what? SOURCE, SOURCE:OBJECT, or all"));
	for (i = 0; i < n && !rc; i++) {
		if (strcmp(args[i], "all") != 0)
			rc = add_wanted(w, args[i], o->first_id + (unsigned) i);
		else
			rc = n == 1 ? add_all(w, o->first_id)
				    : msg_usage(_("all and other sources exclude each other"));
	}
	if (!rc)
		rc = check_options(w, o);
	if (!rc)
		rc = check_events(w, o);
	for (i = 0; i < w->n && !rc; i++)
		if (w->list[i].cmd->check)
			rc = w->list[i].cmd->check(o, w->list[i].n);
	return rc || !o->backend ? rc : set_backends(w, o->backend);
}

/* ---- Watching it ---- */

/* What is said of one source begins with its name. */
static void log_of(void *data, enum wq_log_level level, const char *text)
{
	const struct command *source = data;
	char whole[640];

	snprintf(whole, sizeof(whole), "%s: %s", source->name, text);
	msg_log(NULL, level, whole);
}

static int add_source(struct run *r, const struct options *o, const struct wanteds *w, const struct wanted *one,
		      struct wq_error *e)
{
	struct wq_monitor *m = run_monitor(r);
	struct options all = *o;
	int rc;

	/* A session may have no keyring of its own, and most keys are in none. */
	all.all_keys |= w->all;
	wq_monitor_set_log(m, log_of, (void *) one->cmd);
	wq_monitor_set_ids(m, one->ids);
	wq_monitor_set_optional(m, w->all);
	rc = run_source_add(r, one->cmd, &all, one->backend, one->objects, one->n, e);
	wq_monitor_set_log(m, msg_log, NULL);
	return rc;
}

/* 0, or the exit status, said. */
static int add_sources(struct run *r, const struct options *o, const struct wanteds *w)
{
	struct wq_error e = { 0 };
	unsigned i, n = 0;

	for (i = 0; i < w->n; i++) {
		const struct wanted *one = &w->list[i];
		struct wq_error named;

		if (add_source(r, o, w, one, &e) == 0) {
			n++;
			continue;
		}
		named = e;
		snprintf(named.text, sizeof(named.text), "%s: %.480s", one->cmd->name, e.text);
		if (!w->all)
			return msg_fail(&named);
		msg_warning(_("%s; not watched"), named.text);
	}
	if (n)
		return 0;
	msg_error(_("nothing can be watched"));
	return e.kind == WQ_NOTSUPP ? WQC_STATUS_NOTSUPP : WQC_STATUS_FAILURE;
}

static int run_wanteds(const struct options *o, const struct wanteds *w)
{
	int status;
	struct run *r = run_source_new(o, &status);

	if (!r)
		return options_status(o, status);
	status = add_sources(r, o, w);
	if (status) {
		run_free(r);
		return options_status(o, status);
	}
	return run_go(r);
}

static int watch_run(const struct command *cmd, int argc, char **argv)
{
	struct wanteds *w = calloc(1, sizeof(*w));
	struct options o;
	int first, status;

	if (!w) {
		msg_error(_("can't start: out of memory"));
		return WQC_STATUS_FAILURE;
	}
	status = options_parse(&o, cmd, argc, argv, &first);
	if (!status && !o.done) {
		status = take_arguments(w, &o, argv + first, (size_t) (argc - first));
		status = status ? options_status(&o, status) : run_wanteds(&o, w);
	}
	free(w);
	return status;
}

const struct command cmd_watch = {
	.name = "watch",
	.synopsis = N_("[options] SOURCE[:OBJECT]..."),
	.help = N_("several sources through one queue"),
	.description = N_("Show what happens to several sources in one stream: keys, mounts, sb, block, each as its own\n"
			  "command does, or all of them that work here (all, in which keys are keys --all)."),
	.run = watch_run,
	.columns = "TIME,TYPE,EVENT,ID,OBJECT,DETAIL",
	.options = WQC_OPTIONS_EVENTS | WQC_OPTIONS_LIVE | WQC_OPTIONS_KEYS | WQC_OPTIONS_MOUNTS | WQC_OPTIONS_BLOCK,
};
