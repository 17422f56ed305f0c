// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables, raw columns and pairs: libsmartcols, fed a line at a time. The line is
 * printed and taken out again, so memory stays flat and a column's width is what
 * columns.c expects; a cell that needs more makes its own line ragged, and on a
 * terminal is cut.
 */
#include "config.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"

struct table {
	const struct output_config *config;
	struct sink *sink;
	struct libscols_table *scols;
	FILE *stream;		/* into the sink */
	struct output_clock clock;
	int error;		/* of the sink: a stream can't carry it */
};

static ssize_t to_sink(void *cookie, const char *bytes, size_t len)
{
	struct table *t = cookie;

	t->error = sink_write(t->sink, bytes, len);
	return t->error ? 0 : (ssize_t) len;
}

static void table_free(void *state)
{
	struct table *t = state;

	if (t->stream)
		fclose(t->stream);
	scols_unref_table(t->scols);
	free(t);
}

static int add_columns(struct table *t)
{
	unsigned i;

	for (i = 0; i < t->config->columns.n; i++) {
		const struct column *c = &columns[t->config->columns.ids[i]];
		bool right = c->flags & COLUMN_RIGHT;
		bool last = i + 1 == t->config->columns.n;
		/* Nothing stands behind the last: it needs no room but its heading's.
		 * The others keep theirs when empty, since rows are measured one by
		 * one: libsmartcols gives an empty column its heading's width, or,
		 * if strict, the width asked for where that is more. */
		double width = last && !right ? strlen(c->name) : c->width;
		int flags = (right ? SCOLS_FL_RIGHT : 0) | (width > strlen(c->name) ? SCOLS_FL_STRICTWIDTH : 0);

		if ((c->flags & COLUMN_TRUNC) && !t->config->notruncate)
			flags |= SCOLS_FL_TRUNC;
		if (!scols_table_new_column(t->scols, c->name, width, flags))
			return -ENOMEM;
	}
	return 0;
}

static void *table_new(const struct output_config *config, struct sink *sink)
{
	static const cookie_io_functions_t functions = { .write = to_sink };
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->config = config;
	t->sink = sink;
	t->scols = scols_new_table();
	t->stream = fopencookie(t, "w", functions);
	if (!t->scols || !t->stream || add_columns(t)) {
		table_free(t);
		return NULL;
	}
	scols_table_set_stream(t->scols, t->stream);
	scols_table_enable_noheadings(t->scols, config->noheadings);
	scols_table_enable_raw(t->scols, config->format == FORMAT_RAW);
	scols_table_enable_export(t->scols, config->format == FORMAT_PAIRS);
	return t;
}

/* The terminal may have been resized since the last line. */
static void fit_terminal(struct table *t)
{
	struct winsize size;

	if (t->config->format != FORMAT_TABLE)
		return;
	if (ioctl(t->sink->fd, TIOCGWINSZ, &size) == 0 && size.ws_col) {
		scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(t->scols, size.ws_col);
	} else {
		scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_NEVER);
	}
}

static int set_cell(struct table *t, struct libscols_line *line, unsigned i, const struct wq_event *ev)
{
	enum column_id id = t->config->columns.ids[i];
	struct value v;
	char *copy;
	int rc;

	if (id == COL_TIME) {
		output_time(v.own, t->config->time_format, ev, &t->clock);
		return scols_line_set_data(line, i, v.own);
	}
	column_text(id, ev, &v);
	if (v.len == 0)
		return 0;
	copy = strndup(v.text, v.len);
	if (!copy)
		return -ENOMEM;
	rc = scols_line_refer_data(line, i, copy);
	if (rc)
		free(copy);
	return rc;
}

static int table_event(void *state, const struct wq_event *ev)
{
	struct table *t = state;
	struct libscols_line *line = scols_table_new_line(t->scols, NULL);
	unsigned i;
	int rc = line ? 0 : -ENOMEM;

	for (i = 0; !rc && i < t->config->columns.n; i++)
		rc = set_cell(t, line, i, ev);
	if (rc)
		return rc;

	fit_terminal(t);
	rc = scols_table_print_range(t->scols, line, line);
	scols_table_remove_lines(t->scols);
	if (rc < 0)
		return rc;
	fputc(t->config->zero ? '\0' : '\n', t->stream);
	fflush(t->stream);
	clearerr(t->stream);
	return t->error;
}

const struct output_ops output_table = {
	.new = table_new,
	.event = table_event,
	.free = table_free,
};
