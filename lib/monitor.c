// SPDX-License-Identifier: LGPL-2.1-or-later
/* Setting a monitor up: what it is to watch, and what sources ask of it. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/text.h"
#include "base/worker.h"
#include "engine/questions.h"
#include "monitor.h"

#define WQ_MAX_WATCHES	65000		/* with those of captures, which count in 16 bits */

/* ---- Errors ---- */

int wq_source_error(struct wq_source *s, int err, const char *fmt, ...)
{
	char text[sizeof(s->m->failure.text) / 2];
	va_list ap;

	va_start(ap, fmt);
	wq_text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	return wq_fail(&s->m->failure, WQ_FAILURE, err, "%s: %s", text, strerror(err));
}

void wq_fail_monitor(struct wq_monitor *m, int err, struct wq_error *e)
{
	if (m->failure.err == err)
		*e = m->failure;
	else
		wq_fail(e, WQ_FAILURE, err, "%s", strerror(err));
}

/* ---- Setting up ---- */

int wq_monitor_new(struct wq_monitor **out, wq_event_fn fn, void *data)
{
	struct wq_monitor *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->fn = fn;
	m->fn_data = data;
	m->names = m->commands = true;
	m->interval = 1000000000;
	m->epfd = epoll_create1(EPOLL_CLOEXEC);
	m->timerfd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	m->drain = wq_drain_new();
	if (m->epfd < 0 || m->timerfd < 0 || !m->drain || wq_engine_poll(m, m->timerfd)) {
		int rc = errno ? -errno : -ENOMEM;

		wq_monitor_free(m);
		return rc;
	}
	wq_clock_read(m);
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
	wq_drain_free(m->drain);	/* first: nobody reads the queues then */
	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].open)
			m->sources[i].source.ops->close(&m->sources[i].source);
	wq_workers_free(m->workers);
	for (i = 0; i < m->nwatches; i++)
		free_watch(m->watches[i]);
	free(m->watches);
	if (m->timerfd >= 0)
		close(m->timerfd);
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

void wq_monitor_set_commands(struct wq_monitor *m, bool on)
{
	m->commands = on;
}

void wq_monitor_set_quota_names(struct wq_monitor *m, bool on)
{
	m->quota_names = on;
}

void wq_monitor_set_count(struct wq_monitor *m, uint64_t n)
{
	m->count = n;
}

void wq_monitor_set_initial(struct wq_monitor *m, bool on, bool once)
{
	m->initial = on;
	m->once = once;
}

void wq_monitor_set_marks(struct wq_monitor *m, bool on)
{
	m->marks = on;
}

void wq_monitor_set_sweep(struct wq_monitor *m, uint64_t ns)
{
	m->sweep = ns;
}

void wq_monitor_set_keys(struct wq_monitor *m, bool recursive, bool all)
{
	m->recursive = recursive;
	m->all = all;
}

void wq_monitor_set_mounts(struct wq_monitor *m, const char *ns, const char *types, const char *options)
{
	m->ns = ns;
	m->types = types;
	m->options = options;
}

void wq_monitor_set_ids(struct wq_monitor *m, const uint8_t *ids)
{
	m->ids = ids;
}

void wq_monitor_set_keep_going(struct wq_monitor *m, bool on)
{
	m->keep_going = on;
}

void wq_monitor_set_optional(struct wq_monitor *m, bool on)
{
	m->optional = on;
}

void wq_monitor_set_interval(struct wq_monitor *m, uint64_t ns)
{
	m->interval = ns;
}

void wq_monitor_set_coalesce(struct wq_monitor *m, uint64_t ns)
{
	m->coalesce = ns;
}

void wq_monitor_set_thread(struct wq_monitor *m, bool on, bool realtime)
{
	m->thread = on;
	m->realtime = realtime;
}

void wq_monitor_set_workers(struct wq_monitor *m, bool on)
{
	m->may_ask = on;
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

bool wq_engine_wants_initial(const struct wq_monitor *m)
{
	return m->initial;
}

bool wq_engine_wants_names(const struct wq_monitor *m)
{
	return m->names;
}

bool wq_engine_wants_commands(const struct wq_monitor *m)
{
	return m->commands;
}

bool wq_engine_wants_quota_names(const struct wq_monitor *m)
{
	return m->quota_names;
}

void wq_engine_want_names(struct wq_monitor *m)
{
	m->names = true;
}

void wq_engine_log(struct wq_monitor *m, enum wq_log_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!m->log)
		return;
	va_start(ap, fmt);
	wq_text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->log(m->log_data, level, text);
}

