/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cells of a table's row that libsmartcols would not make well: it cuts a cell without a mark,
 * so that a path looks like another one, and lets characters through that change the direction of
 * the text.
 */
#ifndef WQC_CELLS_H
#define WQC_CELLS_H

#include <stdbool.h>
#include <stddef.h>

struct cell {
	char *text;		/* as it is shown; malloc()ed */
	size_t len;
	unsigned columns;	/* of the text */
	unsigned width;		/* columns that the cell takes */
	unsigned least;		/* to which it may be cut; 0: not at all */
	bool right;		/* aligned */
};

/** Whether libsmartcols would show characters of the @len bytes at @text that mislead. */
bool cell_misleads(const char *text, size_t len);

/** Set @c's text, escaped: "\xHH" for each byte that is no printable character. @width: the least
 * that the cell takes. Return 0 or -ENOMEM. */
int cell_set(struct cell *c, const char *text, size_t len, unsigned width);

/** If the row of @n cells is wider than @columns, make the widest narrower until it fits, or none may
 * be cut further, and return true. */
bool cells_fit(struct cell *cells, unsigned n, unsigned columns);

/** The bytes that cells_put() needs. */
size_t cells_room(const struct cell *cells, unsigned n);

/** Put the row at @p, without a newline: what does not fit ends with an ellipsis. Return its end. */
char *cells_put(char *p, const struct cell *cells, unsigned n);

void cells_free(struct cell *cells, unsigned n);

#endif
