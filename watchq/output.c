// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "output.h"

const char *const time_format_names[TIME__NR] = {
	[TIME_SHORT] = "short", [TIME_ISO] = "iso", [TIME_DELTA] = "delta",
	[TIME_MONOTONIC] = "monotonic", [TIME_RAW] = "raw",
};

const struct output_ops *output_for(enum format format)
{
	switch (format) {
	case FORMAT_JSON:
		return &output_json;
	case FORMAT_BINARY:
		return &output_binary;
	default:
		return &output_table;
	}
}

static void seconds(char *buf, size_t size, const char *prefix, uint64_t ns)
{
	snprintf(buf, size, "%s%" PRIu64 ".%06" PRIu64, prefix, ns / 1000000000, ns / 1000 % 1000000);
}

static void wall_clock(char *buf, size_t size, bool iso, uint64_t ns)
{
	time_t secs = (time_t) (ns / 1000000000);
	unsigned usecs = (unsigned) (ns / 1000 % 1000000);
	char date[32], zone[8];
	struct tm tm;

	localtime_r(&secs, &tm);
	if (!iso) {
		strftime(date, sizeof(date), "%H:%M:%S", &tm);
		snprintf(buf, size, "%s.%06u", date, usecs);
		return;
	}
	/* As util-linux writes it: a comma, and a colon in the zone. */
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(buf, size, "%s,%06u%.3s:%.2s", date, usecs, zone, zone + 3);
}

void output_time(char *buf, size_t size, enum time_format format,
		 const struct wq_event *ev, uint64_t *last)
{
	uint64_t before = *last;

	buf[0] = '\0';
	if (ev->boottime)
		*last = ev->boottime;
	switch (format) {
	case TIME_MONOTONIC:
		if (ev->boottime)
			seconds(buf, size, "", ev->boottime);
		break;
	case TIME_DELTA:
		if (ev->boottime)
			seconds(buf, size, "+", before && ev->boottime > before ? ev->boottime - before : 0);
		break;
	case TIME_RAW:
		if (ev->realtime)
			seconds(buf, size, "", ev->realtime);
		break;
	default:
		if (ev->realtime)
			wall_clock(buf, size, format == TIME_ISO, ev->realtime);
		break;
	}
}
