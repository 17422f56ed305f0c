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
#include <unistd.h>

#include "base/retry.h"
#include "kernel/trace-format.h"
#include "kernel/trace-pages.h"
#include "source.h"
#include "tasks.h"
#include "trace.h"
#include "tracefs.h"

#define WQ_AHEAD		1000000000u	/* ns; no clock is that wrong */

struct cpu {
	unsigned nr;
	struct wq_trace_pages pages;
};

struct wq_trace {
	struct wq_tracefs fs;
	unsigned word;			/* of the kernel, bytes */
	struct wq_trace_field type;	/* of any event: its ID */
	struct cpu *cpus;
	unsigned ncpus;
	int epfd;
	struct wq_tasks tasks;
};

/* ---- Reading ---- */

static int give(const struct wq_trace *t, struct cpu *c, wq_trace_fn fn, void *data)
{
	struct wq_trace_pages *p = &c->pages;
	struct wq_trace_event ev = { .cpu = c->nr, .id = -1, .missed = p->missed };

	if (p->missed && fn(data, &ev))
		return 1;
	p->missed = 0;
	ev = (struct wq_trace_event) {
		.time = p->time, .cpu = c->nr, .data = p->event, .len = p->len,
		.id = (int) wq_trace_field_read(&t->type, p->event, p->len),
	};
	return fn(data, &ev);
}

static struct cpu *earliest(struct wq_trace *t)
{
	struct cpu *first = NULL;
	unsigned i;

	for (i = 0; i < t->ncpus; i++)
		if (t->cpus[i].pages.event && (!first || t->cpus[i].pages.time < first->pages.time))
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
		rc = wq_trace_pages_load(&t->cpus[i].pages);
	while (!rc && (c = earliest(t))) {
		if ((c->pages.time > now && c->pages.time < now + WQ_AHEAD) || give(t, c, fn, data))
			return 1;
		rc = wq_trace_pages_next(&c->pages);
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
	WQ_RETRY(p.fd, openat(t->fs.dir, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (p.fd < 0)
		return wq_tracefs_fail(e, path, errno);
	/* It was never up, and so has no buffer: it would poll so for ever. */
	if (poll(&p, 1, 0) > 0 && (p.revents & POLLERR)) {
		close(p.fd);
		return 0;
	}
	c = &t->cpus[t->ncpus++];
	c->nr = nr;
	if (wq_trace_pages_open(&c->pages, p.fd, (size_t) sysconf(_SC_PAGESIZE), t->word))
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	if (epoll_ctl(t->epfd, EPOLL_CTL_ADD, p.fd, &ev))
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
	while (!rc && (errno = 0, d = readdir(list)))
		if (sscanf(d->d_name, "cpu%u", &nr) == 1)
			rc = open_cpu(t, nr, e);
	if (!rc && errno)
		rc = wq_tracefs_fail(e, "per_cpu", errno);
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
	rc = wq_trace_format_word(text);
	free(text);
	if (rc < 0)
		return wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: events/header_page: pages are laid out in a way that watchq does not know");
	t->word = (unsigned) rc;

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
	t->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (t->epfd < 0)
		rc = wq_fail(e, WQ_FAILURE, errno, "can't open a trace: %s", strerror(errno));
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
	for (i = 0; i < t->ncpus; i++)
		wq_trace_pages_close(&t->cpus[i].pages);
	free(t->cpus);
	if (t->epfd >= 0)
		close(t->epfd);
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

/* All events begin with the same fields. */
static int read_type(struct wq_trace *t, const char *format, const char *path, struct wq_error *e)
{
	if (wq_trace_format_field(format, "common_type", &t->type) == 0 && t->type.size == 2)
		return 0;
	return wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: %s: common_type is not a number of 16 bits", path);
}

static int read_format(struct wq_trace *t, const char *system, const char *name, char **format, struct wq_error *e)
{
	char path[128];
	size_t len;
	int rc;

	snprintf(path, sizeof(path), "events/%s/%s/format", system, name);
	rc = wq_tracefs_read(t->fs.dir, path, format, &len);
	return rc ? fail_event(e, path, "this tracepoint", -rc) : read_type(t, *format, path, e);
}

int wq_trace_add(struct wq_trace *t, const char *system, const char *name, const char *filter,
		 char **format, struct wq_error *e)
{
	char path[128];
	int rc;

	*format = NULL;
	rc = read_format(t, system, name, format, e);
	if (!rc && filter) {
		snprintf(path, sizeof(path), "events/%s/%s/filter", system, name);
		rc = set(t, path, filter, e);
	}
	if (!rc) {
		snprintf(path, sizeof(path), "events/%s/%s/enable", system, name);
		rc = set(t, path, "1", e);
	}
	if (rc) {
		free(*format);
		*format = NULL;
	}
	return rc;
}

int wq_trace_need(const char *format, const char *event, const char *name, struct wq_trace_field *f, struct wq_error *e)
{
	switch (wq_trace_format_field(format, name, f)) {
	case 0:
		return 0;
	case -ENOENT:
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "tracefs: this kernel's event %s has no field %s, which watchq needs",
			       event, name);
	default:
		return wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: the event %s: its field %s has no possible place", event, name);
	}
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
