// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The engine, run inline: wq_monitor_dispatch() drains, applies and hands on in
 * the caller's thread. Everything here is the engine thread's.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ring.h"
#include "source.h"

#define MAX_SOURCES	16
#define MAX_WATCHES	4096		/* with those of captures */
#define RING_SIZE	(1u << 20)	/* bytes of items between drain and engine */
#define PULL_BATCH	4096		/* items of a capture in one dispatch */
#define CLOCK_SLACK	1000000		/* ns: the clocks are not read at the same instant */

struct added_source {
	struct wq_source source;
	struct wq_source_config config;
	bool open, ended;
};

struct wq_monitor {
	wq_event_fn fn;
	void *fn_data;
	wq_log_fn log;
	void *log_data;
	wq_match_fn match;
	void *match_data;
	struct wq_filter filter;
	bool names;
	uint64_t count;			/* be done after that many; 0: never */
	uint64_t seq;			/* events handed on */
	uint64_t counted;
	int epfd;
	int64_t clock;
	struct wq_ring *ring;
	struct wq_watch *watches[MAX_WATCHES];
	unsigned nwatches;
	struct added_source sources[MAX_SOURCES];
	unsigned nsources;
};

/* ---- Clocks ---- */

/* Follows steps of the wall clock, and not the jitter of reading two clocks. */
static void read_clock(struct wq_monitor *m)
{
	int64_t offset = (int64_t) (wq_now_realtime() - wq_now_boottime());

	if (llabs(offset - m->clock) > CLOCK_SLACK)
		m->clock = offset;
}

int64_t wq_engine_clock(const struct wq_monitor *m)
{
	return m->clock;
}

/* ---- Setting up ---- */

int wq_monitor_new(struct wq_monitor **out, wq_event_fn fn, void *data)
{
	struct wq_monitor *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->fn = fn;
	m->fn_data = data;
	m->names = true;
	m->epfd = epoll_create1(EPOLL_CLOEXEC);
	m->ring = wq_ring_new(RING_SIZE);
	if (m->epfd < 0 || !m->ring) {
		int rc = m->ring ? -errno : -ENOMEM;

		wq_monitor_free(m);
		return rc;
	}
	read_clock(m);
	*out = m;
	return 0;
}

static void free_watch(struct wq_watch *w)
{
	free((char *) w->object);
	free((char *) w->source);
	free((char *) w->backend);
	free(w);
}

void wq_monitor_free(struct wq_monitor *m)
{
	unsigned i;

	if (!m)
		return;
	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].open)
			m->sources[i].source.ops->close(&m->sources[i].source);
	for (i = 0; i < m->nwatches; i++)
		free_watch(m->watches[i]);
	wq_ring_free(m->ring);
	if (m->epfd >= 0)
		close(m->epfd);
	free(m);
}

void wq_monitor_set_log(struct wq_monitor *m, wq_log_fn fn, void *data)
{
	m->log = fn;
	m->log_data = data;
}

void wq_monitor_set_filter(struct wq_monitor *m, const struct wq_filter *f)
{
	m->filter = *f;
}

void wq_monitor_set_match(struct wq_monitor *m, wq_match_fn fn, void *data)
{
	m->match = fn;
	m->match_data = data;
}

void wq_monitor_set_names(struct wq_monitor *m, bool on)
{
	m->names = on;
}

void wq_monitor_set_count(struct wq_monitor *m, uint64_t n)
{
	m->count = n;
}

int wq_monitor_fd(const struct wq_monitor *m)
{
	return m->epfd;
}

/* ---- What sources ask of the engine ---- */

const struct wq_filter *wq_engine_filter(const struct wq_monitor *m)
{
	return &m->filter;
}

bool wq_engine_wants_names(const struct wq_monitor *m)
{
	return m->names;
}

void wq_engine_log(struct wq_monitor *m, enum wq_log_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!m->log)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->log(m->log_data, level, text);
}

