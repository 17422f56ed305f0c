// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which backends a source is heard by: the first that works; of a source with several
 * parts, for each part that posts something which is wanted. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "monitor.h"

#define WQ_NAMED	3	/* events that a warning names */
#define WQ_PARTS	4	/* 0: of a source with one part; and those of others, from 1 */

/* What is being added. */
struct adding {
	struct wq_monitor *m;
	const char *source;
	const char *object;	/* the first one; NULL: none */
	struct wq_source_config config;
};

static struct wq_source *new_source(struct wq_monitor *m, const struct wq_source_ops *ops,
				    const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_added_source *a;

	if (m->nsources == WQ_MAX_SOURCES) {
		wq_fail(e, WQ_FAILURE, E2BIG, "no more than %d sources at a time", WQ_MAX_SOURCES);
		return NULL;
	}
	a = &m->sources[m->nsources];
	*a = (struct wq_added_source) {
		.source = { .ops = ops, .m = m, .index = m->nsources, .serial = ++m->added },
		.config = *c,
	};
	m->nsources++;
	return &a->source;
}

static bool is_in(const struct adding *a, const struct wq_source_ops *ops, unsigned part)
{
	return strcmp(ops->source, a->source) == 0 && ops->part == part;
}

/* ---- What is wanted ---- */

static bool posts(const struct wq_source_ops *ops, unsigned subtype)
{
	return subtype % 128 < 64 && ops->posts[subtype / 128] >> subtype % 128 & 1;
}

/* Whether @f may pass such a record, whatever else is in it. */
static bool passes(const struct wq_filter *f, uint32_t type, unsigned subtype)
{
	unsigned r;

	for (r = 0; r < f->nrules; r++)
		if (f->rules[r].type == type && f->rules[r].subtypes[subtype / 32] >> subtype % 32 & 1)
			return true;
	return f->nrules == 0;
}

/* The events that are wanted and that @ops posts, but not @without, which may be NULL: how many
 * they are, and names of some in *@names. */
static unsigned wanted_events(const struct adding *a, const struct wq_source_ops *ops,
			      const struct wq_source_ops *without, char *names, size_t size)
{
	const struct wq_type *t = wq_type_by_nr(NULL, ops->type);
	unsigned i, n = 0;
	size_t len = 0;

	*names = '\0';
	for (i = 0; i < t->nsubtypes; i++) {
		unsigned nr = t->subtypes[i].nr;

		if (!posts(ops, nr) || (without && posts(without, nr)) || !passes(&a->m->filter, ops->type, nr))
			continue;
		if (n++ < WQ_NAMED && len < size)
			len += (size_t) snprintf(names + len, size - len, "%s%s", len ? ", " : "", t->subtypes[i].name);
	}
	if (n > WQ_NAMED && len < size)
		snprintf(names + len, size - len, " and %u more", n - WQ_NAMED);
	return n;
}

/* META is every source's, and passes every filter: it may be all that is asked for. */
static bool wants_meta(const struct wq_filter *f)
{
	unsigned r;

	for (r = 0; r < f->nrules; r++)
		if (f->rules[r].type == WQ_TYPE_META)
			return true;
	return false;
}

static bool is_wanted(const struct adding *a, const struct wq_source_ops *ops)
{
	char names[2];

	return wants_meta(&a->m->filter) || wanted_events(a, ops, NULL, names, sizeof(names)) > 0;
}

/* ---- Choosing ---- */

/* A part of a source. */
struct part {
	const struct wq_source_ops *best;	/* of the backends that post something wanted; NULL:
						 * nothing of this part is */
	const struct wq_source_ops *works;	/* the first of them; NULL: none */
	struct wq_error why, last;		/* why the best, and the last of them, doesn't */
};

static bool choose(const struct adding *a, unsigned nr, struct part *p)
{
	const struct wq_source_ops *ops;
	bool known = false;
	unsigned i;

	*p = (struct part) { .best = NULL };
	for (i = 0; (ops = wq_source_at(i)); i++) {
		if (!is_in(a, ops, nr))
			continue;
		known = true;
		if (p->works || !is_wanted(a, ops))
			continue;
		if (!p->best)
			p->best = ops;
		if (ops->probe(&a->config, &p->last) == 0) {
			wq_engine_log(a->m, WQ_LOG_INFO, "backend %s", ops->backend);
			p->works = ops;
			continue;
		}
		if (!p->why.err)
			p->why = p->last;
		wq_engine_log(a->m, WQ_LOG_INFO, "not backend %s: %s", ops->backend, p->last.text);
	}
	return known;
}

