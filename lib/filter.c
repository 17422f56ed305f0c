// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filters: parse them, match with the kernel's meaning, compile them for the
 * kernel.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "libwatchq.h"
#include "uapi.h"

#define WQ_WORD_BITS	32

static void set_bit(struct wq_rule *r, unsigned nr)
{
	r->subtypes[nr / WQ_WORD_BITS] |= 1u << (nr % WQ_WORD_BITS);
}

static bool test_bit(const struct wq_rule *r, unsigned nr)
{
	return r->subtypes[nr / WQ_WORD_BITS] & 1u << (nr % WQ_WORD_BITS);
}

static void set_all(struct wq_rule *r)
{
	memset(r->subtypes, 0xff, sizeof(r->subtypes));
}

/* "WHAT 'WORD'" */
static int bad_word(struct wq_error *e, const char *word, size_t len, const char *what)
{
	char copy[sizeof(e->word)];

	snprintf(copy, sizeof(copy), "%.*s", (int) len, word);
	wq_fail(e, WQ_FAILURE, EINVAL, "%s '%s'", what, copy);
	if (e)
		memcpy(e->word, copy, sizeof(copy));
	return -EINVAL;
}

/* The row for rules of that type, INFO and MASK: one that is there, or a new one.
 * NULL where there is no room. */
static struct wq_rule *row_for(struct wq_filter *f, uint32_t type, bool named, uint32_t info, uint32_t mask)
{
	unsigned i;

	for (i = 0; i < f->nrules; i++) {
		struct wq_rule *r = &f->rules[i];

		if (r->type == type && r->named == named && r->info == info && r->mask == mask)
			return r;
	}
	if (f->nrules == WQ_FILTER_MAX)
		return NULL;
	f->rules[f->nrules] = (struct wq_rule) { .type = type, .named = named, .info = info, .mask = mask };
	return &f->rules[f->nrules++];
}

static int over_limit(struct wq_error *e)
{
	return wq_fail(e, WQ_FAILURE, E2BIG, "a filter holds no more than %d rules", WQ_FILTER_MAX);
}

/* ---- -e LIST ---- */

static bool is_listed(const char *const *types, const char *name)
{
	for (; types && *types; types++)
		if (strcmp(*types, name) == 0)
			return true;
	return !types;
}

/* The subtypes that are meant by another name; 0: none. */
static uint32_t alias(const struct wq_type *t, const char *word, size_t len)
{
	unsigned i;

	for (i = 0; i < t->naliases; i++)
		if (strlen(t->aliases[i].name) == len && memcmp(t->aliases[i].name, word, len) == 0)
			return t->aliases[i].subtypes;
	return 0;
}

static int add_event(struct wq_filter *f, const char *word, size_t len,
		     const char *const *types, struct wq_error *e)
{
	const char *slash = memchr(word, '/', len);
	const char *event = slash ? slash + 1 : word;
	size_t event_len = len - (size_t) (event - word);
	bool all = event_len == 1 && *event == '*';
	const struct wq_type *t;
	bool found = false;
	unsigned i;

	if (slash && !wq_type_by_name(f->dialect, word, (size_t) (slash - word)))
		return bad_word(e, word, (size_t) (slash - word), "unknown type of event");
	if (all && !slash)
		return bad_word(e, word, len, "a type is missing, as in key/*, before");

	for (i = 0; (t = wq_type_at(f->dialect, i)); i++) {
		const struct wq_subtype *s = wq_subtype_by_name(t, event, event_len);
		const struct wq_variant *v = wq_variant_by_name(t, event, event_len);
		uint32_t several = alias(t, event, event_len);
		struct wq_rule *row;

		if (slash ? t != wq_type_by_name(f->dialect, word, (size_t) (slash - word))
			  : t->nr == WQ_TYPE_NOTE || !is_listed(types, t->name))
			continue;
		if (!s && !all && !several && !v)
			continue;
		found = true;
		if (v) {
			row = row_for(f, t->nr, true, v->info, v->mask);
			if (!row)
				return over_limit(e);
			set_bit(row, v->nr);
		}
		if (!s && !all && !several)
			continue;
		row = row_for(f, t->nr, true, 0, 0);
		if (!row)
			return over_limit(e);
		if (all)
			set_all(row);
		else if (s)
			set_bit(row, s->nr);
		else
			row->subtypes[0] |= several;
	}
	return found ? 0 : bad_word(e, event, event_len, "unknown event");
}

