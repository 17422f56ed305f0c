// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables, raw columns and pairs: libsmartcols, fed a line at a time. The line is
 * printed and taken out again, so memory stays flat and a column's width is what
 * columns.c expects; a cell that needs more makes its own line ragged, and on a
 * terminal is cut. Since that is slow, it lays out the headings, the first rows and
 * those that need it; most rows don't (rows.h).
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "colors.h"
#include "msg.h"
#include "nls.h"
#include "output.h"
#include "output/cells.h"
#include "rows.h"

#define WQC_COMPARE	8	/* rows that libsmartcols makes, too */
#define WQC_NEVER_OWN	UINT_MAX

struct table {
	const struct output_config *config;
	struct sink *sink;
	struct libscols_table *scols;
	FILE *stream;		/* into the sink */
	int error;		/* of the sink: a stream can't carry it */
	bool terminal;		/* is the sink, and its width counts */
	struct rows rows;
	struct colors colors;
	const struct color *row_color;	/* of the row that libsmartcols prints */
	bool headings;		/* it prints them first, and they are to be coloured */
	bool headed;		/* they are printed, or there are none */
	bool only_headings;	/* what it prints below them is dropped */
	bool cuts;		/* cells, where the terminal is too narrow */
	unsigned compare;	/* so many rows more; or WQC_NEVER_OWN */
	struct output_clock clock;
	size_t time_len;
	char time[WQC_OUTPUT_TIME_ROOM];	/* of the event at hand */
};

static int put_color(struct sink *sink, const struct color *c)
{
	return c ? sink_write(sink, c->bytes, c->len) : 0;
}

static int put_reset(struct sink *sink, const struct color *c)
{
	return c ? sink_write(sink, WQC_COLOR_RESET, strlen(WQC_COLOR_RESET)) : 0;
}

/* The end of the headings, at @newline: one colour ends, the next begins. */
static int end_headings(struct table *t, const char *bytes, const char *newline)
{
	int rc = sink_write(t->sink, bytes, (size_t) (newline - bytes));

	t->headings = false;
	rc = rc ? rc : put_reset(t->sink, colors_header(&t->colors));
	rc = rc ? rc : sink_write(t->sink, "\n", 1);
	return rc ? rc : put_color(t->sink, t->row_color);
}

static ssize_t row_to_sink(struct table *t, const char *bytes, size_t len)
{
	const char *newline = t->headings ? memchr(bytes, '\n', len) : NULL;
	size_t done = newline ? (size_t) (newline + 1 - bytes) : 0;

	t->error = newline ? end_headings(t, bytes, newline) : 0;
	if (!t->error)
		t->error = sink_write(t->sink, bytes + done, len - done);
	return t->error ? 0 : (ssize_t) len;
}

/* The headings alone, of what libsmartcols prints. */
static void headings_to_sink(struct table *t, const char *bytes, size_t len)
{
	const char *newline = memchr(bytes, '\n', len);

	if (t->headed || t->error)
		return;
	t->error = sink_write(t->sink, bytes, newline ? (size_t) (newline - bytes) : len);
	t->headed = newline;
}

static ssize_t to_sink(void *cookie, const char *bytes, size_t len)
{
	struct table *t = cookie;

	if (t->only_headings) {
		headings_to_sink(t, bytes, len);
		return (ssize_t) len;
	}
	return row_to_sink(t, bytes, len);
}

static void table_free(void *state)
{
	struct table *t = state;

	if (t->stream)
		fclose(t->stream);
	scols_unref_table(t->scols);
	free(t);
}

static bool may_cut(const struct table *t, const struct column *c)
{
	return (c->flags & WQC_COLUMN_TRUNC) && !t->config->notruncate;
}

static int add_columns(struct table *t)
{
	unsigned i;

	for (i = 0; i < t->config->columns.n; i++) {
		const struct column *c = &columns[t->config->columns.ids[i]];
		bool right = c->flags & WQC_COLUMN_RIGHT;
		bool last = i + 1 == t->config->columns.n;
		/* Where no headings are printed, only some versions of libsmartcols give an
		 * empty column its heading's width. An empty heading makes them agree on
		 * every width above 1. */
		bool named = t->config->format != WQC_FORMAT_TABLE || !t->config->noheadings;
		const char *heading = named ? c->name : "";
		size_t least = strlen(heading) ? strlen(heading) : 1;
		/* Nothing stands behind the last: it needs no room but its heading's.
		 * The others keep theirs when empty, since rows are measured one by
		 * one: libsmartcols gives an empty column its heading's width, or,
		 * if strict, the width asked for where that is more. */
		size_t width = last && !right ? strlen(heading) : rows_column_width(c);
		int flags = (right ? SCOLS_FL_RIGHT : 0) | (width > least ? SCOLS_FL_STRICTWIDTH : 0);

		if (may_cut(t, c))
			flags |= SCOLS_FL_TRUNC;
		t->cuts |= may_cut(t, c);
		if (!scols_table_new_column(t->scols, heading, (double) width, flags))
			return -ENOMEM;
	}
	return 0;
}

