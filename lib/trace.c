// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A trace: opening, and reading what all processors recorded in the order of time.
 *
 * A processor whose buffer was found empty at some time has only later events from
 * then on. So what was recorded before a time is complete when each processor has
 * either an event waiting here, or was found empty after that time.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <traceevent/event-parse.h>
#include <traceevent/kbuffer.h>
#include <unistd.h>

#include "source.h"
#include "tasks.h"
#include "trace.h"
#include "tracefs.h"

#define WQ_AHEAD		1000000000u	/* ns; no clock is that wrong */

/* One processor's buffer. */
struct cpu {
	unsigned nr;
	int fd;
	struct kbuffer *kb;
	unsigned char *page;
	void *data;			/* its oldest event, in page; NULL: none was read */
	unsigned long long time;
	uint64_t missed;		/* events before that one, not told of yet */
};

struct wq_trace {
	struct wq_tracefs fs;
	struct tep_handle *tep;
	size_t page_size;
	struct cpu *cpus;
	unsigned ncpus;
	int epfd;
	struct wq_tasks tasks;
};

/* ---- Reading ---- */

/* kernel/trace/ring_buffer.c: RB_MISSED_EVENTS. kbuffer_missed_events() has forgotten
 * it where the page begins with what is no event. */
static uint64_t missed_before(struct wq_trace *t, struct cpu *c)
{
	uint64_t commit = tep_read_number(t->tep, c->page + 8, tep_get_header_page_size(t->tep));
	int n = kbuffer_missed_events(c->kb);

	if (!(commit & (1u << 31)))
		return 0;
	return n > 0 ? (uint64_t) n : 1;
}

bool wq_trace_event_fits(const void *page, size_t len, const void *last, const void *event, int size)
{
	const unsigned char *at = event, *first = page, *end = first + len;

	return at >= first && at < end && size > 0 && size <= end - at && (!last || event > last);
}

bool wq_trace_field_fits(int offset, int size, unsigned len)
{
	return offset >= 0 && (size == 1 || size == 2 || size == 4 || size == 8) && (unsigned) size <= len &&
	       (unsigned) offset <= len - (unsigned) size;
}

/* Take @event as the next one of the page. If it is out of place, the rest of the page is given
 * up, and counts as one missed event: how many there were is not known. */
static void take(struct wq_trace *t, struct cpu *c, void *event)
{
	if (event && !wq_trace_event_fits(c->page, t->page_size, c->data, event, kbuffer_event_size(c->kb))) {
		c->missed++;
		event = NULL;
	}
	c->data = event;
}

/* Reads the next page that has an event. 0, also where there is none; -errno. */
static int load(struct wq_trace *t, struct cpu *c)
{
	while (!c->data) {
		ssize_t n = read(c->fd, c->page, t->page_size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n <= 0)
			return 0;
		kbuffer_load_subbuffer(c->kb, c->page);
		c->missed += missed_before(t, c);
		take(t, c, kbuffer_read_event(c->kb, &c->time));
	}
	return 0;
}

static int give(struct wq_trace *t, struct cpu *c, wq_trace_fn fn, void *data)
{
	struct wq_trace_event ev = { .cpu = c->nr, .id = -1, .missed = c->missed };
	struct tep_record rec = { .data = c->data };

	if (c->missed && fn(data, &ev))
		return 1;
	c->missed = 0;
	ev = (struct wq_trace_event) {
		.time = c->time, .cpu = c->nr, .data = c->data,
		.len = (unsigned) kbuffer_event_size(c->kb), .id = tep_data_type(t->tep, &rec),
	};
	return fn(data, &ev);
}

static struct cpu *earliest(struct wq_trace *t)
{
	struct cpu *first = NULL;
	unsigned i;

	for (i = 0; i < t->ncpus; i++)
		if (t->cpus[i].data && (!first || t->cpus[i].time < first->time))
			first = &t->cpus[i];
	return first;
}

