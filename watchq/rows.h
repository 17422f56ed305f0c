/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows that need no layout: in tables those whose cells are printable ASCII, in raw
 * columns and pairs, which are escaped byte by byte, nearly all. They are put together
 * here byte for byte as libsmartcols would print them; all others are left to it.
 */
#ifndef WQC_ROWS_H
#define WQC_ROWS_H

#include "output.h"

struct rows {
	enum format format;
	unsigned n;
	struct {
		unsigned width;	/* that it takes at least; 0: as its text */
		bool right;
		size_t lead_len;
		char lead[24];	/* pairs: `NAME="` */
	} columns[2 * WQC_COL__NR];
	size_t beside;		/* bytes that a row may have beside its texts */
	unsigned char how[256];	/* what becomes of a byte: rows.c */
};

/* Return the least width of a column in a table, in characters. */
unsigned rows_column_width(const struct column *c);

void rows_init(struct rows *r, const struct output_config *config);

/* Bytes that a row may take whose cells' texts have no more than @len bytes each. */
size_t rows_room(const struct rows *r, size_t len);

/* Writes the cell number @i, from 0, and what stands before the next. Returns its end;
 * NULL: the row is not one of these. */
char *rows_cell(const struct rows *r, char *p, unsigned i, const char *text, size_t len);

/* Columns of a terminal that the row from @start to @end needs, at most. */
size_t rows_width(const struct rows *r, const char *start, const char *end);

#endif
