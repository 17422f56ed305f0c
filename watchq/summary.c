// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows are found by hashing: counting an event neither allocates nor compares texts.
 * Those that look the same, as of objects that were heard in two ways, are added up when
 * they are printed.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "json-plan.h"
#include "list.h"
#include "msg.h"
#include "nls.h"
#include "summary.h"
#include "util/stderr-queue.h"

#define WQC_FIRST_BITS	6

struct row {
	uint64_t key;
	uint64_t count;		/* 0: a free slot */
	uint64_t lost;		/* records, of those events that know */
	const struct wq_watch *watch;
	struct wq_record rec;	/* of the first one: its header */
};

struct summary {
	const struct output_config *config;
	struct row *rows;	/* 1 << bits slots, more than half of them free */
	unsigned bits;
	size_t used;
	struct json_names names;
};

struct summary *summary_new(const struct output_config *config)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = config;
	s->bits = WQC_FIRST_BITS;
	s->rows = calloc((size_t) 1 << s->bits, sizeof(*s->rows));
	if (!s->rows) {
		free(s);
		return NULL;
	}
	json_name_columns(&s->names);
	return s;
}

void summary_free(struct summary *s)
{
	if (s)
		free(s->rows);
	free(s);
}

/* ---- Counting ---- */

#define WQC_WATCH_BITS	23	/* no monitor has as many watches */

/* What is counted: the type, 24 bits; the subtype, 8; the ID, 8; whether it is a variant; the watch. */
static uint64_t key_of(const struct wq_event *ev)
{
	bool variant = wq_record_variant(&ev->rec);

	return (uint64_t) ev->rec.type_nr << 40 | (uint64_t) ev->rec.subtype_nr << 32 | (uint64_t) ev->rec.id << 24 |
	       (uint64_t) variant << WQC_WATCH_BITS | ev->watch->index;
}

static struct row *find(const struct summary *s, uint64_t key)
{
	size_t mask = ((size_t) 1 << s->bits) - 1;
	size_t i = (size_t) ((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - s->bits));

	while (s->rows[i].count && s->rows[i].key != key)
		i = (i + 1) & mask;
	return &s->rows[i];
}

