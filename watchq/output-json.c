// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one object an event. The columns are compiled into a plan of
 * steps. Columns next to each other that depend on the same thing (the kind of
 * event, the watch, a key's name) are one step, and what they come to is kept
 * with that thing: most of a line is copied.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "output.h"

#define MAX_WATCHES	4096	/* whose text is kept */
#define KINDS		(6 * 256)	/* types below 6, by subtype */
#define SLOTS		WQ_NAME_CACHES

/* What a step comes to: `,"name":value` for each column that applies. */
struct fragment {
	size_t len;
	char text[];
};

struct step {
	enum column_from from;
	unsigned first, n;	/* columns of the list */
	int slot;		/* where the text is kept; -1: it isn't */
};

struct json {
	const struct output_config *config;
	struct sink *sink;
	struct step steps[2 * COL__NR];
	unsigned nsteps;
	size_t text_room;	/* bytes that a column's own text may have */
	struct fragment **kinds[SLOTS];
	struct fragment **watches[SLOTS];
	struct {
		char text[32];	/* `,"name":` */
		size_t len;
	} names[COL__NR];
};

/* ---- Compiling ---- */

static void name_column(struct json *j, enum column_id id)
{
	char lower[24];
	size_t i;

	for (i = 0; columns[id].name[i]; i++) {
		char c = columns[id].name[i];

		lower[i] = c == '-' ? '_' : (char) tolower((unsigned char) c);
	}
	lower[i] = '\0';
	j->names[id].len = (size_t) snprintf(j->names[id].text, sizeof(j->names[id].text), ",\"%s\":", lower);
}

static int new_slot(struct json *j, enum column_from from, unsigned *kinds, unsigned *watches, unsigned *names)
{
	switch (from) {
	case FROM_EVENT:
		return -1;
	case FROM_KIND:
		if (*kinds < SLOTS)
			j->kinds[*kinds] = calloc(KINDS, sizeof(struct fragment *));
		return *kinds < SLOTS && j->kinds[*kinds] ? (int) (*kinds)++ : -1;
	case FROM_WATCH:
		if (*watches < SLOTS)
			j->watches[*watches] = calloc(MAX_WATCHES, sizeof(struct fragment *));
		return *watches < SLOTS && j->watches[*watches] ? (int) (*watches)++ : -1;
	default:
		return *names < SLOTS ? (int) (*names)++ : -1;
	}
}

static void *json_new(const struct output_config *config, struct sink *sink)
{
	struct json *j = calloc(1, sizeof(*j));
	unsigned kinds = 0, watches = 0, names = 0, i;

	if (!j)
		return NULL;
	j->config = config;
	j->sink = sink;
	j->text_room = WQ_RECORD_MAX;
	for (i = 0; i < COL__NR; i++)
		name_column(j, i);
	for (i = 0; i < config->columns.n; i++) {
		enum column_id id = config->columns.ids[i];
		enum column_from from = columns[id].from;
		struct step *last = j->nsteps ? &j->steps[j->nsteps - 1] : NULL;

		if (id == COL_DETAIL)
			j->text_room = sizeof(((struct value *) NULL)->own);
		if (last && last->from == from) {
			last->n++;
			continue;
		}
		j->steps[j->nsteps++] = (struct step) {
			.from = from, .first = i, .n = 1,
			.slot = new_slot(j, from, &kinds, &watches, &names),
		};
	}
	return j;
}

static void free_fragments(struct fragment **f, size_t n)
{
	size_t i;

	for (i = 0; f && i < n; i++)
		free(f[i]);
	free(f);
}

static void json_free(void *state)
{
	struct json *j = state;
	unsigned i;

	for (i = 0; i < SLOTS; i++) {
		free_fragments(j->kinds[i], KINDS);
		free_fragments(j->watches[i], MAX_WATCHES);
	}
	free(j);
}

/* ---- Writing ---- */

static char *put_text(char *p, const struct json *j, enum column_id id, const struct value *v)
{
	size_t len = j->names[id].len;

	memcpy(p, j->names[id].text, len);
	if (is_utf8(v->text, v->len))
		return json_string(p + len, v->text, v->len);
	/* `,"name":` becomes `,"name_raw":` */
	memcpy(p + len - 2, "_raw\":", 6);
	return json_bytes(p + len + 4, v->text, v->len);
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
		memcpy(p, "null", 4);
		return p + 4;
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
	memcpy(p, j->names[id].text, j->names[id].len);
	return put_value(p + j->names[id].len, &v);
}

static char *put_columns(char *p, const struct json *j, const struct step *s, const struct wq_event *ev)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		p = put_column(p, j, j->config->columns.ids[s->first + i], ev);
	return p;
}

/* Where the text of a step is kept, for this event; NULL: nowhere. */
static void **kept_at(const struct json *j, const struct step *s, const struct wq_event *ev)
{
	if (s->slot < 0)
		return NULL;
	switch (s->from) {
	case FROM_KIND:
		if (!ev->rec.sub || ev->rec.type_nr >= KINDS / 256)
			return NULL;
		return (void **) &j->kinds[s->slot][ev->rec.type_nr * 256 + ev->rec.subtype_nr];
	case FROM_WATCH:
		if (ev->watch->index >= MAX_WATCHES || ev->watch->id != ev->rec.id)
			return NULL;
		return (void **) &j->watches[s->slot][ev->watch->index];
	case FROM_KEY:
		return ev->key_name ? &ev->key_name->cache[s->slot] : NULL;
	case FROM_AUX:
		return ev->aux_name ? &ev->aux_name->cache[s->slot] : NULL;
	default:
		return NULL;
	}
}

static void keep(void **at, const char *text, size_t len)
{
	struct fragment *f = malloc(sizeof(*f) + len);

	if (!f)
		return;		/* then it is made anew each time */
	f->len = len;
	memcpy(f->text, text, len);
	*at = f;
}

static char *put_step(char *p, const struct json *j, const struct step *s, const struct wq_event *ev)
{
	void **at = kept_at(j, s, ev);
	char *from = p;

	if (at && *at) {
		const struct fragment *f = *at;

		memcpy(p, f->text, f->len);
		return p + f->len;
	}
	p = put_columns(p, j, s, ev);
	if (at)
		keep(at, from, (size_t) (p - from));
	return p;
}

/* The most that a line can take. */
static size_t line_room(const struct json *j, const struct wq_event *ev)
{
	const struct wq_name *names[] = { ev->key_name, ev->aux_name };
	size_t text = j->text_room, i;

	for (i = 0; i < 2; i++)
		if (names[i] && names[i]->desc_len + names[i]->type_len > text)
			text = names[i]->desc_len + names[i]->type_len;
	if (ev->watch->object && strlen(ev->watch->object) > text)
		text = strlen(ev->watch->object);
	return j->config->columns.n * (sizeof(j->names[0].text) + 8 + JSON_TEXT_ROOM(text)) + 8;
}

static int json_event(void *state, const struct wq_event *ev)
{
	struct json *j = state;
	int rc;
	char *start = sink_room(j->sink, line_room(j, ev), &rc), *p = start;
	unsigned i;

	if (!start)
		return rc;
	for (i = 0; i < j->nsteps; i++)
		p = put_step(p, j, &j->steps[i], ev);
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
