// SPDX-License-Identifier: GPL-2.0-or-later
/* The column DETAIL: what is known of an event first, and all that its record says. */
#include "config.h"

#include <string.h>

#include "base/text.h"
#include "detail.h"
#include "digits.h"
#include "side-values.h"

/* The kernel's own dev_t: 12 bits of major, 20 of minor. include/linux/kdev_t.h */
char *put_maj_min(char *p, uint64_t dev)
{
	p = put_unsigned(p, dev >> 20);
	*p++ = ':';
	return put_unsigned(p, dev & 0xfffff);
}

/* A text that may not fit: then it is as long as it may be, and too_long is set. */
struct limited {
	char *p, *end;
	bool too_long;
};

static void add(struct limited *t, const char *bytes, size_t len)
{
	if (len > (size_t) (t->end - t->p)) {
		len = (size_t) (t->end - t->p);
		t->too_long = true;
	}
	memcpy(t->p, bytes, len);
	t->p += len;
}

static void add_number(struct limited *t, uint64_t nr)
{
	char digits[WQC_NUMBER_ROOM];

	add(t, digits, (size_t) (put_unsigned(digits, nr) - digits));
}

static void add_name(struct limited *t, const struct wq_name *n)
{
	add(t, " (", 2);
	add(t, n->type, n->type_len);
	add(t, ": ", 2);
	add(t, n->desc, n->desc_len);
	add(t, ")", 1);
}

/* A number of the body, and what is known of it. */
static void add_number_field(struct limited *t, const struct wq_event *ev, const struct wq_field *f, uint64_t nr)
{
	const struct wq_name *n = f->id == WQ_F_AUX ? ev->aux_name : NULL;
	char dev[2 * WQC_NUMBER_ROOM];

	if (f->id == WQ_F_AUX && ev->aux_kind == WQ_AUX_ERROR) {
		int64_t error = (int32_t) nr;

		add(t, error < 0 ? "error=-" : "error=", error < 0 ? 7 : 6);
		add_number(t, (uint64_t) (error < 0 ? -error : error));
		return;
	}
	add(t, f->name, strlen(f->name));
	add(t, "=", 1);
	if (f->id == WQ_F_DEV)
		add(t, dev, (size_t) (put_maj_min(dev, nr) - dev));
	else
		add_number(t, nr);
	if (f->id == WQ_F_KEY || f->id == WQ_F_REMOVED)
		n = ev->key_name;
	if (n)
		add_name(t, n);
}

/* What a field of the body says, in DETAIL. */
static void add_field(struct limited *t, const struct wq_event *ev, const struct wq_field *f)
{
	if (f->size == 0) {
		size_t len;
		const char *text = wq_field_text(&ev->rec, f, &len);
		const char *nul = memchr(text, '\0', len);

		add(t, f->name, strlen(f->name));
		add(t, "=", 1);
		add(t, text, nul ? (size_t) (nul - text) : len);
	} else {
		uint64_t nr = wq_field_value(&ev->rec, f);

		if (f->id == WQ_F_AUX && ev->aux_kind == WQ_AUX_NONE && nr == 0)
			return;
		add_number_field(t, ev, f, nr);
	}
	add(t, " ", 1);
}

/* ---- What no record has room for ---- */

static void add_text(struct limited *t, const char *name, const char *text, size_t len)
{
	add(t, name, strlen(name));
	add(t, "=", 1);
	add(t, text, len);
	add(t, " ", 1);
}

static void add_known(struct limited *t, const char *name, const char *text)
{
	if (text)
		add_text(t, name, text, strlen(text));
}

/* What was found by looking: a record would say that itself. */
static void add_key(struct limited *t, const struct wq_event *ev)
{
	if (!ev->has_key || ev->rec.type_nr != WQ_TYPE_META)
		return;
	add(t, "key=", 4);
	add_number(t, ev->key);
	if (ev->key_name)
		add_name(t, ev->key_name);
	if (ev->aux_kind == WQ_AUX_KEY) {
		add(t, " aux=", 5);
		add_number(t, ev->aux);
		if (ev->aux_name)
			add_name(t, ev->aux_name);
	}
	add(t, " ", 1);
}

static void add_mount(struct limited *t, const struct wq_event *ev)
{
	const struct wq_mount *m = ev->mount, *was = ev->was;

	add_known(t, "target", m->target);
	if (was && was->target && m->target && strcmp(was->target, m->target) != 0)
		add_known(t, "old-target", was->target);
	add_known(t, "source", m->source);
	add_known(t, "fstype", m->fstype);
	add_known(t, "options", m->options);
	if (was && was->options && m->options && strcmp(was->options, m->options) != 0)
		add_known(t, "old-options", was->options);
}

/* What says most of it, and isn't in the record. */
static void add_side(struct limited *t, const struct wq_event *ev)
{
	static const struct {
		const char *name;
		enum column_id id;
	} shown[] = {
		{ "target", WQC_COL_TARGET }, { "device", WQC_COL_DEVICE }, { "partition", WQC_COL_PARTITION },
		{ "errno", WQC_COL_ERRNO }, { "operation", WQC_COL_OPERATION }, { "path", WQC_COL_PATH },
		{ "quota", WQC_COL_QUOTA }, { "quota-id", WQC_COL_QUOTA_ID }, { "quota-name", WQC_COL_QUOTA_NAME },
		{ "limit", WQC_COL_LIMIT }, { "source", WQC_COL_SOURCE }, { "fstype", WQC_COL_FSTYPE },
		{ "sectors", WQC_COL_SECTORS }, { "size", WQC_COL_SIZE }, { "count", WQC_COL_COUNT },
	};
	struct value v;
	unsigned i;

	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		side_value(shown[i].id, ev, &v);
		if (v.kind == WQC_VALUE_TEXT) {
			add_text(t, shown[i].name, v.text, v.len);
		} else if (v.kind == WQC_VALUE_UNSIGNED) {
			char digits[WQC_NUMBER_ROOM];

			add_text(t, shown[i].name, digits, (size_t) (put_unsigned(digits, v.u) - digits));
		}
	}
}

/* ---- The text ---- */

/* Ends a text that did not fit with dots, not within a character. Its length. */
static size_t cut_short(char *text, size_t size)
{
	size_t len = size - sizeof("...");

	while (len && wq_text_continues(text[len]))
		len--;
	memcpy(text + len, "...", sizeof("..."));
	return len + 3;
}

size_t detail(char *buf, size_t size, const struct wq_event *ev)
{
	const struct wq_layout *l = ev->rec.sub ? ev->rec.sub->layout : NULL;
	struct limited t = { .p = buf, .end = buf + size - 1 };
	const unsigned char *rest;
	size_t len;
	unsigned i;

	if (ev->condition)
		add_key(&t, ev);
	if (ev->mount)
		add_mount(&t, ev);
	if (ev->side)
		add_side(&t, ev);
	for (i = 0; l && i < l->nfields && !t.too_long; i++) {
		if (l->fields[i].offset + l->fields[i].size > ev->rec.len)
			break;
		add_field(&t, ev, &l->fields[i]);
	}
	rest = wq_record_rest(&ev->rec, &len);
	if (len)
		add(&t, "data=", 5);
	for (i = 0; i < len; i++) {
		char pair[2];

		put_hex(pair, rest[i]);
		add(&t, pair, sizeof(pair));
	}
	if (t.too_long)		/* a description may be 4 KiB long */
		return cut_short(buf, size);
	if (t.p > buf && t.p[-1] == ' ')
		t.p--;
	return (size_t) (t.p - buf);
}
