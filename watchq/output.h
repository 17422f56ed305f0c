/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events to text or bytes. */
#ifndef WQC_OUTPUT_H
#define WQC_OUTPUT_H

#include "colors.h"
#include "columns.h"
#include "libwatchq.h"
#include "sink.h"

enum format { WQC_FORMAT_TABLE, WQC_FORMAT_RAW, WQC_FORMAT_PAIRS, WQC_FORMAT_JSON, WQC_FORMAT_BINARY, WQC_FORMAT_JOURNAL };

enum time_format { WQC_TIME_SHORT, WQC_TIME_ISO, WQC_TIME_DELTA, WQC_TIME_MONOTONIC, WQC_TIME_RAW, WQC_TIME__NR };
extern const char *const time_format_names[WQC_TIME__NR];

struct output_config {
	enum format format;
	bool annotated;		/* WQC_FORMAT_BINARY */
	bool live;		/* the events are this machine's, of now */
	const struct wq_dialect *dialect;	/* of the events; NULL: the default one */
	bool noheadings, zero, notruncate;
	enum time_format time_format;
	enum color_mode color;	/* of WQC_FORMAT_TABLE */
	struct column_list columns;
};

/* What one format is: a file each. State is its own. */
struct output_ops {
	/* Whether it can be used here: 0, or the exit status, said. May be NULL. */
	int (*check)(void);
	/* NULL: out of memory. */
	void *(*new)(const struct output_config *config, struct sink *sink);
	/* 0 or what the sink returned. */
	int (*event)(void *state, const struct wq_event *ev);
	/* Before the first event, if any comes; may be NULL. 0 or -errno. */
	int (*begin)(void *state);
	void (*free)(void *state);
};

extern const struct output_ops output_json, output_table, output_binary, output_journal;

const struct output_ops *output_for(enum format format);

/* What output_time() keeps between two events: zeros at first. One format's. */
struct output_clock {
	uint64_t last;		/* boottime of the event before */
	uint64_t second;	/* ... that these are of */
	bool known;
	char before[32], behind[8];	/* the fraction */
};

#define WQC_OUTPUT_TIME_ROOM	64

/* Writes when @ev was as the table shows it, with a NUL, "" if that isn't known.
 * Returns its length. */
size_t output_time(char *buf, enum time_format format, const struct wq_event *ev, struct output_clock *c);

/* The same of a time that is in whole seconds, known and not near: with its date, and
 * without a zone where @format is short. Into WQC_OUTPUT_TIME_ROOM bytes, without a NUL. */
size_t output_expiry(char *buf, enum time_format format, uint64_t seconds);

#endif
