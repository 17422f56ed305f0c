// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdio.h>
#include <time.h>

#include "digits.h"
#include "output.h"

const char *const time_format_names[WQC_TIME__NR] = {
	[WQC_TIME_SHORT] = "short", [WQC_TIME_ISO] = "iso", [WQC_TIME_DELTA] = "delta",
	[WQC_TIME_MONOTONIC] = "monotonic", [WQC_TIME_RAW] = "raw",
};

const struct output_ops *output_for(enum format format)
{
	switch (format) {
	case WQC_FORMAT_JSON:
		return &output_json;
	case WQC_FORMAT_BINARY:
		return &output_binary;
	case WQC_FORMAT_JOURNAL:
		return &output_journal;
	default:
		return &output_table;
	}
}

static char *put_bytes(char *p, const char *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

/* As util-linux writes it: with a colon. */
static void set_zone(char *to, size_t size, const struct tm *tm)
{
	char zone[8];

	strftime(zone, sizeof(zone), "%z", tm);
	snprintf(to, size, "%.3s:%.2s", zone, zone + 3);
}

/* What is the same for all events of a second. */
static void set_second(struct output_clock *c, bool iso, uint64_t second)
{
	time_t secs = (time_t) second;
	struct tm tm;

	localtime_r(&secs, &tm);
	strftime(c->before, sizeof(c->before), iso ? "%Y-%m-%dT%H:%M:%S," : "%H:%M:%S.", &tm);
	c->behind[0] = '\0';
	if (iso)
		set_zone(c->behind, sizeof(c->behind), &tm);
	c->second = second;
	c->known = true;
}

static char *wall_clock(char *p, struct output_clock *c, bool iso, uint64_t ns)
{
	if (!c->known || c->second != ns / 1000000000)
		set_second(c, iso, ns / 1000000000);
	p = put_bytes(p, c->before, strlen(c->before));
	p = put_fraction(p, (uint32_t) (ns % 1000000000));
	return put_bytes(p, c->behind, strlen(c->behind));
}

size_t output_time(char *buf, enum time_format format, const struct wq_event *ev, struct output_clock *c)
{
	uint64_t before = c->last;
	char *p = buf;

	if (ev->boottime)
		c->last = ev->boottime;
	switch (format) {
	case WQC_TIME_MONOTONIC:
		if (ev->boottime)
			p = put_seconds(p, ev->boottime);
		break;
	case WQC_TIME_DELTA:
		if (ev->boottime) {
			*p++ = '+';
			p = put_seconds(p, before && ev->boottime > before ? ev->boottime - before : 0);
		}
		break;
	case WQC_TIME_RAW:
		if (ev->realtime)
			p = put_seconds(p, ev->realtime);
		break;
	default:
		if (ev->realtime)
			p = wall_clock(p, c, format == WQC_TIME_ISO, ev->realtime);
		break;
	}
	*p = '\0';
	return (size_t) (p - buf);
}

size_t output_expiry(char *buf, enum time_format format, uint64_t seconds)
{
	time_t secs = (time_t) seconds;
	struct tm tm;
	size_t len;

	/* A capture may say any number, past the years that there are. */
	if (format == WQC_TIME_RAW || secs < 0 || (uint64_t) secs != seconds || !localtime_r(&secs, &tm))
		return (size_t) (put_unsigned(buf, seconds) - buf);
	len = strftime(buf, WQC_OUTPUT_TIME_ROOM, "%Y-%m-%dT%H:%M:%S", &tm);
	if (format != WQC_TIME_SHORT)
		set_zone(buf + len, WQC_OUTPUT_TIME_ROOM - len, &tm);
	return strlen(buf);
}
