// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "output/cells.h"
#include "util/printable.h"

#define WQC_ELLIPSIS	"\xe2\x80\xa6"	/* U+2026, one column wide */

bool cell_misleads(const char *text, size_t len)
{
	size_t i;

	/* In another locale than UTF-8 libsmartcols escapes these bytes. */
	for (i = 0; i < len; i++)
		if (bidi_control_at(text + i, len - i))
			return true;
	return false;
}

static char *put_byte(char *p, unsigned char c)
{
	*p++ = '\\';
	*p++ = 'x';
	return put_hex(p, c);
}

int cell_set(struct cell *c, const char *text, size_t len, unsigned width)
{
	char *p = malloc(len * 4 + 1);
	size_t i, n;

	c->text = p;
	if (!p)
		return -ENOMEM;
	c->columns = 0;
	for (i = 0; i < len; i += n) {
		unsigned columns;

		n = printable(text + i, len - i, &columns);
		/* What looks escaped, and is not: as libsmartcols has it. */
		if (text[i] == '\\' && i + 1 < len && text[i + 1] == 'x')
			n = 0;
		if (n) {
			p = mempcpy(p, text + i, n);
		} else {
			p = put_byte(p, (unsigned char) text[i]);
			columns = 4;
			n = 1;
		}
		c->columns += columns;
	}
	c->len = (size_t) (p - c->text);
	c->width = c->columns > width ? c->columns : width;
	return 0;
}

bool cells_fit(struct cell *cells, unsigned n, unsigned columns)
{
	unsigned total = n ? n - 1 : 0, i;
	bool too_wide;

	for (i = 0; i < n; i++)
		total += cells[i].width;
	too_wide = total > columns;
	while (total > columns) {
		struct cell *widest = NULL;

		for (i = 0; i < n; i++)
			if (cells[i].least && cells[i].width > cells[i].least && (!widest || cells[i].width > widest->width))
				widest = &cells[i];
		if (!widest)
			break;
		widest->width--;
		total--;
	}
	return too_wide;
}

size_t cells_room(const struct cell *cells, unsigned n)
{
	size_t room = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		room += cells[i].len + cells[i].width + sizeof(WQC_ELLIPSIS);
	return room;
}

/* What fits beside the ellipsis; not a part of an escape. */
static char *put_cut(char *p, const struct cell *c)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	unsigned left = c->width - 1, columns;
	size_t i, n;

	for (i = 0; i < c->len; i += n) {
		n = printable(c->text + i, c->len - i, &columns);
		if (c->text[i] == '\\' && i + 1 < c->len && c->text[i + 1] == 'x')
			n = columns = 4;
		if (!n || columns > left)
			break;
		p = mempcpy(p, c->text + i, n);
		left -= columns;
	}
	if (utf8)
		p = mempcpy(p, WQC_ELLIPSIS, strlen(WQC_ELLIPSIS));
	else
		*p++ = '+';
	memset(p, ' ', left);
	return p + left;
}

static char *put_cell(char *p, const struct cell *c, bool last)
{
	unsigned pad = c->width - c->columns;

	if (c->width < c->columns)
		return put_cut(p, c);
	if (c->right) {
		memset(p, ' ', pad);
		p += pad;
	}
	p = mempcpy(p, c->text, c->len);
	if (!c->right && !last) {
		memset(p, ' ', pad);
		p += pad;
	}
	return p;
}

char *cells_put(char *p, const struct cell *cells, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		p = put_cell(p, &cells[i], i + 1 == n);
		if (i + 1 < n)
			*p++ = ' ';
	}
	return p;
}

void cells_free(struct cell *cells, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		free(cells[i].text);
}
