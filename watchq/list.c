// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "json.h"
#include "list.h"
#include "msg.h"
#include "nls.h"
#include "output/cells.h"
#include "util/printable.h"

#define WQC_MAX_HEADINGS	8

struct list {
	enum format format;
	struct libscols_table *table;
	unsigned n;
	struct {
		char name[24];		/* in lower case */
		char kind;		/* '#', '?' or 0 */
	} columns[WQC_MAX_HEADINGS];
	bool failed;
};

struct list *list_new(const struct output_config *config, const char *heading, ...)
{
	struct list *l = calloc(1, sizeof(*l));
	va_list ap;

	if (!l)
		return NULL;
	l->format = config->format;
	l->table = scols_new_table();
	va_start(ap, heading);
	for (; heading && l->table && l->n < WQC_MAX_HEADINGS; heading = va_arg(ap, const char *)) {
		char kind = *heading == '#' || *heading == '?' ? *heading++ : '\0';
		int flags = kind == '#' ? SCOLS_FL_RIGHT : 0;
		size_t i;

		l->columns[l->n].kind = kind;
		for (i = 0; heading[i] && i < sizeof(l->columns[0].name) - 1; i++)
			l->columns[l->n].name[i] = ascii_lower(heading[i]);
		l->n++;
		l->failed |= !scols_table_new_column(l->table, heading, 1, flags);
	}
	va_end(ap);
	l->failed |= !l->table;
	if (l->table) {
		scols_table_enable_raw(l->table, config->format == WQC_FORMAT_RAW);
		scols_table_enable_export(l->table, config->format == WQC_FORMAT_PAIRS);
		scols_table_enable_noheadings(l->table, config->noheadings);
	}
	return l;
}

/* For people: what would change the text's direction is a question mark. */
static int set_cell(const struct list *l, struct libscols_line *line, unsigned i, const char *text)
{
	char *copy, *p;
	int rc;

	if (l->format != WQC_FORMAT_TABLE || !text || !cell_misleads(text, strlen(text)))
		return scols_line_set_data(line, i, text);
	copy = p = malloc(strlen(text) + 1);
	if (!copy)
		return -ENOMEM;
	while (*text) {
		size_t hidden = bidi_control_at(text, strlen(text));

		if (hidden)
			*p++ = '?';
		else
			*p++ = *text;
		text += hidden ? hidden : 1;
	}
	*p = '\0';
	rc = scols_line_refer_data(line, i, copy);
	if (rc)
		free(copy);
	return rc;
}

void list_add(struct list *l, ...)
{
	struct libscols_line *line;
	va_list ap;
	unsigned i;

	if (!l || l->failed)
		return;
	line = scols_table_new_line(l->table, NULL);
	if (!line) {
		l->failed = true;
		return;
	}
	va_start(ap, l);
	for (i = 0; i < l->n; i++)
		l->failed |= set_cell(l, line, i, va_arg(ap, const char *)) != 0;
	va_end(ap);
}

static char *put_cell(char *p, char kind, const char *text)
{
	char ascii[512];
	size_t i;

	if (!text || !*text) {
		memcpy(p, "null", 4);
		return p + 4;
	}
	if (kind == '#') {
		memcpy(p, text, strlen(text));
		return p + strlen(text);
	}
	if (kind == '?') {
		const char *word = strcmp(text, "yes") == 0 ? "true" : "false";

		memcpy(p, word, strlen(word));
		return p + strlen(word);
	}
	if (is_utf8(text, strlen(text)))
		return json_string(p, text, strlen(text));
	/* What a filesystem is called may be any bytes, and may have been cut in a character. */
	snprintf(ascii, sizeof(ascii), "%s", text);
	for (i = 0; ascii[i]; i++)
		if (ascii[i] & 0x80)
			ascii[i] = '?';
	return json_string(p, ascii, i);
}

