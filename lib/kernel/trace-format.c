// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A line of a format file: "	field:char rwbs[10];	offset:34;	size:10;	signed:0;".
 *
 * Not by libtraceevent: 1.7 parses a part of a format where memory runs out, and returns 0; then
 * offsets and sizes are wrong, or it reads where NULL leads to.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/trace-format.h"

#define WQ_TIMESTAMP	8u	/* bytes, with which a page begins */

int wq_trace_format_id(const char *text)
{
	const char *at = strncmp(text, "ID:", 3) == 0 ? text : strstr(text, "\nID:");
	int id;

	/* The kernel's are 16 bits wide. */
	if (!at || sscanf(at + strspn(at, "\n"), "ID: %5d", &id) != 1 || id < 0 || id > UINT16_MAX)
		return -EPROTO;
	return id;
}

static bool is_in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Whether @name is the last word of the declaration from @at to @end, before a "[10]". */
static bool declares(const char *at, const char *end, const char *name)
{
	size_t len = strlen(name);

	if (end > at && end[-1] == ']')
		while (end > at && *end != '[')
			end--;
	return (size_t) (end - at) > len && memcmp(end - len, name, len) == 0 && !is_in_name(*(end - len - 1));
}

/* What follows a declaration. */
static int parse_place(const char *at, struct wq_trace_field *f)
{
	unsigned offset, size, is_signed;
	int end = 0;

	if (sscanf(at, "; offset:%5u; size:%5u; signed:%1u;%n", &offset, &size, &is_signed, &end) != 3 || !end ||
	    size == 0 || size > WQ_TRACE_EVENT_MAX || offset > WQ_TRACE_EVENT_MAX - size)
		return -EPROTO;
	*f = (struct wq_trace_field) { .offset = offset, .size = size, .is_signed = is_signed };
	return 0;
}

int wq_trace_format_field(const char *text, const char *name, struct wq_trace_field *f)
{
	const char *line, *next, *end;

	*f = (struct wq_trace_field) { .size = 0 };
	for (line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		line += strspn(line, " \t");
		if (strncmp(line, "field:", 6) == 0) {
			end = memchr(line, ';', (size_t) (next - line));
			if (end && declares(line + 6, end, name))
				return parse_place(end, f);
		}
		next += *next == '\n';
	}
	return -ENOENT;
}

int wq_trace_format_word(const char *header_page)
{
	struct wq_trace_field timestamp, commit, data;

	if (wq_trace_format_field(header_page, "timestamp", &timestamp) ||
	    wq_trace_format_field(header_page, "commit", &commit) || wq_trace_format_field(header_page, "data", &data) ||
	    timestamp.offset || timestamp.size != WQ_TIMESTAMP || commit.offset != WQ_TIMESTAMP ||
	    (commit.size != 4 && commit.size != 8) || data.offset != WQ_TIMESTAMP + commit.size)
		return -EPROTO;
	return (int) commit.size;
}

bool wq_trace_field_is_number(const struct wq_trace_field *f)
{
	return f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8;
}

uint64_t wq_trace_field_read(const struct wq_trace_field *f, const void *data, unsigned len)
{
	const unsigned char *at;
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	if (f->size > len || f->offset > len - f->size)
		return 0;
	at = (const unsigned char *) data + f->offset;
	switch (f->size) {
	case 1:
		return f->is_signed ? (uint64_t) (int8_t) *at : *at;
	case 2:
		memcpy(&v16, at, sizeof(v16));
		return f->is_signed ? (uint64_t) (int16_t) v16 : v16;
	case 4:
		memcpy(&v32, at, sizeof(v32));
		return f->is_signed ? (uint64_t) (int32_t) v32 : v32;
	case 8:
		memcpy(&v64, at, sizeof(v64));
		return v64;
	default:
		return 0;
	}
}