static int grow(struct summary *s)
{
	struct row *old = s->rows;
	size_t n = (size_t) 1 << s->bits, i;
	struct row *more = calloc(2 * n, sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->rows = more;
	s->bits++;
	for (i = 0; i < n; i++)
		if (old[i].count)
			*find(s, old[i].key) = old[i];
	free(old);
	return 0;
}

/* Captures may say any number. */
static uint64_t add(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

int summary_count(struct summary *s, const struct wq_event *ev)
{
	uint64_t key = key_of(ev);
	struct row *r = find(s, key);
	struct value v;

	if (!r->count) {
		if (2 * (s->used + 1) > (size_t) 1 << s->bits) {
			if (grow(s))
				return -ENOMEM;
			r = find(s, key);
		}
		*r = (struct row) { .key = key, .watch = ev->watch, .rec = ev->rec };
		r->rec.data = NULL;
		r->rec.len = 0;
		s->used++;
	}
	r->count++;
	if (ev->rec.type_nr == WQ_TYPE_META) {
		column_value(WQC_COL_LOST, ev, &v);
		if (v.kind == WQC_VALUE_UNSIGNED)
			r->lost = add(r->lost, v.u);
	}
	return 0;
}

/* ---- Printing ---- */

static struct wq_event like(const struct row *r)
{
	return (struct wq_event) { .rec = r->rec, .watch = r->watch };
}

static int order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const char *p = x->watch->object, *q = y->watch->object;
	uint64_t i = x->key >> WQC_WATCH_BITS, j = y->key >> WQC_WATCH_BITS;

	if (i != j)
		return i < j ? -1 : 1;
	return p && q ? strcmp(p, q) : !q - !p;
}

/* In order, and each but once; @n of them. NULL without memory. */
static struct row *sorted(const struct summary *s, size_t *n)
{
	struct row *rows = malloc((s->used + 1) * sizeof(*rows));
	size_t used = 0, i;

	*n = 0;
	if (!rows)
		return NULL;
	for (i = 0; i < (size_t) 1 << s->bits; i++)
		if (s->rows[i].count)
			rows[used++] = s->rows[i];
	qsort(rows, used, sizeof(*rows), order);
	for (i = 0; i < used; i++) {
		if (*n && order(&rows[*n - 1], &rows[i]) == 0) {
			rows[*n - 1].count += rows[i].count;
			rows[*n - 1].lost = add(rows[*n - 1].lost, rows[i].lost);
		} else {
			rows[(*n)++] = rows[i];
		}
	}
	return rows;
}

static bool is_ring_loss(const struct row *r)
{
	return r->rec.type_nr == WQ_TYPE_META && r->rec.subtype_nr == WQ_META_RING_LOSS;
}

static void put_cell(const struct row *r, enum column_id id, char *buf, size_t size)
{
	struct wq_event ev = like(r);
	struct value v;

	column_text(id, &ev, &v);
	snprintf(buf, size, "%.*s", (int) v.len, v.text);
}

static int print_table(const struct summary *s, const struct row *rows, size_t n, FILE *to)
{
	struct list *l = list_new(s->config, "TYPE", "EVENT", "#ID", "OBJECT", "#COUNT", "#LOST", NULL);
	size_t i;

	for (i = 0; i < n; i++) {
		char type[32], event[32], id[WQC_NUMBER_ROOM], count[WQC_NUMBER_ROOM], lost[WQC_NUMBER_ROOM] = "";

		put_cell(&rows[i], WQC_COL_TYPE, type, sizeof(type));
		put_cell(&rows[i], WQC_COL_EVENT, event, sizeof(event));
		put_cell(&rows[i], WQC_COL_ID, id, sizeof(id));
		*put_unsigned(count, rows[i].count) = '\0';
		if (is_ring_loss(&rows[i]))
			*put_unsigned(lost, rows[i].lost) = '\0';
		list_add(l, type, event, id, rows[i].watch->object ? rows[i].watch->object : "", count, lost);
	}
	return list_print_to(l, to) == WQC_STATUS_OK ? 0 : -1;
}

static int print_json(const struct summary *s, const struct row *r, FILE *to)
{
	static const enum column_id shown[] = { WQC_COL_TYPE, WQC_COL_EVENT, WQC_COL_ID, WQC_COL_OBJECT };
	struct wq_event ev = like(r);
	char *line = malloc(WQC_JSON_TEXT_ROOM(r->watch->object_len) + 10 * WQC_JSON_NAME_ROOM + 256), *p = line;
	unsigned i;

	if (!line) {
		msg_error(_("out of memory"));
		return -1;
	}
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		p = json_column(p, &s->names, shown[i], &ev);
	*line = '{';
	p = json_safe_unsigned(json_name(p, &s->names, WQC_COL_COUNT), r->count);
	if (is_ring_loss(r))
		p = json_safe_unsigned(json_name(p, &s->names, WQC_COL_LOST), r->lost);
	else
		p = json_column(p, &s->names, WQC_COL_LOST, &ev);
	*p++ = '}';
	*p++ = '\n';
	fwrite(line, 1, (size_t) (p - line), to);
	free(line);
	return 0;
}

void summary_print(const struct summary *s)
{
	char *text = NULL;
	size_t len = 0, n, i;
	FILE *to = open_memstream(&text, &len);
	struct row *rows = sorted(s, &n);
	int rc = to && rows ? 0 : -1;

	if (rc)
		msg_error(_("out of memory"));
	else if (s->config->format != WQC_FORMAT_JSON)
		rc = print_table(s, rows, n, to);
	for (i = 0; !rc && s->config->format == WQC_FORMAT_JSON && i < n; i++)
		rc = print_json(s, &rows[i], to);
	if (to && fclose(to) == 0 && !rc)
		stderr_queue_write(text, len);
	free(text);
	free(rows);
}
