// SPDX-License-Identifier: LGPL-2.1-or-later
/* What this kernel, these privileges and limits allow. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "drain.h"
#include "kernel/proc-keys.h"
#include "libwatchq.h"
#include "queue.h"
#include "source.h"
#include "sources/keys.h"
#include "uapi.h"

/* A text that stands in front of its remedy in an error: "why; what to do". */
static void split(struct wq_capability *row, const char *text)
{
	const char *semi = strstr(text, "; ");
	size_t len = semi ? (size_t) (semi - text) : strlen(text);

	snprintf(row->detail, sizeof(row->detail), "%.*s", (int) len, text);
	if (semi)
		snprintf(row->remedy, sizeof(row->remedy), "%s", semi + 2);
}

/* Whether the kernel's notification pipe is what it is about. */
static bool is_of_keys(const char *name)
{
	return strncmp(name, "key", 3) == 0 || strcmp(name, "notification-pipe") == 0;
}

static void no(struct wq_capability *row, const struct wq_error *e)
{
	row->works = 0;
	split(row, e->text);
	if (row->remedy[0])
		return;
	if (e->err == EPERM)
		snprintf(row->remedy, sizeof(row->remedy), "allow it in the sandbox, or run watchq outside");
	else if (is_of_keys(row->name))
		snprintf(row->remedy, sizeof(row->remedy), "a kernel with CONFIG_WATCH_QUEUE=y and CONFIG_KEY_NOTIFICATIONS=y");
}

static struct wq_capability *value(struct wq_capability *row, const char *name, int64_t v)
{
	*row = (struct wq_capability) { .name = name, .works = -1, .value = v };
	return row;
}

static struct wq_capability *works(struct wq_capability *row, const char *name)
{
	*row = (struct wq_capability) { .name = name, .works = 1, .value = -1 };
	return row;
}

static void kernel(struct wq_capability *row)
{
	struct utsname u;

	value(row, "kernel", -1);
	if (uname(&u) == 0)
		snprintf(row->detail, sizeof(row->detail), "%.40s %.60s (%.40s)", u.sysname, u.release, u.machine);
}

static void queue(struct wq_capability *pipe_row, struct wq_capability *depth_row)
{
	struct wq_error e;
	struct wq_queue q;

	works(pipe_row, "notification-pipe");
	value(depth_row, "queue-depth", -1);
	if (wq_queue_open(&q, 0, &e)) {
		no(pipe_row, &e);
		snprintf(depth_row->detail, sizeof(depth_row->detail), "no notification pipe");
		return;
	}
	snprintf(pipe_row->detail, sizeof(pipe_row->detail), "pipe2(O_NOTIFICATION_PIPE)");
	depth_row->value = q.depth;
	snprintf(depth_row->detail, sizeof(depth_row->detail), "records that a queue holds, %d at most",
		 WQ_UAPI_MAX_DEPTH);
	if (q.depth < WQ_UAPI_MAX_DEPTH)
		snprintf(depth_row->remedy, sizeof(depth_row->remedy),
			 "raise /proc/sys/fs/pipe-user-pages-soft");
	wq_queue_close(&q);
}

static void notifications(struct wq_capability *row)
{
	struct wq_error e;

	works(row, "key-notifications");
	if (wq_key_notifications(&e))
		no(row, &e);
	else
		snprintf(row->detail, sizeof(row->detail), "keyctl(KEYCTL_WATCH_KEY)");
}

/* What expires is seen there, and what --all watches. */
static void proc_keys(struct wq_capability *row)
{
	struct wq_error e;
	int fd = wq_proc_keys_open(&e);

	works(row, "proc-keys");
	if (fd < 0) {
		no(row, &e);
		return;
	}
	close(fd);
	snprintf(row->detail, sizeof(row->detail), "/proc/keys: when keys expire, and what keys there are (--all)");
}

static void watch_limit(struct wq_capability *row)
{
	struct rlimit limit;

	value(row, "watch-limit", -1);
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	row->value = (int64_t) limit.rlim_cur;
	snprintf(row->detail, sizeof(row->detail),
		 "watches of keys over all processes of a user (RLIMIT_NOFILE; hard limit %llu)",
		 (unsigned long long) limit.rlim_max);
	snprintf(row->remedy, sizeof(row->remedy), "raise 'ulimit -n'");
}

/* Whether nothing is lost while others are busy. */
static void realtime(struct wq_capability *row)
{
	char got[64] = "";
	bool yes = wq_drain_probe(got, sizeof(got));

	works(row, "realtime");
	row->works = yes;
	snprintf(row->detail, sizeof(row->detail),
		 "the queue is read by a thread, scheduled %s, which lets records gather for %d ms at most",
		 got, WQ_DRAIN_PAUSE / 1000000);
	if (!yes)
		snprintf(row->remedy, sizeof(row->remedy), "CAP_SYS_NICE, or 'ulimit -r 1': else records may be lost on a busy machine");
}

size_t wq_capabilities(struct wq_capability *rows, size_t max)
{
	static const struct wq_source_config nothing = { .nobjects = 0 };
	static char names[16][32];
	const struct wq_source_ops *ops;
	size_t n = 0;
	unsigned i;

	if (max < 7)
		return 0;
	kernel(&rows[n++]);
	queue(&rows[n], &rows[n + 1]);
	n += 2;
	notifications(&rows[n++]);
	proc_keys(&rows[n++]);
	watch_limit(&rows[n++]);
	realtime(&rows[n++]);

	for (i = 0; (ops = wq_source_at(i)) && n < max && i < 16; i++) {
		struct wq_error e;

		snprintf(names[i], sizeof(names[i]), "%s/%s", ops->source, ops->backend);
		works(&rows[n], names[i]);
		if (ops->probe(&nothing, &e))
			no(&rows[n], &e);
		else
			snprintf(rows[n].detail, sizeof(rows[n].detail), "%s", ops->about);
		n++;
	}
	return n;
}
