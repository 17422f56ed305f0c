// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>

#include "digits.h"
#include "match.h"

static bool is(const char *wanted, const char *text, size_t len)
{
	return strlen(wanted) == len && memcmp(wanted, text, len) == 0;
}

/* As any --time-format has it, but for delta: that depends on the event before. */
static bool is_time(const char *wanted, const struct wq_event *ev)
{
	char text[WQC_OUTPUT_TIME_ROOM];
	unsigned i;

	for (i = 0; i < WQC_TIME__NR; i++) {
		struct output_clock c = { .last = 0 };

		if (i != WQC_TIME_DELTA && is(wanted, text, output_time(text, (enum time_format) i, ev, &c)))
			return true;
	}
	return false;
}

static bool is_expiry(const char *wanted, uint64_t seconds)
{
	char text[WQC_OUTPUT_TIME_ROOM];
	unsigned i;

	for (i = 0; i < WQC_TIME__NR; i++)
		if (is(wanted, text, output_expiry(text, (enum time_format) i, seconds)))
			return true;
	return false;
}

/* What is shown in more than one way may be given in each. */
static bool has_value(enum column_id id, const char *wanted, const struct wq_event *ev)
{
	char text[WQC_NUMBER_ROOM];
	struct value v;

	column_text(id, ev, &v);
	/* A text of a record's may have a NUL, where a table ends it, too. */
	if (is(wanted, v.text, strnlen(v.text, v.len)))
		return true;
	if (!*wanted || !v.len)
		return false;
	switch (id) {
	case WQC_COL_TIME:
		return is_time(wanted, ev);
	case WQC_COL_EXPIRES:
		return is_expiry(wanted, ev->key_name->expires);
	case WQC_COL_INFO:
		return is(wanted, text, (size_t) (put_unsigned(text, ev->rec.info) - text));
	default:
		return false;
	}
}

bool match_event(void *options, const struct wq_event *ev)
{
	const struct options *o = options;
	unsigned i;

	for (i = 0; i < o->nmatch; i++)
		if (!has_value(o->match[i].column, o->match[i].value, ev))
			return false;
	return true;
}
