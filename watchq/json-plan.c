// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "json.h"
#include "json-plan.h"

/* ---- Values ---- */

static char *put_text(char *p, const struct json_names *names, enum column_id id, const struct value *v)
{
	p = json_name(p, names, id);
	if (is_utf8(v->text, v->len))
		return json_string(p, v->text, v->len);
	/* `,"name":` becomes `,"name_raw":` */
	memcpy(p - 2, "_raw\":", 6);
	return json_bytes(p + 4, v->text, v->len);
}

static char *put_value(char *p, const struct value *v)
{
	size_t i;

	switch (v->kind) {
	case WQC_VALUE_UNSIGNED:
		return json_safe_unsigned(p, v->u);
	case WQC_VALUE_SIGNED:
		if (v->s < 0)
			*p++ = '-';
		return put_unsigned(p, (uint64_t) (v->s < 0 ? -v->s : v->s));
	case WQC_VALUE_TIME:
		return put_seconds(p, v->u);
	case WQC_VALUE_HEX:
		*p++ = '"';
		for (i = 0; i < v->len; i++)
			p = put_hex(p, (unsigned char) v->text[i]);
		*p++ = '"';
		return p;
	default:
		return json_null(p);
	}
}

char *json_column(char *p, const struct json_names *names, enum column_id id, const struct wq_event *ev)
{
	struct value v;

	column_value(id, ev, &v);
	if (v.kind == WQC_VALUE_NONE)
		return p;
	if (v.kind == WQC_VALUE_TEXT)
		return put_text(p, names, id, &v);
	return put_value(json_name(p, names, id), &v);
}

/* ---- Compiling ---- */

struct json_text *json_text_new(const char *bytes, size_t len)
{
	struct json_text *t = calloc(1, sizeof(*t) + len + WQC_JSON_BLOCK);

	if (t) {
		t->len = len;
		memcpy(t->bytes, bytes, len);
	}
	return t;
}

static void name_column(struct json_names *names, enum column_id id)
{
	char lower[WQC_JSON_NAME_ROOM - 8];
	size_t i;

	for (i = 0; columns[id].name[i]; i++) {
		char c = columns[id].name[i];

		lower[i] = c == '-' ? '_' : ascii_lower(c);
	}
	lower[i] = '\0';
	names->of[id].len = (size_t) snprintf(names->of[id].text, WQC_JSON_NAME_ROOM, ",\"%s\":", lower);
}

void json_name_columns(struct json_names *names)
{
	unsigned i;

	for (i = 0; i < WQC_COL__NR; i++)
		name_column(names, i);
}

/* What a plan is made from, and how far it is. */
struct compiler {
	const struct column_list *list;
	const struct json_names *names;
	const struct wq_event *ev;
	bool plain;
	/* Given out from the first column on: the same in every plan, since a name's
	 * slots are. */
	unsigned watch_slots, name_slots, path_slots;
	struct json_plan *plan;
};

/* The columns of a key whose name isn't known: nulls, around its serial. */
static void add_nameless(const struct compiler *c, struct json_step *s)
{
	char room[2 * WQC_COL__NR * (WQC_JSON_NAME_ROOM + 4)], *p = room, *split = room;
	unsigned i, serials = 0;

	for (i = 0; i < s->n; i++) {
		enum column_id id = c->list->ids[s->first + i];

		if (id == WQC_COL_EXPIRES)	/* applies to none without a name */
			continue;
		p = json_name(p, c->names, id);
		if (id == WQC_COL_KEY || id == WQC_COL_AUX) {
			split = p;
			serials++;
		} else {
			p = json_null(p);
		}
	}
	if (serials != 1)
		return;
	s->after = json_text_new(split, (size_t) (p - split));
	s->text = s->after ? json_text_new(room, (size_t) (split - room)) : NULL;
}

/* The columns of the kind: the same in each of its events. */
static void add_text(const struct compiler *c, struct json_step *s)
{
	char room[2 * WQC_COL__NR * (WQC_JSON_NAME_ROOM + WQC_JSON_TEXT_ROOM(32))], *p = room;
	unsigned i;

	for (i = 0; i < s->n; i++)
		p = json_column(p, c->names, c->list->ids[s->first + i], c->ev);
	s->text = json_text_new(room, (size_t) (p - room));
	if (s->text)
		s->what = WQC_STEP_TEXT;
}