int wq_engine_poll(struct wq_monitor *m, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return epoll_ctl(m->epfd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

int wq_engine_poll_changes(struct wq_monitor *m, int fd, bool on)
{
	struct epoll_event ev = { .events = EPOLLPRI };

	return epoll_ctl(m->epfd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &ev) ? -errno : 0;
}

int wq_engine_drain(struct wq_source *s, int fd)
{
	return wq_drain_add(s->m->drain, s, fd);
}

void wq_engine_source_ended(struct wq_source *s)
{
	s->m->sources[s->index].ended = true;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static struct wq_watch *new_watch(struct wq_monitor *m, uint8_t id, const char *source,
				  const char *backend, const char *object)
{
	struct wq_watch *w;

	if (m->nwatches == m->room) {
		unsigned room = m->room ? 2 * m->room : 64;
		struct wq_watch **more = realloc(m->watches, room * sizeof(*more));

		if (!more)
			return NULL;
		m->watches = more;
		m->room = room;
	}
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
	return w;
}

const struct wq_watch *wq_engine_watch(struct wq_source *s, uint8_t id,
				       const char *source, const char *backend, const char *object)
{
	struct wq_monitor *m = s->m;
	struct wq_watch *w = NULL;
	unsigned i;

	/* Captures say the same again and again when they are put together. */
	for (i = 0; i < m->nwatches; i++) {
		w = m->watches[i];
		if (w->id == id && same_text(w->object, object) && strcmp(w->source, source) == 0 &&
		    strcmp(w->backend, backend) == 0)
			break;
	}
	if (i == m->nwatches)
		w = i < WQ_MAX_WATCHES ? new_watch(m, id, source, backend, object) : NULL;
	if (w && id)
		s->by_id[id] = w;
	return w;
}

/* ---- Starting ---- */

static int open_source(struct wq_added_source *a, struct wq_error *e)
{
	struct wq_source *s = &a->source;
	int rc;

	s->self = wq_engine_watch(s, 0, s->ops->source, s->ops->backend, NULL);
	if (!s->self)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	rc = s->ops->open(s, &a->config, e);
	a->open = rc == 0;
	return rc;
}

/* It wasn't opened: nobody knows its place, nor those behind it theirs. */
static void drop_source(struct wq_monitor *m, unsigned i)
{
	wq_drain_remove(m->drain, &m->sources[i].source);	/* it may have come so far */
	m->nsources--;
	memmove(&m->sources[i], &m->sources[i + 1], (m->nsources - i) * sizeof(m->sources[0]));
	for (; i < m->nsources; i++)
		m->sources[i].source.index = i;
}

static int open_sources(struct wq_monitor *m, struct wq_error *e)
{
	unsigned i = 0;

	while (i < m->nsources) {
		const struct wq_source_ops *ops = m->sources[i].source.ops;
		int rc = open_source(&m->sources[i], e);

		if (rc == 0) {
			i++;
			continue;
		}
		/* If nothing at all can be opened, that is an error. */
		if (!m->sources[i].config.optional || m->nsources == 1)
			return rc;
		wq_engine_log(m, WQ_LOG_WARNING, "%s: %s; not heard: all that backend %s reports", ops->source, e->text,
			      ops->backend);
		drop_source(m, i);
	}
	e->err = 0;
	return 0;
}

static bool all_offline(const struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (!(m->sources[i].source.ops->flags & WQ_SOURCE_OFFLINE))
			return false;
	return true;
}

/* Whether there is anything that a thread could drain. */
static bool has_queue(const struct wq_monitor *m)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].source.ops->drain)
			return true;
	return false;
}

static int start_drain(struct wq_monitor *m, struct wq_error *e)
{
	char got[160] = "";
	int rc = 0;

	if (m->thread && has_queue(m)) {
		rc = wq_drain_start(m->drain, m->realtime, got, sizeof(got));
		if (rc)
			return wq_fail(e, WQ_FAILURE, -rc, "can't start the thread that reads the queue: %s", strerror(-rc));
		wq_engine_log(m, WQ_LOG_INFO, "the queue is read by a thread, scheduled %s, which lets records gather for %d ms at most", got, WQ_DRAIN_PAUSE / 1000000);
	}
	rc = wq_engine_poll(m, wq_drain_fd(m->drain));
	return rc ? wq_fail(e, WQ_FAILURE, -rc, "can't poll the queue: %s", strerror(-rc)) : 0;
}

int wq_monitor_start(struct wq_monitor *m, struct wq_error *e)
{
	int rc;

	e->err = 0;
	if (m->thread && has_queue(m))
		wq_drain_prepare(m->drain);
	rc = wq_questions_begin(m, e);
	if (!rc)
		rc = open_sources(m, e);
	if (!rc && !all_offline(m)) {
		m->self = wq_engine_watch(&m->sources[0].source, 0, "all", "ring", NULL);
		rc = m->self ? start_drain(m, e) : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	if (!rc)
		rc = wq_engine_begin(m);
	if (rc < 0 && !e->err)
		wq_fail_monitor(m, -rc, e);
	return rc;
}