/* libsmartcols' JSON is one document: here, as with events, it is one a line. */
static int print_json(struct list *l, FILE *to)
{
	struct libscols_iter *it = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *line;

	if (!it)
		return -1;
	while (scols_table_next_line(l->table, it, &line) == 0) {
		unsigned i;

		for (i = 0; i < l->n; i++) {
			const char *text = scols_cell_get_data(scols_line_get_cell(line, i));
			char cell[WQC_JSON_TEXT_ROOM(1024)];

			*put_cell(cell, l->columns[i].kind, text) = '\0';
			fprintf(to, "%c\"%s\":%s", i ? ',' : '{', l->columns[i].name, cell);
		}
		fputs("}\n", to);
	}
	scols_free_iter(it);
	return 0;
}

static int print(struct list *l, FILE *to)
{
	int rc = -1;

	if (l && !l->failed)
		rc = l->format == WQC_FORMAT_JSON ? print_json(l, to) : scols_print_table(l->table);
	if (l)
		scols_unref_table(l->table);
	free(l);
	if (rc) {
		msg_error(_("out of memory"));
		return WQC_STATUS_FAILURE;
	}
	return WQC_STATUS_OK;
}

int list_print(struct list *l)
{
	return print(l, stdout);
}

int list_print_to(struct list *l, FILE *to)
{
	if (l && l->table) {
		scols_table_set_stream(l->table, to);
		/* It would ask how wide standard output is. */
		scols_table_set_termforce(l->table, SCOLS_TERMFORCE_NEVER);
	}
	return print(l, to);
}

/* No record, and nobody's event but wait's: watchq-wait(1). */
static bool is_of_wait(const struct wq_type *t, const struct wq_subtype *s)
{
	return t->nr == WQ_TYPE_META && s->nr == WQ_META_HOLDS;
}

static bool has_column(const struct wq_dialect *d, enum column_id id)
{
	const struct wq_type *t;
	unsigned i, j;

	for (i = 0; (t = wq_type_at(d, i)); i++)
		for (j = 0; j < t->nsubtypes; j++)
			if (!is_of_wait(t, &t->subtypes[j]) && column_may_apply(id, t, &t->subtypes[j]))
				return true;
	return false;
}

int list_columns(const struct output_config *config, const struct wq_dialect *d)
{
	struct list *l = list_new(config, "COLUMN", "DESCRIPTION", NULL);
	unsigned i;

	for (i = 0; i < WQC_COL__NR; i++)
		if (has_column(d, i))
			list_add(l, columns[i].name, _(columns[i].help));
	return list_print(l);
}

/* Names of their own that some records of a subtype have, where no other subtype has it. */
static void add_variants(struct list *l, const struct wq_type *t, const struct wq_subtype *s)
{
	char nr[8];
	unsigned i;

	for (i = 0; i < t->nvariants; i++) {
		const struct wq_variant *v = &t->variants[i];

		if (v->nr != s->nr || wq_subtype_by_name(t, v->name, strlen(v->name)))
			continue;
		snprintf(nr, sizeof(nr), "%u", v->nr);
		list_add(l, t->name, v->name, nr, _(v->help));
	}
}

/* Other names that lists of events may have for some of a type's. */
static void add_aliases(struct list *l, const struct wq_type *t)
{
	char help[80];
	unsigned i;

	for (i = 0; i < t->naliases; i++) {
		snprintf(help, sizeof(help), _("the same as %s"), t->aliases[i].help);
		list_add(l, t->name, t->aliases[i].name, "", help);
	}
}

int list_events(const struct output_config *config, const struct wq_dialect *d, const char *const *types)
{
	struct list *l = list_new(config, "TYPE", "EVENT", "#NUMBER", "DESCRIPTION", NULL);
	const struct wq_type *t;
	unsigned i, j;

	for (i = 0; (t = wq_type_at(d, i)); i++) {
		const char *const *name = types;

		while (name && *name && strcmp(*name, t->name) != 0)
			name++;
		if (name && !*name)
			continue;
		for (j = 0; j < t->nsubtypes; j++) {
			char nr[8];

			if (is_of_wait(t, &t->subtypes[j]))
				continue;
			snprintf(nr, sizeof(nr), "%u", t->subtypes[j].nr);
			list_add(l, t->name, t->subtypes[j].name, nr, _(t->subtypes[j].help));
			add_variants(l, t, &t->subtypes[j]);
		}
		add_aliases(l, t);
	}
	return list_print(l);
}
