// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "digits.h"
#include "rows.h"

enum { WQC_PLAIN, WQC_ESCAPED, WQC_ODD };

/* What libsmartcols does with a byte, in this locale. Texts that aren't ASCII have a
 * width in tables, which it knows. NUL would end a text. */
static unsigned how(enum format format, int c)
{
	if (c == '\0')
		return WQC_ODD;
	switch (format) {
	case WQC_FORMAT_RAW:
		return isblank(c) || c == '\\' || !isprint(c) ? WQC_ESCAPED : WQC_PLAIN;
	case WQC_FORMAT_PAIRS:
		return strchr("\"\\`$", c) || iscntrl(c) || !isprint(c) ? WQC_ESCAPED : WQC_PLAIN;
	default:
		return c < 0x20 || c >= 0x7f || c == '\\' ? WQC_ODD : WQC_PLAIN;
	}
}

unsigned rows_column_width(const struct column *c)
{
	unsigned heading = (unsigned) strlen(c->name);

	return c->width > heading ? c->width : heading;
}

void rows_init(struct rows *r, const struct output_config *config)
{
	unsigned i;

	*r = (struct rows) { .format = config->format, .n = config->columns.n, .beside = 4 };
	for (i = 0; i < 256; i++)
		r->how[i] = (unsigned char) how(r->format, (int) i);
	for (i = 0; i < r->n; i++) {
		const struct column *c = &columns[config->columns.ids[i]];

		r->columns[i].right = c->flags & WQC_COLUMN_RIGHT;
		if (r->format == WQC_FORMAT_PAIRS)
			r->columns[i].lead_len = (size_t) snprintf(r->columns[i].lead, sizeof(r->columns[i].lead),
								   "%s=\"", c->name);
		/* As output-table.c asks for it: the last is not padded. */
		if (r->format == WQC_FORMAT_TABLE && (i + 1 < r->n || r->columns[i].right))
			r->columns[i].width = rows_column_width(c);
		r->beside += r->columns[i].width + sizeof(r->columns[i].lead) + 4;
	}
}

size_t rows_room(const struct rows *r, size_t len)
{
	return r->n * 4 * len + r->beside;	/* a byte is escaped as four */
}

static char *put_escaped(char *p, unsigned char c)
{
	*p++ = '\\';
	*p++ = 'x';
	return put_hex(p, c);
}

static char *put_cell(const struct rows *r, char *p, const char *text, size_t len)
{
	unsigned any = WQC_PLAIN;
	size_t i;

	for (i = 0; i < len; i++)
		any |= r->how[(unsigned char) text[i]];
	if (any & WQC_ODD)
		return NULL;
	if (any == WQC_PLAIN) {
		memcpy(p, text, len);
		return p + len;
	}
	for (i = 0; i < len; i++) {
		if (r->how[(unsigned char) text[i]] == WQC_PLAIN)
			*p++ = text[i];
		else
			p = put_escaped(p, (unsigned char) text[i]);
	}
	return p;
}

static char *pad(char *p, unsigned width, size_t len)
{
	if (len >= width)
		return p;
	memset(p, ' ', width - len);
	return p + width - len;
}

char *rows_cell(const struct rows *r, char *p, unsigned i, const char *text, size_t len)
{
	memcpy(p, r->columns[i].lead, sizeof(r->columns[i].lead));
	p += r->columns[i].lead_len;
	/* The last is not padded where it is empty, either. */
	if (r->columns[i].right && (len || i + 1 < r->n))
		p = pad(p, r->columns[i].width, len);
	p = put_cell(r, p, text, len);
	if (!p)
		return NULL;
	if (!r->columns[i].right)
		p = pad(p, r->columns[i].width, len);
	if (r->format == WQC_FORMAT_PAIRS)
		*p++ = '"';
	if (i + 1 < r->n)
		*p++ = ' ';
	return p;
}

size_t rows_width(const struct rows *r, const char *start, const char *end)
{
	/* The last may have a heading that is longer than it, and counts. */
	return (size_t) (end - start) + (r->columns[r->n - 1].width ? 0 : sizeof(r->columns[0].lead));
}