int wq_engine_poll(struct wq_monitor *m, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return epoll_ctl(m->epfd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

void wq_engine_source_ended(struct wq_source *s)
{
	s->m->sources[s->index].ended = true;
}

const struct wq_watch *wq_engine_watch(struct wq_source *s, uint8_t id,
				       const char *source, const char *backend, const char *object)
{
	struct wq_monitor *m = s->m;
	struct wq_watch *w;
	unsigned i;

	/* Captures say the same again and again when they are put together. */
	for (i = 0; i < m->nwatches; i++) {
		w = m->watches[i];
		if (w->id == id && strcmp(w->source, source) == 0 && strcmp(w->backend, backend) == 0 &&
		    (object ? w->object && strcmp(w->object, object) == 0 : !w->object)) {
			if (id)
				s->by_id[id] = w;
			return w;
		}
	}
	if (m->nwatches == MAX_WATCHES)
		return NULL;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->index = m->nwatches;
	w->id = id;
	w->source = strdup(source);
	w->backend = strdup(backend);
	w->object = object ? strdup(object) : NULL;
	w->object_len = object ? strlen(object) : 0;
	if (!w->source || !w->backend || (object && !w->object)) {
		free_watch(w);
		return NULL;
	}
	m->watches[m->nwatches++] = w;
	if (id)
		s->by_id[id] = w;
	return w;
}

/* ---- Starting ---- */

static struct wq_source *new_source(struct wq_monitor *m, const struct wq_source_ops *ops,
				    const struct wq_source_config *c, struct wq_error *e)
{
	struct added_source *a;

	if (m->nsources == MAX_SOURCES) {
		wq_fail(e, WQ_FAILURE, E2BIG, "no more than %d sources at a time", MAX_SOURCES);
		return NULL;
	}
	a = &m->sources[m->nsources];
	*a = (struct added_source) {
		.source = { .ops = ops, .m = m, .index = m->nsources },
		.config = *c,
	};
	m->nsources++;
	return &a->source;
}

static const struct wq_source_ops *choose_backend(struct wq_monitor *m, const char *source,
						  const char *backend, struct wq_error *e)
{
	const struct wq_source_ops *ops;
	char names[128] = "";
	bool known = false;
	unsigned i;

	for (i = 0; (ops = wq_source_at(i)); i++) {
		if (strcmp(ops->source, source) != 0)
			continue;
		known = true;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s", ops->backend);
		if (backend && strcmp(ops->backend, backend) != 0)
			continue;
		if (ops->probe(e) == 0) {
			wq_engine_log(m, WQ_LOG_INFO, "backend %s", ops->backend);
			return ops;
		}
		if (backend)
			return NULL;
		wq_engine_log(m, WQ_LOG_INFO, "not backend %s: %s", ops->backend, e->text);
	}
	if (!known)
		wq_fail(e, WQ_FAILURE, EINVAL, "no such source '%s'", source);
	else if (backend)
		wq_fail(e, WQ_FAILURE, EINVAL, "%s has no backend '%s'; it has auto%s", source, backend, names);
	else {
		struct wq_error last = *e;	/* why the last one does not work */

		wq_fail(e, last.kind, last.err, "%.400s; 'watchq info' tells what works here", last.text);
	}
	return NULL;
}

int wq_monitor_add(struct wq_monitor *m, const char *source, const char *backend,
		   char *const *objects, size_t nobjects, unsigned first_id,
		   unsigned depth, struct wq_error *e)
{
	struct wq_source_config c = {
		.objects = objects, .nobjects = nobjects, .first_id = first_id, .depth = depth,
	};
	const struct wq_source_ops *ops;

	if (first_id < 1 || first_id > 255)
		return wq_fail(e, WQ_FAILURE, EINVAL, "IDs of watches go from 1 to 255");
	if (nobjects > 256 - first_id)
		return wq_fail(e, WQ_FAILURE, E2BIG,
			       "%zu objects from ID %u on: IDs of watches go from 1 to 255", nobjects, first_id);
	ops = choose_backend(m, source, backend, e);
	if (!ops) {
		struct wq_error why = *e;

		if (why.kind == WQ_NOTSUPP)
			wq_fail(e, why.kind, why.err, "%.60s: %.440s", nobjects ? objects[0] : source, why.text);
		return -e->err;
	}
	return new_source(m, ops, &c, e) ? 0 : -e->err;
}

int wq_monitor_add_capture(struct wq_monitor *m, int fd, const char *name,
			   enum wq_endian endian, struct wq_error *e)
{
	struct wq_source_config c = { .fd = fd, .name = name, .endian = endian };

	return new_source(m, &wq_capture, &c, e) ? 0 : -e->err;
}

int wq_monitor_start(struct wq_monitor *m, struct wq_error *e)
{
	unsigned i;
	int rc;

	for (i = 0; i < m->nsources; i++) {
		struct added_source *a = &m->sources[i];
		struct wq_source *s = &a->source;

		s->self = wq_engine_watch(s, 0, s->ops->source, s->ops->backend, NULL);
		if (!s->self)
			return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
		rc = s->ops->open(s, &a->config, e);
		if (rc)
			return rc;
		a->open = true;
	}
	return 0;
}

/* ---- Events ---- */

static int hand_on(struct wq_monitor *m, struct wq_event *ev)
{
	bool is_loss;
	int rc;

	if (!wq_filter_match(&m->filter, &ev->rec))
		return 0;
	ev->seq = m->seq + 1;
	is_loss = ev->rec.type_nr == WQ_TYPE_META && ev->rec.subtype_nr != WQ_META_REMOVAL;
	if (m->match && !is_loss && !m->match(m->match_data, ev))
		return 0;

	m->seq++;
	rc = m->fn(m->fn_data, ev);
	if (rc)
		return rc;
	/* Losses and what was there before are shown, but don't count. */
	if (ev->mark == WQ_MARK_NONE && !is_loss)
		m->counted++;
	return m->count && m->counted >= m->count ? WQ_DONE : 0;
}

int wq_engine_emit(struct wq_monitor *m, struct wq_event *ev)
{
	int rc = hand_on(m, ev);

	wq_name_unref(ev->key_name);
	wq_name_unref(ev->aux_name);
	return rc;
}

/* ---- Running ---- */

static int apply_ring(struct wq_monitor *m)
{
	struct wq_ring_item *it;
	int rc = 0;

	while (!rc && (it = wq_ring_peek(m->ring))) {
		struct wq_source *s = &m->sources[it->source].source;
		struct wq_item item = { .boottime = it->boottime };

		wq_record_header(&item.rec, it->data, false);
		rc = s->ops->apply(s, &item);
		wq_ring_release(m->ring);
	}
	return rc;
}

static int pull_batch(struct wq_source *s, struct wq_error *e)
{
	struct wq_item item;
	int rc, i;

	for (i = 0; i < PULL_BATCH; i++) {
		rc = s->ops->pull(s, &item, e);
		if (rc == WQ_DONE)
			wq_engine_source_ended(s);
		if (rc != 1)
			return rc == WQ_DONE ? 0 : rc;
		rc = s->ops->apply(s, &item);
		if (rc)
			return rc;
	}
	return 1;
}

static bool all_ended(const struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (!m->sources[i].ended)
			return false;
	return true;
}

int wq_monitor_dispatch(struct wq_monitor *m, struct wq_error *e)
{
	bool more = false;
	unsigned i;

	read_clock(m);
	e->err = 0;
	for (i = 0; i < m->nsources; i++) {
		struct wq_source *s = &m->sources[i].source;
		int rc;

		if (m->sources[i].ended)
			continue;
		if (s->ops->flags & WQ_SOURCE_PULL) {
			rc = pull_batch(s, e);
		} else {
			int full = s->ops->drain(s, m->ring, e);

			rc = apply_ring(m);
			if (!rc)
				rc = full;
		}
		if (rc < 0 && !e->err)
			wq_fail(e, WQ_FAILURE, -rc, "%s", strerror(-rc));
		if (rc < 0 || rc == WQ_DONE)
			return rc;
		more |= rc == 1;
	}
	return all_ended(m) ? WQ_DONE : more;
}
