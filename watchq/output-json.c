// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one object an event, written as its kind's plan says (json-plan.h).
 * Texts are copied by blocks of a fixed size, without a call: what is too much is
 * written over by what follows, for which a line has room.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "json.h"
#include "json-plan.h"

#define WQC_MAX_WATCHES	4096		/* whose text is kept */
#define WQC_WATCH_SLOTS	4
#define WQC_KINDS	(6 * 256 * 2)	/* types below 6, by subtype, and whether it is a variant */
#define WQC_KEEP_MAX	1024		/* bytes: names are bounded, and so must this be */
#define WQC_SECOND	1000000000u	/* ns */

/* A column of time: events of one second differ in what is behind the point. */
struct second {
	enum column_id id;
	uint64_t begin;		/* ns */
	size_t len;
	char text[WQC_JSON_NAME_ROOM];	/* `,"time":SECONDS.` */
};

/* The same of numbers: they differ in the last two digits. */
struct hundred {
	uint64_t begin;
	size_t len;
	char text[WQC_JSON_NAME_ROOM];	/* `,"seq":HUNDREDS` */
};

struct json {
	const struct output_config *config;
	struct sink *sink;
	size_t text_room;	/* bytes that a column's own text may have */
	size_t room;		/* bytes of a line whose texts have no more */
	struct hundred seq;
	struct second time, boottime;
	struct json_names names;
	struct json_plan *plans[WQC_KINDS];
	struct json_plan *general;	/* for kinds that the catalog doesn't know */
	struct json_text **watches[WQC_WATCH_SLOTS];
};

/* ---- Pieces ---- */

static inline char *put_text(char *p, const struct json_text *t)
{
	size_t i = 0;

	do {
		memcpy(p + i, t->bytes + i, WQC_JSON_BLOCK);
		i += WQC_JSON_BLOCK;
	} while (i < t->len);
	return p + t->len;
}

static char *put_columns(char *p, const struct json *j, const struct json_step *s, const struct wq_event *ev)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		p = json_column(p, &j->names, j->config->columns.ids[s->first + i], ev);
	return p;
}

/* What isn't kept yet; what is too long is made anew each time. */
static char *put_and_keep(char *p, const struct json *j, const struct json_step *s,
			  const struct wq_event *ev, void **at)
{
	char *end = put_columns(p, j, s, ev);

	if (end - p <= WQC_KEEP_MAX)
		*at = json_text_new(p, (size_t) (end - p));
	return end;
}

static char *put_watch(char *p, const struct json *j, const struct json_step *s, const struct wq_event *ev)
{
	void **at;

	if (ev->watch->index >= WQC_MAX_WATCHES || ev->watch->id != ev->rec.id)
		return put_columns(p, j, s, ev);
	at = (void **) &j->watches[s->slot][ev->watch->index];
	return *at ? put_text(p, *at) : put_and_keep(p, j, s, ev, at);
}

/* Of a key, member or path whose text isn't kept. */
static char *put_named(char *p, const struct json *j, const struct json_step *s, const struct wq_event *ev)
{
	bool aux = s->what == WQC_STEP_AUX;
	struct wq_name *name = s->what == WQC_STEP_PATH ? ev->path : aux ? ev->aux_name : ev->key_name;

	if (name)
		return put_and_keep(p, j, s, ev, &name->cache[s->slot]);
	if (s->text && (aux ? ev->aux_kind == WQ_AUX_KEY : ev->has_key))
		return put_text(put_unsigned(put_text(p, s->text), aux ? ev->aux : ev->key), s->after);
	return put_columns(p, j, s, ev);
}

static inline const struct json_text *kept(const struct wq_name *name, const struct json_step *s)
{
	return name ? name->cache[s->slot] : NULL;
}

static void set_second(struct second *s, const struct json_names *names, uint64_t ns)
{
	char text[WQC_JSON_NAME_ROOM + WQC_NUMBER_ROOM], *p = json_name(text, names, s->id);

	s->begin = ns - ns % WQC_SECOND;
	p = put_unsigned(p, ns / WQC_SECOND);
	*p++ = '.';
	s->len = (size_t) (p - text);
	memcpy(s->text, text, sizeof(s->text));
}

static inline char *put_time(char *p, const struct json *j, struct second *s, uint64_t ns)
{
	if (ns == 0)
		return json_null(json_name(p, &j->names, s->id));
	if (ns - s->begin >= WQC_SECOND)
		set_second(s, &j->names, ns);
	memcpy(p, s->text, sizeof(s->text));
	return put_fraction(p + s->len, (uint32_t) (ns - s->begin));
}

static void set_hundred(struct hundred *h, const struct json_names *names, uint64_t seq)
{
	char text[WQC_JSON_NAME_ROOM + WQC_NUMBER_ROOM];
	char *end = put_unsigned(json_name(text, names, WQC_COL_SEQ), seq / 100);

	h->begin = seq - seq % 100;
	h->len = (size_t) (end - text);
	memcpy(h->text, text, sizeof(h->text));
}

