// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one object an event. The columns are compiled into a plan for each
 * kind of event (type and subtype), which leaves out what can't apply to it and
 * has the kind's own columns as text. Columns next to each other that depend on
 * the watch alone, or on a key's name, are one step, and what they come to is
 * kept with the watch or the name: most of a line is copied.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "output.h"

#define MAX_WATCHES	4096		/* whose text is kept */
#define KINDS		(6 * 256)	/* types below 6, by subtype */
#define SLOTS		WQ_NAME_CACHES
#define KEEP_MAX	1024		/* bytes: names are bounded, and so must this be */
#define NAME_ROOM	32		/* `,"name":` */

/* A text of the plan's own, or one that is kept. */
struct text {
	size_t len;
	char bytes[];
};

struct step {
	enum {
		STEP_TEXT,	/* the same each time */
		STEP_SEQ,
		STEP_TIME,
		STEP_BOOTTIME,
		STEP_KEPT,	/* columns of one watch or name */
		STEP_COLUMN,	/* any other */
	} what;
	enum column_from from;
	unsigned first, n;	/* columns of the list */
	int slot;		/* STEP_KEPT: where the text is kept; -1: it isn't */
	struct text *text;	/* STEP_TEXT; STEP_KEPT: the same without a name, ... */
	size_t split;		/* ... whose serial goes in here */
};

struct plan {
	unsigned n;
	struct step steps[2 * COL__NR];
};

struct json {
	const struct output_config *config;
	struct sink *sink;
	size_t text_room;	/* bytes that a column's own text may have */
	struct plan *plans[KINDS];
	struct plan *general;	/* for kinds that the catalog doesn't know */
	struct text **watches[SLOTS];
	struct {
		char text[NAME_ROOM];
		size_t len;
	} names[COL__NR];
};

/* ---- Values ---- */

static char *put_name(char *p, const struct json *j, enum column_id id)
{
	memcpy(p, j->names[id].text, j->names[id].len);
	return p + j->names[id].len;
}

static char *put_text(char *p, const struct json *j, enum column_id id, const struct value *v)
{
	p = put_name(p, j, id);
	if (is_utf8(v->text, v->len))
		return json_string(p, v->text, v->len);
	/* `,"name":` becomes `,"name_raw":` */
	memcpy(p - 2, "_raw\":", 6);
	return json_bytes(p + 4, v->text, v->len);
}

static char *put_null(char *p)
{
	memcpy(p, "null", 4);
	return p + 4;
}

static char *put_value(char *p, const struct value *v)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	switch (v->kind) {
	case VALUE_UNSIGNED:
		return json_safe_unsigned(p, v->u);
	case VALUE_SIGNED:
		if (v->s < 0)
			*p++ = '-';
		return json_unsigned(p, (uint64_t) (v->s < 0 ? -v->s : v->s));
	case VALUE_TIME:
		return json_seconds(p, v->u);
	case VALUE_HEX:
		*p++ = '"';
		for (i = 0; i < v->len; i++) {
			*p++ = digits[(unsigned char) v->text[i] >> 4];
			*p++ = digits[v->text[i] & 15];
		}
		*p++ = '"';
		return p;
	default:
		return put_null(p);
	}
}

static char *put_column(char *p, const struct json *j, enum column_id id, const struct wq_event *ev)
{
	struct value v;

	column_value(id, ev, &v);
	if (v.kind == VALUE_NONE)
		return p;
	if (v.kind == VALUE_TEXT)
		return put_text(p, j, id, &v);
	return put_value(put_name(p, j, id), &v);
}

static char *put_time(char *p, const struct json *j, enum column_id id, uint64_t ns)
{
	p = put_name(p, j, id);
	return ns ? json_seconds(p, ns) : put_null(p);
}

/* ---- Compiling ---- */

static struct text *new_text(const char *bytes, size_t len)
{
	struct text *t = malloc(sizeof(*t) + len);

	if (t) {
		t->len = len;
		memcpy(t->bytes, bytes, len);
	}
	return t;
}

static void name_column(struct json *j, enum column_id id)
{
	char lower[NAME_ROOM - 8];
	size_t i;

	for (i = 0; columns[id].name[i]; i++) {
		char c = columns[id].name[i];

		lower[i] = c == '-' ? '_' : (char) tolower((unsigned char) c);
	}
	lower[i] = '\0';
	j->names[id].len = (size_t) snprintf(j->names[id].text, NAME_ROOM, ",\"%s\":", lower);
}

