/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Format files of tracefs: events/header_page, and the format of each event. Nothing in one is
 * used before it is checked, and nothing is allocated. */
#ifndef WQ_TRACE_FORMAT_H
#define WQ_TRACE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define WQ_TRACE_EVENT_MAX	65536	/* bytes: no page is larger */

/** Where an event has a field. */
struct wq_trace_field {
	unsigned offset, size;		/* bytes; size 0: none */
	bool is_signed;
};

/** Return the ID that the format file @text gives its event; -EPROTO: none. */
int wq_trace_format_id(const char *text);

/** Find the field @name in the format file @text. Return 0; -ENOENT: it has no such field; -EPROTO:
 * the field has no place in an event, and *@f no size. */
int wq_trace_format_field(const char *text, const char *name, struct wq_trace_field *f);

/** Return the size of a word of the kernel, 4 or 8 bytes, by the file events/header_page; -EPROTO:
 * it lays pages out in a way that watchq does not know. */
int wq_trace_format_word(const char *header_page);

/** Whether @f is a number: of 1, 2, 4 or 8 bytes. */
bool wq_trace_field_is_number(const struct wq_trace_field *f);

/** Read the number @f from the @len bytes of an event at @data, with its sign. Return 0 where it is
 * no number, or beyond the event. */
uint64_t wq_trace_field_read(const struct wq_trace_field *f, const void *data, unsigned len);

#endif