static void *table_new(const struct output_config *config, struct sink *sink)
{
	static const cookie_io_functions_t functions = { .write = to_sink };
	struct table *t = calloc(1, sizeof(*t));
	const char *debug = getenv("WATCHQ_DEBUG");
	struct winsize size;

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
	t->terminal = config->format == WQC_FORMAT_TABLE && ioctl(sink->fd, TIOCGWINSZ, &size) == 0;
	t->compare = debug && strstr(debug, "smartcols") ? WQC_NEVER_OWN : WQC_COMPARE;
	rows_init(&t->rows, config);
	if (config->format == WQC_FORMAT_TABLE)
		colors_init(&t->colors, config->color, sink->fd);
	t->headings = t->colors.on && !config->noheadings;
	t->headed = config->noheadings;
	scols_table_set_stream(t->scols, t->stream);
	scols_table_enable_noheadings(t->scols, config->noheadings);
	scols_table_enable_raw(t->scols, config->format == WQC_FORMAT_RAW);
	scols_table_enable_export(t->scols, config->format == WQC_FORMAT_PAIRS);
	return t;
}

/* The terminal's width, which may have changed since the last line; 0: none. */
static unsigned terminal_width(struct table *t)
{
	struct winsize size;

	if (!t->terminal || ioctl(t->sink->fd, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

/* @v points to the text of a cell, which may be empty. */
static void cell(const struct table *t, unsigned i, const struct wq_event *ev, struct value *v)
{
	enum column_id id = t->config->columns.ids[i];

	if (id == WQC_COL_TIME) {
		v->text = t->time;
		v->len = t->time_len;
		return;
	}
	column_text(id, ev, v);
	if (id == WQC_COL_EXPIRES && v->len)
		v->len = output_expiry(v->own, t->config->time_format, ev->key_name->expires);
}

/* ---- Rows of our own ---- */

static size_t longest_text(const struct wq_event *ev)
{
	size_t len = column_longest_text(ev), own = sizeof(((struct value *) NULL)->own);

	return len > own ? len : own;
}

/* Writes the row behind what is in the sink; its length, 0 if it is for libsmartcols,
 * -errno. */
static ssize_t own_row(struct table *t, const struct wq_event *ev, unsigned columns_there)
{
	const struct color *color = t->colors.on ? colors_event(&t->colors, ev) : NULL;
	int rc;
	char *start = sink_room(t->sink, rows_room(&t->rows, longest_text(ev)) + WQC_COLORS_ROOM, &rc), *row, *p;
	struct value v;
	unsigned i;

	if (!start)
		return rc;
	row = p = color ? mempcpy(start, color->bytes, color->len) : start;
	for (i = 0; p && i < t->config->columns.n; i++) {
		cell(t, i, ev, &v);
		p = rows_cell(&t->rows, p, i, v.text, v.len);
	}
	if (!p || (columns_there && rows_width(&t->rows, row, p) > columns_there))
		return 0;
	if (color)
		p = mempcpy(p, WQC_COLOR_RESET, strlen(WQC_COLOR_RESET));
	*p++ = t->config->zero ? '\0' : '\n';
	return p - start;
}

/* ---- libsmartcols ---- */

static int set_cell(struct table *t, struct libscols_line *line, unsigned i, const struct wq_event *ev)
{
	struct value v;
	char *copy;
	int rc;

	cell(t, i, ev, &v);
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

static void print_color(struct table *t, const struct color *c)
{
	if (c)
		fwrite(c->bytes, 1, c->len, t->stream);
}

static int scols_row(struct table *t, const struct wq_event *ev, unsigned columns_there)
{
	struct libscols_line *line = scols_table_new_line(t->scols, NULL);
	unsigned i;
	int rc = line ? 0 : -ENOMEM;

	for (i = 0; !rc && i < t->config->columns.n; i++)
		rc = set_cell(t, line, i, ev);
	if (rc)
		return rc;

	if (t->config->format == WQC_FORMAT_TABLE) {
		scols_table_set_termforce(t->scols, columns_there ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
		if (columns_there)
			scols_table_set_termwidth(t->scols, columns_there);
	}
	t->headed = true;
	t->row_color = t->colors.on ? colors_event(&t->colors, ev) : NULL;
	print_color(t, t->headings ? colors_header(&t->colors) : t->row_color);
	rc = scols_table_print_range(t->scols, line, line);
	scols_table_remove_lines(t->scols);
	if (rc < 0)
		return rc;
	if (t->row_color)
		fputs(WQC_COLOR_RESET, t->stream);
	fputc(t->config->zero ? '\0' : '\n', t->stream);
	fflush(t->stream);
	clearerr(t->stream);
	return t->error;
}

/* A row that could be our own is libsmartcols' as well: if they differ, as they may
 * with another version of it, no row is our own. */
static int compared_row(struct table *t, const struct wq_event *ev, unsigned columns_there, size_t len)
{
	char *own = malloc(len);
	int rc;

	if (!own)
		return -ENOMEM;
	memcpy(own, t->sink->buf + t->sink->len, len);
	rc = scols_row(t, ev, columns_there);
	t->compare--;
	if (!rc && (t->sink->len < len || memcmp(t->sink->buf + t->sink->len - len, own, len) != 0)) {
		msg_note(_("libsmartcols makes this row in another way; it makes all others, too"));
		t->compare = WQC_NEVER_OWN;
	}
	free(own);
	return rc;
}

/* ---- Rows that it would make badly ---- */

/* The cells of the row. Return 1 if libsmartcols would cut one, or let one mislead; 0; -ENOMEM. */
static int set_cells(const struct table *t, struct cell *cells, const struct wq_event *ev, unsigned columns_there)
{
	bool misleads = false;
	struct value v;
	unsigned i;

	for (i = 0; i < t->rows.n; i++) {
		const struct column *c = &columns[t->config->columns.ids[i]];
		unsigned heading = (unsigned) strlen(c->name);
		bool last = i + 1 == t->rows.n && !(c->flags & WQC_COLUMN_RIGHT);

		cells[i].right = c->flags & WQC_COLUMN_RIGHT;
		cells[i].least = may_cut(t, c) ? heading : 0;
		cell(t, i, ev, &v);
		misleads |= cell_misleads(v.text, v.len);
		if (cell_set(&cells[i], v.text, v.len, last ? heading : rows_column_width(c)))
			return -ENOMEM;
	}
	return (columns_there && t->cuts && cells_fit(cells, t->rows.n, columns_there)) || misleads;
}

/* libsmartcols prints them above a row. */
static int print_headings(struct table *t)
{
	struct libscols_line *line;
	int rc;

	if (t->headed)
		return 0;
	line = scols_table_new_line(t->scols, NULL);
	if (!line)
		return -ENOMEM;
	rc = t->headings ? put_color(t->sink, colors_header(&t->colors)) : 0;
	t->only_headings = true;
	rc = rc ? rc : scols_table_print_range(t->scols, line, line);
	scols_table_remove_lines(t->scols);
	fflush(t->stream);
	t->only_headings = false;
	rc = rc ? rc : t->error;
	if (!rc && t->headings)
		rc = put_reset(t->sink, colors_header(&t->colors));
	t->headings = false;
	return rc ? rc : sink_write(t->sink, "\n", 1);
}

static int put_cells(struct table *t, const struct cell *cells, const struct wq_event *ev)
{
	const struct color *color = t->colors.on ? colors_event(&t->colors, ev) : NULL;
	int rc = print_headings(t);
	char *start = rc ? NULL : sink_room(t->sink, cells_room(cells, t->rows.n) + WQC_COLORS_ROOM, &rc), *p;

	if (!start)
		return rc;
	p = color ? mempcpy(start, color->bytes, color->len) : start;
	p = cells_put(p, cells, t->rows.n);
	if (color)
		p = mempcpy(p, WQC_COLOR_RESET, strlen(WQC_COLOR_RESET));
	*p++ = t->config->zero ? '\0' : '\n';
	t->sink->len += (size_t) (p - start);
	return 0;
}

/* Return 1: written; 0: it is none of these; -errno. */
static int careful_row(struct table *t, const struct wq_event *ev, unsigned columns_there)
{
	struct cell *cells = t->config->format == WQC_FORMAT_TABLE ? calloc(t->rows.n + 1, sizeof(*cells)) : NULL;
	int rc;

	if (!cells)
		return t->config->format == WQC_FORMAT_TABLE ? -ENOMEM : 0;
	rc = set_cells(t, cells, ev, columns_there);
	if (rc == 1)
		rc = put_cells(t, cells, ev);
	else if (rc == 0)
		rc = -EAGAIN;
	cells_free(cells, t->rows.n);
	free(cells);
	return rc == -EAGAIN ? 0 : rc ? rc : 1;
}

static int table_event(void *state, const struct wq_event *ev)
{
	struct table *t = state;
	unsigned columns_there = terminal_width(t);
	ssize_t len;

	t->time_len = output_time(t->time, t->config->time_format, ev, &t->clock);
	len = t->compare == WQC_NEVER_OWN ? 0 : own_row(t, ev, columns_there);
	if (len < 0)
		return (int) len;
	if (len == 0) {
		int rc = careful_row(t, ev, columns_there);

		return rc < 0 ? rc : rc ? 0 : scols_row(t, ev, columns_there);
	}
	if (t->compare)
		return compared_row(t, ev, columns_there, (size_t) len);
	t->sink->len += (size_t) len;
	return 0;
}

const struct output_ops output_table = {
	.new = table_new,
	.event = table_event,
	.free = table_free,
};