/* The columns of a key whose name isn't known: nulls, and room for its serial. */
static struct text *nameless(const struct json *j, const struct step *s, size_t *split)
{
	char room[2 * COL__NR * (NAME_ROOM + 4)], *p = room;
	unsigned i, serials = 0;

	for (i = 0; i < s->n; i++) {
		enum column_id id = j->config->columns.ids[s->first + i];

		p = put_name(p, j, id);
		if (id == COL_KEY || id == COL_AUX) {
			*split = (size_t) (p - room);
			serials++;
		} else {
			p = put_null(p);
		}
	}
	return serials == 1 ? new_text(room, (size_t) (p - room)) : NULL;
}

/* Slots for what is kept, given out from the first column on: the same in every
 * plan, since a name's slots are. */
struct slots {
	unsigned watches, names;
};

static int next_slot(struct json *j, enum column_from from, struct slots *slots)
{
	if (from != FROM_WATCH)
		return slots->names < SLOTS ? (int) slots->names++ : -1;
	if (slots->watches == SLOTS)
		return -1;
	if (!j->watches[slots->watches])
		j->watches[slots->watches] = calloc(MAX_WATCHES, sizeof(struct text *));
	return j->watches[slots->watches] ? (int) slots->watches++ : -1;
}

/* A step for the @n columns from @first on, which all stand for @from. @ev is an
 * event of the plan's kind, NULL in the general plan. */
static void add_step(struct json *j, struct plan *plan, enum column_from from, unsigned first, unsigned n,
		     const struct wq_event *ev, struct slots *slots)
{
	enum column_id id = j->config->columns.ids[first];
	struct step *s = &plan->steps[plan->n];

	*s = (struct step) { .what = STEP_COLUMN, .from = from, .first = first, .n = n, .slot = -1 };
	if (from == FROM_WATCH || from == FROM_KEY || from == FROM_AUX) {
		s->what = STEP_KEPT;
		s->slot = next_slot(j, from, slots);
		if (from != FROM_WATCH)
			s->text = nameless(j, s, &s->split);
	} else if (from == FROM_KIND && ev) {
		char room[2 * COL__NR * (NAME_ROOM + JSON_TEXT_ROOM(32))], *p = room;
		unsigned i;

		for (i = 0; i < n; i++)
			p = put_column(p, j, j->config->columns.ids[first + i], ev);
		s->text = new_text(room, (size_t) (p - room));
		s->what = s->text ? STEP_TEXT : STEP_COLUMN;
	} else if (id == COL_SEQ && n == 1) {
		s->what = STEP_SEQ;
	} else if (id == COL_TIME && n == 1) {
		s->what = STEP_TIME;
	} else if (id == COL_BOOTTIME && n == 1) {
		s->what = STEP_BOOTTIME;
	} else if (n == 1 && ev && !column_may_apply(id, ev->rec.type, ev->rec.sub)) {
		return;
	}
	plan->n++;
}

static struct plan *new_plan(struct json *j, const struct wq_event *ev)
{
	const struct column_list *list = &j->config->columns;
	struct plan *plan = calloc(1, sizeof(*plan));
	struct slots slots = { 0 };
	unsigned i, n;

	for (i = 0; plan && i < list->n; i += n) {
		enum column_from from = columns[list->ids[i]].from;

		n = 1;
		while (from != FROM_EVENT && i + n < list->n && columns[list->ids[i + n]].from == from)
			n++;
		add_step(j, plan, from, i, n, ev, &slots);
	}
	return plan;
}

static void *json_new(const struct output_config *config, struct sink *sink)
{
	struct json *j = calloc(1, sizeof(*j));
	unsigned i;

	if (!j)
		return NULL;
	j->config = config;
	j->sink = sink;
	j->text_room = WQ_RECORD_MAX;
	for (i = 0; i < COL__NR; i++)
		name_column(j, i);
	for (i = 0; i < config->columns.n; i++)
		if (config->columns.ids[i] == COL_DETAIL)
			j->text_room = sizeof(((struct value *) NULL)->own);
	j->general = new_plan(j, NULL);
	if (!j->general) {
		free(j);
		return NULL;
	}
	return j;
}

static void free_plan(struct plan *plan)
{
	unsigned i;

	for (i = 0; plan && i < plan->n; i++)
		free(plan->steps[i].text);
	free(plan);
}

static void json_free(void *state)
{
	struct json *j = state;
	unsigned i, w;

	for (i = 0; i < KINDS; i++)
		free_plan(j->plans[i]);
	free_plan(j->general);
	for (i = 0; i < SLOTS; i++) {
		for (w = 0; j->watches[i] && w < MAX_WATCHES; w++)
			free(j->watches[i][w]);
		free(j->watches[i]);
	}
	free(j);
}