/* What isn't heard, or not as well as the user may think. */
static void say_unheard(const struct adding *a, const struct part *p)
{
	char names[128] = "", using[64] = "";
	unsigned n = 0;

	if (!p->best || !p->why.err)
		return;
	if (p->best->part)
		n = wanted_events(a, p->best, p->works, names, sizeof(names));
	if (p->works)
		snprintf(using, sizeof(using), "; using --backend %s", p->works->backend);
	wq_engine_log(a->m, WQ_LOG_WARNING, "%s%s%s%s%s%s", a->object ? a->object : "", a->object ? ": " : "",
		      p->why.text, using, n ? "; not heard: " : "", names);
}

/* Nothing works of what is wanted. */
static int none_works(const struct adding *a, const struct part *parts, bool known, struct wq_error *e)
{
	unsigned i;

	if (!known)
		return wq_fail(e, WQ_FAILURE, EINVAL, "no such source '%s'", a->source);
	for (i = 0; i < WQ_PARTS && !parts[i].best; i++)
		;
	if (i == WQ_PARTS)
		return wq_fail(e, WQ_FAILURE, EINVAL, "no backend of %s reports these events", a->source);
	*e = parts[i].best->part ? parts[i].why : parts[i].last;
	if (e->kind == WQ_NOTSUPP) {
		struct wq_error why = *e;

		wq_fail(e, why.kind, why.err, "%s; 'watchq info' tells what works here", why.text);
	}
	return -e->err;
}

static int add_parts(struct adding *a, struct wq_error *e)
{
	struct part parts[WQ_PARTS];
	bool known = false;
	unsigned i, n = 0;

	for (i = 0; i < WQ_PARTS; i++) {
		known |= choose(a, i, &parts[i]);
		n += parts[i].works != NULL;
	}
	if (n == 0)
		return none_works(a, parts, known, e);
	for (i = 0; i < WQ_PARTS; i++) {
		say_unheard(a, &parts[i]);
		if (parts[i].works && !new_source(a->m, parts[i].works, &a->config, e))
			return -e->err;
	}
	return 0;
}

static int add_one(struct adding *a, const char *backend, struct wq_error *e)
{
	const struct wq_source_ops *ops;
	char names[128] = "";
	unsigned i;

	for (i = 0; (ops = wq_source_at(i)); i++) {
		if (strcmp(ops->source, a->source) != 0)
			continue;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s", ops->backend);
		if (strcmp(ops->backend, backend) != 0)
			continue;
		if (!is_wanted(a, ops))
			return wq_fail(e, WQ_FAILURE, EINVAL, "backend %s of %s reports none of these events", backend, a->source);
		if (ops->probe(&a->config, e) == 0) {
			wq_engine_log(a->m, WQ_LOG_INFO, "backend %s", ops->backend);
			return new_source(a->m, ops, &a->config, e) ? 0 : -e->err;
		}
		return -e->err;
	}
	return wq_fail(e, WQ_FAILURE, EINVAL, "%s has no backend '%s'; it has auto%s", a->source, backend, names);
}

/* ---- Adding ---- */

int wq_monitor_add(struct wq_monitor *m, const char *source, const char *backend,
		   char *const *objects, size_t nobjects, unsigned first_id,
		   unsigned depth, struct wq_error *e)
{
	struct adding a = {
		.m = m, .source = source, .object = nobjects ? objects[0] : NULL,
		.config = {
			.objects = objects, .nobjects = nobjects, .first_id = first_id, .depth = depth,
			.recursive = m->recursive, .all = m->all, .sweep = m->sweep, .interval = m->interval,
			.ns = m->ns, .types = m->types, .options = m->options, .coalesce = m->coalesce,
			.ids = m->ids, .optional = m->optional,
		},
	};
	int rc;

	if (first_id < 1 || first_id > 255)
		return wq_fail(e, WQ_FAILURE, EINVAL, "IDs of watches go from 1 to 255");
	rc = backend ? add_one(&a, backend, e) : add_parts(&a, e);
	if (rc && e->kind == WQ_NOTSUPP && a.object) {
		struct wq_error why = *e;

		wq_fail(e, why.kind, why.err, "%s: %s", a.object, why.text);
	}
	return rc;
}

int wq_monitor_add_capture(struct wq_monitor *m, int fd, const char *name,
			   enum wq_endian endian, struct wq_error *e)
{
	struct wq_source_config c = { .fd = fd, .name = name, .endian = endian, .keep_going = m->keep_going };

	return new_source(m, &wq_capture, &c, e) ? 0 : -e->err;
}