int wq_trace_read(struct wq_trace *t, wq_trace_fn fn, void *data, struct wq_error *e)
{
	uint64_t now = wq_now_boottime();
	struct cpu *c;
	unsigned i;
	int rc = 0;

	for (i = 0; i < t->ncpus && !rc; i++)
		rc = load(t, &t->cpus[i]);
	while (!rc && (c = earliest(t))) {
		if ((c->time > now && c->time < now + WQ_AHEAD) || give(t, c, fn, data))
			return 1;
		take(t, c, kbuffer_next_event(c->kb, &c->time));
		rc = load(t, c);
	}
	if (rc)
		return wq_fail(e, WQ_FAILURE, -rc, "can't read the trace: %s", strerror(-rc));
	return 0;
}

int wq_trace_fd(const struct wq_trace *t)
{
	return t->epfd;
}

/* ---- Opening ---- */

/* Not tep_kbuffer(): 1.7.1 has it read as if in the other byte order. */
static struct kbuffer *new_kbuffer(const struct wq_trace *t)
{
	return kbuffer_alloc(tep_get_header_page_size(t->tep) == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
			     KBUFFER_ENDIAN_SAME_AS_HOST);
}

static int open_cpu(struct wq_trace *t, unsigned nr, struct wq_error *e)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct cpu *more = realloc(t->cpus, (t->ncpus + 1) * sizeof(*more)), *c;
	struct pollfd p = { .events = POLLIN };
	char path[64];

	if (!more)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	t->cpus = more;
	snprintf(path, sizeof(path), "per_cpu/cpu%u/trace_pipe_raw", nr);
	p.fd = openat(t->fs.dir, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (p.fd < 0)
		return wq_tracefs_fail(e, path, errno);
	/* It was never up, and so has no buffer: it would poll so for ever. */
	if (poll(&p, 1, 0) > 0 && (p.revents & POLLERR)) {
		close(p.fd);
		return 0;
	}
	c = &t->cpus[t->ncpus++];
	*c = (struct cpu) { .nr = nr, .fd = p.fd, .kb = new_kbuffer(t), .page = malloc(t->page_size) };
	if (!c->kb || !c->page)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	memset(c->page, 0xff, t->page_size);	/* in memory before the first read: drain.c */
	if (epoll_ctl(t->epfd, EPOLL_CTL_ADD, c->fd, &ev))
		return wq_fail(e, WQ_FAILURE, errno, "can't poll the trace: %s", strerror(errno));
	return 0;
}