/* ---- Writing ---- */

/* Where the text of a step is kept, for this event; NULL: nowhere. */
static void **kept_at(const struct json *j, const struct step *s, const struct wq_event *ev)
{
	if (s->slot < 0)
		return NULL;
	switch (s->from) {
	case FROM_WATCH:
		if (ev->watch->index >= MAX_WATCHES || ev->watch->id != ev->rec.id)
			return NULL;
		return (void **) &j->watches[s->slot][ev->watch->index];
	case FROM_KEY:
		return ev->key_name ? &ev->key_name->cache[s->slot] : NULL;
	default:
		return ev->aux_name ? &ev->aux_name->cache[s->slot] : NULL;
	}
}

static char *put_nameless(char *p, const struct step *s, uint32_t serial)
{
	memcpy(p, s->text->bytes, s->split);
	p = json_unsigned(p + s->split, serial);
	memcpy(p, s->text->bytes + s->split, s->text->len - s->split);
	return p + s->text->len - s->split;
}

static char *put_kept(char *p, const struct json *j, const struct step *s, const struct wq_event *ev)
{
	void **at = kept_at(j, s, ev);
	char *from = p;
	unsigned i;

	if (at && *at) {
		const struct text *t = *at;

		memcpy(p, t->bytes, t->len);
		return p + t->len;
	}
	if (s->text && s->from == FROM_KEY && ev->has_key && !ev->key_name)
		return put_nameless(p, s, ev->key);
	if (s->text && s->from == FROM_AUX && ev->aux_kind == WQ_AUX_KEY && !ev->aux_name)
		return put_nameless(p, s, ev->aux);

	for (i = 0; i < s->n; i++)
		p = put_column(p, j, j->config->columns.ids[s->first + i], ev);
	/* What isn't kept is made anew each time. */
	if (at && p - from <= KEEP_MAX)
		*at = new_text(from, (size_t) (p - from));
	return p;
}

static char *put_step(char *p, const struct json *j, const struct step *s, const struct wq_event *ev)
{
	unsigned i;

	switch (s->what) {
	case STEP_TEXT:
		memcpy(p, s->text->bytes, s->text->len);
		return p + s->text->len;
	case STEP_SEQ:
		return json_safe_unsigned(put_name(p, j, COL_SEQ), ev->seq);
	case STEP_TIME:
		return put_time(p, j, COL_TIME, ev->realtime);
	case STEP_BOOTTIME:
		return put_time(p, j, COL_BOOTTIME, ev->boottime);
	case STEP_KEPT:
		return put_kept(p, j, s, ev);
	default:
		for (i = 0; i < s->n; i++)
			p = put_column(p, j, j->config->columns.ids[s->first + i], ev);
		return p;
	}
}

static const struct plan *plan_for(struct json *j, const struct wq_event *ev)
{
	struct plan **plan;

	if (!ev->rec.sub || ev->rec.type_nr >= KINDS / 256)
		return j->general;
	plan = &j->plans[ev->rec.type_nr * 256 + ev->rec.subtype_nr];
	if (!*plan)
		*plan = new_plan(j, ev);
	return *plan ? *plan : j->general;
}

/* The most that a line can take. */
static size_t line_room(const struct json *j, const struct wq_event *ev)
{
	const struct wq_name *names[] = { ev->key_name, ev->aux_name };
	size_t text = j->text_room, i;

	for (i = 0; i < 2; i++)
		if (names[i] && names[i]->desc_len + names[i]->type_len > text)
			text = names[i]->desc_len + names[i]->type_len;
	if (ev->watch->object && ev->watch->object_len > text)
		text = ev->watch->object_len;
	return j->config->columns.n * (NAME_ROOM + 8 + JSON_TEXT_ROOM(text)) + 8;
}

static int json_event(void *state, const struct wq_event *ev)
{
	struct json *j = state;
	int rc;
	char *start = sink_room(j->sink, line_room(j, ev), &rc), *p = start;
	const struct plan *plan;
	unsigned i;

	if (!start)
		return rc;
	plan = plan_for(j, ev);
	for (i = 0; i < plan->n; i++)
		p = put_step(p, j, &plan->steps[i], ev);
	if (p == start)
		p++;
	*start = '{';		/* over the first comma */
	*p++ = '}';
	*p++ = j->config->zero ? '\0' : '\n';
	j->sink->len += (size_t) (p - start);
	return 0;
}

const struct output_ops output_json = {
	.new = json_new,
	.event = json_event,
	.free = json_free,
};