int wq_filter_add_events(struct wq_filter *f, const char *list,
			 const char *const *types, struct wq_error *e)
{
	const char *p = list;

	for (;;) {
		size_t len = strcspn(p, ",");
		int rc;

		if (len == 0)
			return wq_fail(e, WQ_FAILURE, EINVAL, "an empty name in the list of events '%s'", list);
		rc = add_event(f, p, len, types, e);
		if (rc)
			return rc;
		if (p[len] == '\0')
			return 0;
		p += len + 1;
	}
}

/* ---- -f TYPE[:SUBTYPES[:INFO/MASK]] ---- */

/* A number that is all of @word and at most @max. */
static bool parse_number(const char *word, size_t len, uint32_t max, uint32_t *nr)
{
	char copy[24], *end;
	unsigned long long v;

	if (len == 0 || len >= sizeof(copy) || !isdigit((unsigned char) *word))
		return false;
	memcpy(copy, word, len);
	copy[len] = '\0';
	errno = 0;
	v = strtoull(copy, &end, copy[0] == '0' && (copy[1] == 'x' || copy[1] == 'X') ? 16 : 10);	/* no octal */
	if (errno || *end || v > max)
		return false;
	*nr = (uint32_t) v;
	return true;
}

static bool parse_subtype(const struct wq_type *t, const char *word, size_t len, uint32_t *nr)
{
	const struct wq_subtype *s;

	if (parse_number(word, len, 255, nr))
		return true;
	s = wq_subtype_by_name(t, word, len);
	if (s)
		*nr = s->nr;
	return s != NULL;
}

static int parse_subtypes(struct wq_rule *r, const struct wq_type *t,
			  const char *list, size_t list_len, struct wq_error *e)
{
	const char *p = list, *end = list + list_len;

	if (list_len == 1 && *list == '*') {
		set_all(r);
		return 0;
	}
	for (;;) {
		const char *comma = memchr(p, ',', (size_t) (end - p));
		size_t len = (size_t) ((comma ? comma : end) - p);
		const char *dash = memchr(p, '-', len);
		size_t first_len = dash ? (size_t) (dash - p) : len;
		uint32_t first, last;

		if (!parse_subtype(t, p, first_len, &first))
			return bad_word(e, p, first_len, "unknown subtype");
		last = first;
		if (dash && !parse_subtype(t, dash + 1, len - first_len - 1, &last))
			return bad_word(e, dash + 1, len - first_len - 1, "unknown subtype");
		if (last < first)
			return bad_word(e, p, len, "it ends before it begins: the range");
		for (; first <= last; first++)
			set_bit(r, first);
		if (!comma)
			return 0;
		p = comma + 1;
	}
}

static int parse_info(struct wq_rule *r, const char *word, struct wq_error *e)
{
	const char *slash = strchr(word, '/');

	if (!slash || !parse_number(word, (size_t) (slash - word), UINT32_MAX, &r->info) ||
	    !parse_number(slash + 1, strlen(slash + 1), UINT32_MAX, &r->mask))
		return bad_word(e, word, strlen(word), "expected INFO/MASK, two numbers, not");
	if (r->info & ~r->mask)
		return bad_word(e, word, strlen(word), "INFO has bits outside MASK in");
	if (r->mask & WQ_UAPI_INFO_LENGTH)
		return bad_word(e, word, strlen(word),
				"MASK may not cover the record's length (0x7f) in");
	return 0;
}

int wq_filter_add_raw(struct wq_filter *f, const char *rule, struct wq_error *e)
{
	size_t type_len = strcspn(rule, ":");
	const struct wq_type *t = wq_type_by_name(f->dialect, rule, type_len);
	struct wq_rule r = { .named = t != NULL };
	struct wq_rule *row;
	unsigned i;
	int rc;

	if (t)
		r.type = t->nr;
	else if (parse_number(rule, type_len, 0xffffff, &r.type))
		t = wq_type_by_nr(f->dialect, r.type);
	else
		return bad_word(e, rule, type_len, "unknown type of record");

	rule += type_len;
	if (*rule == '\0') {
		set_all(&r);
	} else {
		size_t len = strcspn(++rule, ":");

		rc = parse_subtypes(&r, t, rule, len, e);
		if (!rc && rule[len])
			rc = parse_info(&r, rule + len + 1, e);
		if (rc)
			return rc;
	}

	row = row_for(f, r.type, r.named, r.info, r.mask);
	if (!row)
		return over_limit(e);
	for (i = 0; i < 8; i++)
		row->subtypes[i] |= r.subtypes[i];
	return 0;
}

