// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Remounts, read-only, mount_setattr(2) and propagation: fanotify has no event for them.
 * mountinfo says that something changed, not what, and says so of mounts and umounts,
 * too. So all known mounts are looked at: at once where nothing else was heard, else
 * when it is quiet, and over time with a hundredth of a processor at most.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor.h"
#include "sources/mounts.h"

#define WQ_SETTLE	3000000		/* ns: mountinfo speaks before fanotify does */
#define WQ_QUIET	100000000	/* ns without mounts and umounts */
#define WQ_LATEST	1000000000	/* ns: it may never be quiet */
#define WQ_SLICE	256		/* mounts that are looked at before events are read again */
#define WQ_REST		99		/* times as long as it took */

struct wq_mount_attributes {
	struct wq_mounts *ms;
	struct wq_monitor *m;
	struct wq_mountinfo_poll poll;
	bool process;		/* the user named one, not a file */
	bool pending;		/* mountinfo has changed, at: */
	uint64_t since;
	uint64_t topology;	/* when a mount came, went or moved last */
	uint64_t rest_until;
	bool looking;		/* at all, one after the other */
	bool swept;		/* because the user wants it, not mountinfo */
	uint64_t took;		/* ns of processor time, so far */
	uint64_t took_all;	/* the same of all such looks */
};

struct wq_mount_attributes *wq_mount_attributes_new(struct wq_mounts *ms, const struct wq_mount_ns *ns,
						    char *warning, size_t size)
{
	struct wq_mount_attributes *a = calloc(1, sizeof(*a));
	int rc;

	*warning = '\0';
	if (!a)
		return NULL;
	a->ms = ms;
	a->m = ms->s->m;
	a->process = ns->pid;
	rc = wq_mountinfo_poll_open(&a->poll, a->m, ns, false);
	if (rc == -EXDEV)
		snprintf(warning, size, "%.64s: changes of options are not reported: an open mountinfo would keep the namespace; name it by a PID or the file of a bind mount", ns->name);
	else if (rc)
		snprintf(warning, size, "changes of options are not reported: mountinfo: %s", strerror(-rc));
	return a;
}

void wq_mount_attributes_free(struct wq_mount_attributes *a)
{
	if (!a)
		return;
	wq_engine_log(a->m, WQ_LOG_DEBUG, "looking for changes of options took %.3f ms of processor time",
		      (double) a->took_all / 1e6);
	wq_mountinfo_poll_close(&a->poll);
	free(a);
}

void wq_mount_attributes_topology(struct wq_mount_attributes *a)
{
	a->topology = wq_engine_now(a->m);
}

static void begin(struct wq_mount_attributes *a)
{
	/* What changes from now on may be looked at too late: armed first. */
	wq_mountinfo_arm(&a->poll, true);
	a->pending = false;
	a->looking = true;
	a->took = 0;
	wq_mount_table_rewind(a->ms->table);
}

void wq_mount_attributes_sweep(struct wq_mount_attributes *a)
{
	a->swept = true;
	if (!a->looking)
		begin(a);
}

/* ---- When ---- */

static uint64_t due(const struct wq_mount_attributes *a)
{
	uint64_t at = a->since + WQ_SETTLE;

	/* Heard of by events as well. */
	if (a->topology + WQ_SETTLE >= a->since) {
		at = a->topology + WQ_QUIET;
		if (at > a->since + WQ_LATEST)
			at = a->since + WQ_LATEST;
	}
	return at > a->rest_until ? at : a->rest_until;
}

uint64_t wq_mount_attributes_deadline(const struct wq_mount_attributes *a)
{
	if (a->looking)
		return 1;	/* at once, behind the events that have come meanwhile */
	return a->pending ? due(a) : 0;
}

/* ---- Looking ---- */

static uint64_t processor_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t) ts.tv_sec * 1000000000u + (uint64_t) ts.tv_nsec;
}

static int look(struct wq_mount_attributes *a)
{
	bool quiet = wq_engine_now(a->m) >= a->topology + WQ_QUIET;
	uint64_t start = processor_time();
	struct wq_mount_node *n = NULL;
	unsigned i;
	int rc = 0;

	for (i = 0; !rc && i < WQ_SLICE && (n = wq_mount_table_next(a->ms->table)); i++)
		rc = wq_mounts_look_again(a->ms, n, WQ_MARK_NONE, quiet);
	start = processor_time() - start;
	a->took += start;
	a->took_all += start;
	if (rc || n)
		return rc;
	a->looking = false;
	if (!a->swept)
		a->rest_until = wq_now_boottime() + WQ_REST * a->took;
	a->swept = false;
	return 0;
}

int wq_mount_attributes_finish(struct wq_mount_attributes *a)
{
	int rc = 0;

	if (!a->pending && !a->looking && !wq_mountinfo_changed(&a->poll))
		return 0;
	begin(a);
	while (a->looking && !rc)
		rc = wq_go_on(look(a));
	return rc;
}

int wq_mount_attributes_tick(struct wq_mount_attributes *a)
{
	int rc = 0;

	if (wq_mountinfo_owner_ended(&a->poll))
		wq_engine_log(a->m, WQ_LOG_INFO, "the %s that names the namespace is gone: changes of options are no longer reported",
			      a->process ? "process" : "file");
	/* Once it is known, there is nothing to be woken for. */
	if (!a->pending && wq_mountinfo_changed(&a->poll)) {
		a->pending = true;
		a->since = wq_engine_now(a->m);
		wq_mountinfo_arm(&a->poll, false);
	}
	if (a->pending && !a->looking && wq_engine_now(a->m) >= due(a))
		begin(a);
	if (a->looking)
		rc = look(a);
	a->ms->s->busy = a->pending || a->looking;
	return rc;
}
