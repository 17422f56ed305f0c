/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of JSON is made of. The columns are compiled into a plan for each
 * kind of event (type and subtype), which leaves out what can't apply to it and
 * has the kind's own columns as text. Columns next to each other that depend on
 * the watch alone, or on a key's name or path, are one step, and what they come
 * to is kept with the watch, name or path: most of a line is copied.
 */
#ifndef WQC_JSON_PLAN_H
#define WQC_JSON_PLAN_H

#include "output.h"

#define WQC_JSON_NAME_ROOM	32		/* `,"name":`; and a second before its fraction */
#define WQC_JSON_BLOCK		64		/* bytes that texts are copied by */

/* A text of a plan's own, or one that is kept. Has room up to a whole block. */
struct json_text {
	size_t len;
	char bytes[];
};

struct json_step {
	enum {
		WQC_STEP_TEXT,	/* the same each time */
		WQC_STEP_SEQ,
		WQC_STEP_TIME,
		WQC_STEP_BOOTTIME,
		WQC_STEP_WATCH,	/* columns of one watch */
		WQC_STEP_KEY,	/* columns of the key's name */
		WQC_STEP_AUX,	/* of the member's */
		WQC_STEP_PATH,	/* of the path */
		WQC_STEP_COLUMN,	/* any other */
	} what;
	unsigned first, n;	/* columns of the list */
	unsigned slot;		/* WQC_STEP_WATCH to WQC_STEP_PATH: where the text is kept */
	struct json_text *text;	/* WQC_STEP_TEXT; WQC_STEP_KEY, WQC_STEP_AUX: before the serial of a
				 * key without a name; NULL: they don't show it just once */
	struct json_text *after;	/* behind it */
};

struct json_plan {
	struct json_plan *plain;	/* for events that are plain: json_is_plain() */
	unsigned whole;		/* length of a record with every field and nothing else;
				 * 0: it varies */
	unsigned n;
	struct json_step steps[2 * WQC_COL__NR];
};

/* What the columns are called. */
struct json_names {
	struct {
		char text[WQC_JSON_NAME_ROOM];
		size_t len;
	} of[WQC_COL__NR];
};

void json_name_columns(struct json_names *names);

/* A plan for the columns of @list. @ev is any event of the plan's kind; NULL: the
 * plan is for every kind. @watch_slots: how many texts can be kept with a watch;
 * with a name or a path it is WQ_NAME_CACHES. Has in it a plan for plain events. NULL without
 * memory. */
struct json_plan *json_plan_new(const struct column_list *list, const struct json_names *names,
				const struct wq_event *ev, unsigned watch_slots);
void json_plan_free(struct json_plan *plan);

static inline bool json_is_plain(const struct json_plan *plan, const struct wq_event *ev)
{
	/* In one: all of it is so with nearly every event. */
	uint32_t more = (uint32_t) ev->mark | ev->pid | (ev->ktime != 0) | (uint32_t) ev->command[0] | (ev->rec.len ^ plan->whole);

	return more == 0;
}

struct json_text *json_text_new(const char *bytes, size_t len);

/* Writes `,"name":value`, or nothing where the column doesn't apply. Writes up to
 * WQC_JSON_NAME_ROOM bytes more than it comes to; returns its end. */
char *json_column(char *p, const struct json_names *names, enum column_id id, const struct wq_event *ev);

static inline char *json_name(char *p, const struct json_names *names, enum column_id id)
{
	memcpy(p, names->of[id].text, WQC_JSON_NAME_ROOM);
	return p + names->of[id].len;
}

static inline char *json_null(char *p)
{
	memcpy(p, "null", 4);
	return p + 4;
}

#endif