static int open_cpus(struct wq_trace *t, struct wq_error *e)
{
	int fd = openat(t->fs.dir, "per_cpu", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	unsigned nr;

	if (!list) {
		rc = wq_tracefs_fail(e, "per_cpu", errno);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (!rc && (d = readdir(list)))
		if (sscanf(d->d_name, "cpu%u", &nr) == 1)
			rc = open_cpu(t, nr, e);
	closedir(list);
	return rc;
}

static int set(struct wq_trace *t, const char *path, const char *text, struct wq_error *e)
{
	int rc = wq_tracefs_write(t->fs.dir, path, text);

	return rc ? wq_tracefs_fail(e, path, -rc) : 0;
}

/* How pages are laid out, and how they come. */
static int set_up(struct wq_trace *t, unsigned kib, struct wq_error *e)
{
	char *text, size[16];
	size_t len;
	int rc = wq_tracefs_read(t->fs.root, "events/header_page", &text, &len);

	if (rc)
		return wq_tracefs_fail(e, "events/header_page", -rc);
	rc = tep_parse_header_page(t->tep, text, len, (int) sizeof(long));
	free(text);
	/* Without memory it has parsed a part, and returns 0. */
	if (rc || (tep_get_header_page_size(t->tep) != 4 && tep_get_header_page_size(t->tep) != 8))
		return wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: events/header_page: libtraceevent doesn't understand it");
	t->page_size = (size_t) sysconf(_SC_PAGESIZE);

	snprintf(size, sizeof(size), "%u", kib);
	rc = set(t, "trace_clock", "boot", e);
	if (!rc)
		rc = set(t, "buffer_size_kb", size, e);
	/* What came last is kept, and the page says that something came before. */
	if (!rc)
		rc = set(t, "options/overwrite", "1", e);
	/* Polls readable from the first event on; so it does where there is no such file. */
	if (!rc && faccessat(t->fs.dir, "buffer_percent", F_OK, 0) == 0)
		rc = set(t, "buffer_percent", "0", e);
	return rc;
}

int wq_trace_open(struct wq_trace **out, unsigned kib, struct wq_error *e)
{
	struct wq_trace *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	rc = wq_tracefs_open(&t->fs, e);
	if (rc) {
		free(t);
		return rc;
	}
	wq_tasks_init(&t->tasks, t->fs.root);
	tep_set_loglevel(TEP_LOG_NONE);		/* it would print */
	t->tep = tep_alloc();
	t->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (!t->tep || t->epfd < 0)
		rc = wq_fail(e, WQ_FAILURE, t->tep ? errno : ENOMEM, "can't open a trace: %s",
			     strerror(t->tep ? errno : ENOMEM));
	if (!rc)
		rc = set_up(t, kib, e);
	if (!rc)
		rc = open_cpus(t, e);
	if (rc)
		wq_trace_close(t);
	else
		*out = t;
	return rc;
}

void wq_trace_close(struct wq_trace *t)
{
	unsigned i;

	if (!t)
		return;
	for (i = 0; i < t->ncpus; i++) {
		close(t->cpus[i].fd);
		kbuffer_free(t->cpus[i].kb);
		free(t->cpus[i].page);
	}
	free(t->cpus);
	if (t->epfd >= 0)
		close(t->epfd);
	tep_free(t->tep);
	wq_tracefs_close(&t->fs);
	free(t);
}

/* ---- Events ---- */

static int fail_event(struct wq_error *e, const char *path, const char *needs, int err)
{
	if (err == ENOENT)
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "this kernel doesn't trace that (%s is not there); one with %s is needed",
			       path, needs);
	return wq_tracefs_fail(e, path, err);
}

/* @event is the trace's. */
static int parse_format(struct wq_trace *t, const char *system, const char *name,
			struct tep_event **event, struct wq_error *e)
{
	char path[128], *text;
	size_t len;
	int rc;

	snprintf(path, sizeof(path), "events/%s/%s/format", system, name);
	rc = wq_tracefs_read(t->fs.dir, path, &text, &len);
	if (rc)
		return fail_event(e, path, "this tracepoint", -rc);
	tep_parse_event(t->tep, text, len, system);
	free(text);
	/* It is there even where its text for people was not understood. */
	*event = tep_find_event_by_name(t->tep, system, name);
	if (!*event)
		return wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: %s: libtraceevent doesn't understand it", path);
	return 0;
}

int wq_trace_add(struct wq_trace *t, const char *system, const char *name, const char *filter,
		 struct tep_event **event, struct wq_error *e)
{
	char path[128];
	int rc = parse_format(t, system, name, event, e);

	if (!rc && filter) {
		snprintf(path, sizeof(path), "events/%s/%s/filter", system, name);
		rc = set(t, path, filter, e);
	}
	if (!rc) {
		snprintf(path, sizeof(path), "events/%s/%s/enable", system, name);
		rc = set(t, path, "1", e);
	}
	return rc;
}

int wq_trace_probe(const char *system, const char *name, const char *needs, struct wq_error *e)
{
	int root = wq_tracefs_root(e), fd, rc = 0;
	char path[128];

	if (root < 0)
		return root;
	snprintf(path, sizeof(path), "events/%s/%s/format", system, name);
	fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		rc = fail_event(e, path, needs, errno);
	else if (faccessat(root, "instances", W_OK, AT_EACCESS))
		rc = wq_tracefs_fail(e, "instances", errno);
	if (fd >= 0)
		close(fd);
	close(root);
	return rc;
}

struct wq_tasks *wq_trace_tasks(struct wq_trace *t)
{
	return &t->tasks;
}