static char *put_seq(char *p, struct json *j, uint64_t seq)
{
	struct hundred *h = &j->seq;

	if (seq < 100 || seq > WQC_JSON_SAFE_MAX)
		return json_safe_unsigned(json_name(p, &j->names, WQC_COL_SEQ), seq);
	if (seq - h->begin >= 100)
		set_hundred(h, &j->names, seq);
	memcpy(p, h->text, sizeof(h->text));
	return put_two(p + h->len, (unsigned) (seq - h->begin));
}

static inline char *put_step(char *p, struct json *j, const struct json_step *s, const struct wq_event *ev)
{
	const struct json_text *t;

	switch (s->what) {
	case WQC_STEP_TEXT:
		return put_text(p, s->text);
	case WQC_STEP_SEQ:
		return put_seq(p, j, ev->seq);
	case WQC_STEP_TIME:
		return put_time(p, j, &j->time, ev->realtime);
	case WQC_STEP_BOOTTIME:
		return put_time(p, j, &j->boottime, ev->boottime);
	case WQC_STEP_WATCH:
		return put_watch(p, j, s, ev);
	case WQC_STEP_KEY:
		t = kept(ev->key_name, s);
		return t ? put_text(p, t) : put_named(p, j, s, ev);
	case WQC_STEP_AUX:
		t = kept(ev->aux_name, s);
		return t ? put_text(p, t) : put_named(p, j, s, ev);
	case WQC_STEP_PATH:
		if (!ev->path)
			return ev->side ? put_columns(p, j, s, ev) : p;
		t = kept(ev->path, s);
		return t ? put_text(p, t) : put_named(p, j, s, ev);
	default:
		return put_columns(p, j, s, ev);
	}
}

/* ---- Lines ---- */

static const struct json_plan *plan_for(struct json *j, const struct wq_event *ev)
{
	struct json_plan **at, *plan;

	if (!ev->rec.sub || ev->rec.type_nr >= WQC_KINDS / 512)
		return j->general;
	at = &j->plans[(ev->rec.type_nr * 256 + ev->rec.subtype_nr) * 2 + (wq_record_variant(&ev->rec) != NULL)];
	if (!*at)
		*at = json_plan_new(&j->config->columns, &j->names, ev, WQC_WATCH_SLOTS);
	plan = *at ? *at : j->general;
	return json_is_plain(plan, ev) ? plan->plain : plan;
}

static size_t room_with(const struct json *j, size_t text)
{
	return j->config->columns.n * (WQC_JSON_NAME_ROOM + 8 + WQC_JSON_TEXT_ROOM(text)) + 8 + WQC_JSON_BLOCK;
}

/* The most that a line can take. */
static inline size_t line_room(const struct json *j, const struct wq_event *ev)
{
	size_t text = column_all_texts(ev);

	if (text > j->text_room)	/* mostly not even all together are */
		text = column_longest_text(ev);
	return text <= j->text_room ? j->room : room_with(j, text);
}

static int json_event(void *state, const struct wq_event *ev)
{
	struct json *j = state;
	const struct json_plan *plan = plan_for(j, ev);
	int rc;
	char *start = sink_room(j->sink, line_room(j, ev), &rc), *p = start;
	const struct json_step *s, *last = plan->steps + plan->n;

	if (!start)
		return rc;
	for (s = plan->steps; s < last; s++)
		p = put_step(p, j, s, ev);
	if (p == start)
		p++;
	*start = '{';		/* over the first comma */
	*p++ = '}';
	*p++ = j->config->zero ? '\0' : '\n';
	j->sink->len += (size_t) (p - start);
	return 0;
}

/* ---- State ---- */

static void json_free(void *state)
{
	struct json *j = state;
	unsigned i, w;

	for (i = 0; i < WQC_KINDS; i++)
		json_plan_free(j->plans[i]);
	json_plan_free(j->general);
	for (i = 0; i < WQC_WATCH_SLOTS; i++) {
		for (w = 0; j->watches[i] && w < WQC_MAX_WATCHES; w++)
			free(j->watches[i][w]);
		free(j->watches[i]);
	}
	free(j);
}

static void *json_new(const struct output_config *config, struct sink *sink)
{
	struct json *j = calloc(1, sizeof(*j));
	bool enough = j;
	unsigned i;

	if (!j)
		return NULL;
	j->config = config;
	j->sink = sink;
	j->text_room = WQ_RECORD_MAX;
	json_name_columns(&j->names);
	for (i = 0; i < config->columns.n; i++)
		if (config->columns.ids[i] == WQC_COL_DETAIL)
			j->text_room = sizeof(((struct value *) NULL)->own);
	j->room = room_with(j, j->text_room);
	j->time.id = WQC_COL_TIME;
	j->boottime.id = WQC_COL_BOOTTIME;
	set_second(&j->time, &j->names, 0);
	set_second(&j->boottime, &j->names, 0);
	for (i = 0; i < WQC_WATCH_SLOTS; i++) {
		j->watches[i] = calloc(WQC_MAX_WATCHES, sizeof(struct json_text *));
		enough &= j->watches[i] != NULL;
	}
	j->general = json_plan_new(&config->columns, &j->names, NULL, WQC_WATCH_SLOTS);
	if (!enough || !j->general) {
		json_free(j);
		return NULL;
	}
	return j;
}

const struct output_ops output_json = {
	.new = json_new,
	.event = json_event,
	.free = json_free,
};
