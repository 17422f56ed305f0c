// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>

#include "columns.h"
#include "digits.h"
#include "event-text.h"
#include "json.h"
#include "util/printable.h"

#define WQC_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Some of these apply to an event: the first that does is what it is about. */
static const enum column_id about[] = {
	WQC_COL_TARGET, WQC_COL_TARGETS, WQC_COL_PARTITION, WQC_COL_DEVICE, WQC_COL_DESCRIPTION, WQC_COL_KEY, WQC_COL_NAME,
	WQC_COL_SOURCE, WQC_COL_MAJ_MIN, WQC_COL_MOUNT, WQC_COL_SB_ID, WQC_COL_OBJECT,
};
/* ... and of these, what else to say. */
static const enum column_id besides[] = { WQC_COL_ERRNO, WQC_COL_LIMIT, WQC_COL_AUX_DESCRIPTION, WQC_COL_OLD_TARGET, WQC_COL_LOST };

/* How many bytes at @p, in UTF-8, are a character that is not to be seen: a control, also of the
 * text's direction. */
static size_t hidden(const unsigned char *p, size_t left)
{
	if (*p < 0x20 || *p == 0x7f)
		return 1;
	if (*p == 0xc2 && left > 1 && p[1] < 0xa0)
		return 2;
	return bidi_control_at((const char *) p, left);
}

/* Escaped as a table is: nobody's line but ours, and the journal shows no others as text. */
static void add_text(struct bytes *b, const char *text, size_t len)
{
	bool utf8 = is_utf8(text, len);
	size_t i;

	for (i = 0; i < len; i++) {
		const unsigned char *p = (const unsigned char *) text + i;
		size_t n = utf8 ? hidden(p, len - i) : *p < 0x20 || *p >= 0x7f;

		if (n == 0) {
			bytes_add(b, p, 1);
			continue;
		}
		for (i += n - 1; n; n--, p++) {
			char escape[4] = "\\x";

			put_hex(escape + 2, *p);
			bytes_add(b, escape, sizeof(escape));
		}
	}
}

static void add_column(struct bytes *b, const char *before, enum column_id id, const struct wq_event *ev)
{
	struct value v;

	column_text(id, ev, &v);
	if (v.len == 0)
		return;
	bytes_add(b, before, strlen(before));
	add_text(b, v.text, v.len);
}

static void add_first(struct bytes *b, const char *before, const enum column_id *ids, size_t n, const struct wq_event *ev)
{
	size_t len = b->len, i;

	for (i = 0; i < n && b->len == len; i++)
		add_column(b, before, ids[i], ev);
}

void event_text(struct bytes *b, const struct wq_event *ev)
{
	add_column(b, "", WQC_COL_TYPE, ev);
	add_column(b, " ", WQC_COL_EVENT, ev);
	add_first(b, " ", about, WQC_ARRAY_SIZE(about), ev);
	add_first(b, ": ", besides, WQC_ARRAY_SIZE(besides), ev);
}