static unsigned kept(unsigned *slots, struct json_step *s, unsigned what)
{
	if (*slots == 0)
		return WQC_STEP_COLUMN;
	s->slot = --*slots;
	return what;
}

/* The length of a record that has every field and nothing else; 0: it varies. */
static unsigned whole_length(const struct wq_subtype *sub)
{
	const struct wq_layout *l = sub->layout;
	const struct wq_field *last = l && l->nfields ? &l->fields[l->nfields - 1] : NULL;

	return !last || l->text ? 0 : last->offset + last->size;
}

static unsigned event_step(enum column_id id)
{
	switch (id) {
	case WQC_COL_SEQ:
		return WQC_STEP_SEQ;
	case WQC_COL_TIME:
		return WQC_STEP_TIME;
	case WQC_COL_BOOTTIME:
		return WQC_STEP_BOOTTIME;
	default:
		return WQC_STEP_COLUMN;
	}
}

static bool may_apply(const struct compiler *c, enum column_id id)
{
	bool is_mount = c->ev && c->ev->rec.type && strcmp(c->ev->rec.type->name, "mount") == 0;

	if (c->plain && (id == WQC_COL_MARK || id == WQC_COL_DATA || id == WQC_COL_KTIME))
		return false;
	/* Somebody has mounted it, known or not. */
	if (c->plain && (id == WQC_COL_PID || id == WQC_COL_COMMAND) && !is_mount)
		return false;
	return !c->ev || column_may_apply(id, c->ev->rec.type, c->ev->rec.sub);
}

/* A step for the @n columns from @first on, which all stand for @from. */
static void add_step(struct compiler *c, enum column_from from, unsigned first, unsigned n)
{
	struct json_step *s = &c->plan->steps[c->plan->n];

	*s = (struct json_step) { .what = WQC_STEP_COLUMN, .first = first, .n = n };
	switch (from) {
	case WQC_FROM_KIND:
		if (c->ev)
			add_text(c, s);
		break;
	case WQC_FROM_WATCH:
		s->what = kept(&c->watch_slots, s, WQC_STEP_WATCH);
		break;
	case WQC_FROM_KEY:
	case WQC_FROM_AUX:
		s->what = kept(&c->name_slots, s, from == WQC_FROM_KEY ? WQC_STEP_KEY : WQC_STEP_AUX);
		add_nameless(c, s);
		break;
	case WQC_FROM_PATH:
		s->what = kept(&c->path_slots, s, WQC_STEP_PATH);
		break;
	default:
		if (!may_apply(c, c->list->ids[first]))
			return;
		s->what = event_step(c->list->ids[first]);
		break;
	}
	c->plan->n++;
}

static struct json_plan *compile(struct compiler c)
{
	unsigned i, n;

	c.plan = calloc(1, sizeof(*c.plan));
	for (i = 0; c.plan && i < c.list->n; i += n) {
		enum column_from from = columns[c.list->ids[i]].from;

		n = 1;
		while (from != WQC_FROM_EVENT && i + n < c.list->n && columns[c.list->ids[i + n]].from == from)
			n++;
		add_step(&c, from, i, n);
	}
	return c.plan;
}

struct json_plan *json_plan_new(const struct column_list *list, const struct json_names *names,
				const struct wq_event *ev, unsigned watch_slots)
{
	struct compiler c = {
		.list = list, .names = names, .ev = ev,
		.watch_slots = watch_slots, .name_slots = WQ_NAME_CACHES,
		.path_slots = WQ_NAME_CACHES,
	};
	struct json_plan *plan = compile(c);

	if (!plan || !ev)
		return plan;
	c.plain = true;
	plan->plain = compile(c);
	if (plan->plain)
		plan->whole = whole_length(ev->rec.sub);
	return plan;
}

void json_plan_free(struct json_plan *plan)
{
	unsigned i;

	if (!plan)
		return;
	for (i = 0; i < plan->n; i++) {
		free(plan->steps[i].text);
		free(plan->steps[i].after);
	}
	json_plan_free(plan->plain);
	free(plan);
}