/* ---- Dialects ---- */

#define WQ_NO_TYPE	UINT32_MAX	/* of no record: types have 24 bits */

/* A variant's bits have other places in other dialects. */
static void translate_variant(struct wq_rule *r, const struct wq_type *from, const struct wq_type *to)
{
	const struct wq_variant *v;
	unsigned i;

	for (i = 0; i < from->nvariants; i++) {
		v = &from->variants[i];
		if (r->info != v->info || r->mask != v->mask || !test_bit(r, v->nr))
			continue;
		v = wq_variant_by_name(to, v->name, strlen(v->name));
		if (v) {
			r->info = v->info;
			r->mask = v->mask;
		}
		return;
	}
}

void wq_filter_translate(struct wq_filter *f, const struct wq_dialect *d)
{
	unsigned i;

	for (i = 0; i < f->nrules; i++) {
		struct wq_rule *r = &f->rules[i];
		const struct wq_type *from = r->named ? wq_type_by_nr(f->dialect, r->type) : NULL, *to;

		if (!from)
			continue;
		to = wq_type_by_name(d, from->name, strlen(from->name));
		r->type = to ? to->nr : WQ_NO_TYPE;
		if (to)
			translate_variant(r, from, to);
	}
	f->dialect = d;
}

/* ---- Matching ---- */

bool wq_filter_match(const struct wq_filter *f, const struct wq_record *rec)
{
	unsigned i;

	/* The kernel posts META past its filters: __post_watch_notification()
	 * filters, remove_watch_from_object() and the read side's LOSS don't. */
	if (f->nrules == 0 || rec->type_nr == WQ_TYPE_META)
		return true;
	for (i = 0; i < f->nrules; i++) {
		const struct wq_rule *r = &f->rules[i];

		if (r->type == rec->type_nr && test_bit(r, rec->subtype_nr) &&
		    (rec->info & r->mask) == r->info)
			return true;
	}
	return false;
}

bool wq_filter_can_deliver(const struct wq_filter *f)
{
	unsigned i;

	for (i = 0; i < f->nrules; i++)
		if (f->rules[i].type < WQ_UAPI_TYPES && f->rules[i].subtypes[0])
			return true;
	return f->nrules == 0;
}

bool wq_filter_may_pass(const struct wq_filter *f, uint32_t type, uint8_t subtype)
{
	unsigned i;

	for (i = 0; i < f->nrules; i++)
		if (f->rules[i].type == type && f->rules[i].subtypes[subtype / 32] & 1u << subtype % 32)
			return true;
	return f->nrules == 0;
}

/* ---- For the kernel ---- */

/* Gives up INFO and MASK, and so passes more: one row a type. */
static void widen(struct wq_filter *f)
{
	struct wq_filter wide = { 0 };
	unsigned i, j;

	for (i = 0; i < f->nrules; i++) {
		struct wq_rule *row = row_for(&wide, f->rules[i].type, false, 0, 0);

		for (j = 0; j < 8; j++)
			row->subtypes[j] |= f->rules[i].subtypes[j];
	}
	*f = wide;
}

/* A rule that this kernel can post something for: it drops unknown types, and
 * its filter can't pass subtypes from 32 up. */
static bool is_postable(const struct wq_rule *r)
{
	return r->type < WQ_UAPI_TYPES && r->subtypes[0];
}

void wq_filter_compile(struct wq_filter *out, const struct wq_filter *user, const struct wq_filter *need)
{
	unsigned i, j;

	*out = (struct wq_filter) { 0 };
	if (user->nrules == 0)
		return;

	for (i = 0; i < user->nrules; i++)
		if (is_postable(&user->rules[i])) {
			out->rules[out->nrules] = user->rules[i];
			out->rules[out->nrules++].named = false;
		}

	for (i = 0; i < need->nrules; i++) {
		const struct wq_rule *n = &need->rules[i];
		struct wq_rule *row = row_for(out, n->type, false, n->info, n->mask);

		if (!row) {
			widen(out);
			row = row_for(out, n->type, false, n->info, n->mask);
		}
		for (j = 0; row && j < 8; j++)
			row->subtypes[j] |= n->subtypes[j];
	}
}
