// SPDX-License-Identifier: GPL-2.0-or-later
/* What a library says of a trace is checked before it is used. */
#include "config.h"

#include <limits.h>

#include "tap.h"
#include "trace.h"

int main(void)
{
	const unsigned char page[64] = { 0 };

	ok(wq_trace_event_fits(page, 64, NULL, page, 64), "an event that fills the page");
	ok(wq_trace_event_fits(page, 64, page + 8, page + 16, 48), "one after another");
	ok(!wq_trace_event_fits(page, 64, page + 16, page + 16, 8), "the same event again");
	ok(!wq_trace_event_fits(page, 64, page + 16, page + 8, 8), "an earlier one");
	ok(!wq_trace_event_fits(page + 8, 56, NULL, page, 8), "before the page");
	ok(!wq_trace_event_fits(page, 32, NULL, page + 32, 8), "behind the page");
	ok(!wq_trace_event_fits(page, 32, NULL, page + 24, 16), "longer than the page");
	ok(!wq_trace_event_fits(page, 64, NULL, page, 0) && !wq_trace_event_fits(page, 64, NULL, page, -8), "no length");

	ok(wq_trace_field_fits(8, 4, 12) && wq_trace_field_fits(0, 8, 8), "a field at the end");
	ok(!wq_trace_field_fits(9, 4, 12) && !wq_trace_field_fits(INT_MAX, 4, 12), "a field behind the end");
	ok(!wq_trace_field_fits(-4, 8, 12) && !wq_trace_field_fits(INT_MIN, 8, 12), "a field before the beginning");
	ok(!wq_trace_field_fits(0, 0, 12) && !wq_trace_field_fits(0, 3, 12) && !wq_trace_field_fits(0, -4, 12) &&
	   !wq_trace_field_fits(0, INT_MAX, 12), "a size that no number has");
	return tap_done();
}
