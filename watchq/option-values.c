// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nls.h"
#include "option-values.h"
#include "parse.h"
#include "suggest.h"

#define WQC_PAUSE_MIN	10000000	/* ns */

int option_unsigned(const char *option, const char *text, uint64_t min, uint64_t max, unsigned *to)
{
	uint64_t v;

	if (!parse_number(text, min, max, &v))
		return msg_usage(_("--%s: expected a number from %llu to %llu, not '%s'"), option,
				 (unsigned long long) min, (unsigned long long) max, text);
	*to = (unsigned) v;
	return 0;
}

int option_time(const char *option, const char *text, int64_t *to)
{
	if (parse_time(text, to))
		return 0;
	if (errno == ERANGE)
		return msg_usage(_("--%s: %s is out of range: a time is 285 years at most"), option, text);
	return msg_usage(_("--%s: expected a time such as 500ms, 2s or 1m, not '%s'"), option, text);
}

int option_pause(const char *option, const char *text, uint64_t *to)
{
	int64_t time;

	if (!parse_time(text, &time) && errno == ERANGE)
		return option_time(option, text, &time);
	if (!parse_time(text, &time) || time < WQC_PAUSE_MIN)
		return msg_usage(_("--%s: expected a time of 10ms at least, such as 1s or 5m, not '%s'"), option, text);
	*to = (uint64_t) time;
	return 0;
}

int option_pause_or_never(const char *option, const char *text, uint64_t *to)
{
	if (strcmp(text, "0") != 0)
		return option_pause(option, text, to);
	*to = 0;
	return 0;
}

int option_writable_fd(const char *option, const char *text, int *to)
{
	uint64_t fd = 0;
	int mode = -1;

	if (parse_number(text, STDOUT_FILENO, INT_MAX, &fd))
		mode = fcntl((int) fd, F_GETFL);
	if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY)
		return msg_usage(_("--%s: expected the number of a descriptor that is open for writing, from 1 on, not '%s'"),
				 option, text);
	if (fd > STDERR_FILENO)
		fcntl((int) fd, F_SETFD, FD_CLOEXEC);
	*to = (int) fd;
	return 0;
}

int option_match(struct options *o, const char *text)
{
	const char *equals = strchr(text, '=');
	struct column_list one = { .n = 0 };
	char name[64];

	if (!equals || equals == text || strcspn(text, "+,") < (size_t) (equals - text))
		return msg_usage(_("--match: expected COLUMN=VALUE, not '%s'"), text);
	if (o->nmatch == WQC_MATCH_MAX)
		return msg_usage(_("--match: no more than %d of them"), WQC_MATCH_MAX);
	snprintf(name, sizeof(name), "%.*s", (int) (equals - text), text);
	if (columns_parse(&one, name, "--match"))
		return WQC_STATUS_FAILURE;
	o->match[o->nmatch].column = one.ids[0];
	o->match[o->nmatch++].value = equals + 1;
	return 0;
}

int option_one_of(const char *option, const char *word, const char *const *names, unsigned n)
{
	struct suggestion s = { .word = word };
	char all[128] = "";
	unsigned i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], word) == 0)
			return (int) i;
		suggest_offer(&s, names[i]);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", names[i]);
	}
	msg_usage(_("--%s: expected one of %s, not '%s'%s"), option, all, word, suggest_text(&s));
	return -1;
}

/* Whether events of that type may stand without it. */
static bool is_own_type(const struct command *cmd, const char *type)
{
	const char *const *own = cmd->types;

	while (own && *own && strcmp(*own, type) != 0)
		own++;
	return !own || *own;
}

int option_rule(struct options *o, bool is_list, const char *text)
{
	struct wq_error e = { 0 };
	struct suggestion s = { .word = e.word };
	const struct wq_type *t;
	unsigned i, j;
	int rc;

	rc = is_list ? wq_filter_add_events(&o->filter, text, o->cmd->types, &e)
		     : wq_filter_add_raw(&o->filter, text, &e);
	if (!rc)
		return 0;
	for (i = 0; e.word[0] && (t = wq_type_at(o->filter.dialect, i)); i++) {
		suggest_offer(&s, t->name);
		if (is_list && !is_own_type(o->cmd, t->name))
			continue;
		for (j = 0; j < t->nsubtypes; j++)
			suggest_offer(&s, t->subtypes[j].name);
		for (j = 0; j < t->nvariants; j++)
			suggest_offer(&s, t->variants[j].name);
		for (j = 0; j < t->naliases; j++)
			suggest_offer(&s, t->aliases[j].name);
	}
	return msg_usage("--%s: %s%s", is_list ? "events" : "raw-filter", e.text, suggest_text(&s));
}

int option_dialect(struct options *o, const char *text)
{
	const struct wq_dialect *d;
	const char *names[16];
	unsigned n;
	int i;

	for (n = 0; (d = wq_dialect_at(n)) && n < sizeof(names) / sizeof(names[0]); n++)
		names[n] = d->name;
	i = option_one_of("dialect", text, names, n);
	o->filter.dialect = i < 0 ? NULL : wq_dialect_at((unsigned) i);
	return i < 0;
}
