// SPDX-License-Identifier: LGPL-2.1-or-later
/* Who threads are that a trace speaks of. */
#include "config.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source.h"
#include "tasks.h"
#include "tracefs.h"

#define WQ_INITIAL_PID_NS	0xeffffffcu	/* include/linux/proc_ns.h: PROC_PID_INIT_INO */

void wq_tasks_init(struct wq_tasks *ts, int root)
{
	struct stat st;

	*ts = (struct wq_tasks) { .root = root };
	ts->knows_pids = stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == WQ_INITIAL_PID_NS;
}

bool wq_tasks_known(const struct wq_tasks *ts)
{
	return ts->knows_pids;
}

/* The number behind "Tgid:", and the name: as long as it lives. */
static bool look(struct wq_task *task)
{
	char path[32], *text, *at;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/comm", task->tid);
	if (wq_tracefs_read(AT_FDCWD, path, &text, &len))
		return false;
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	snprintf(task->comm, sizeof(task->comm), "%s", text);
	free(text);

	snprintf(path, sizeof(path), "/proc/%u/status", task->tid);
	if (wq_tracefs_read(AT_FDCWD, path, &text, &len))
		return true;
	at = strstr(text, "\nTgid:");
	if (at)
		sscanf(at, "\nTgid: %u", &task->pid);
	free(text);
	return true;
}

/* The name behind "TID " in a line of what the kernel has kept. The kernel prints names raw, so
 * that a newline in one forges a line: a thread with two lines has no known name. */
static void recall(const struct wq_tasks *ts, struct wq_task *task)
{
	char *text, *line, *rest = NULL, *end;
	unsigned found = 0;
	size_t len;

	if (wq_tracefs_read(ts->root, "saved_cmdlines", &text, &len))
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!isdigit((unsigned char) *line) || strtoul(line, &end, 10) != task->tid || *end != ' ')
			continue;
		snprintf(task->comm, sizeof(task->comm), "%s", end + 1);
		found++;
	}
	if (found > 1)
		task->comm[0] = '\0';
	free(text);
}

const struct wq_task *wq_tasks_get(struct wq_tasks *ts, uint32_t tid, uint64_t boottime)
{
	struct wq_task *task = &ts->kept[tid % WQ_TASKS_KEPT];

	/* Asked for after that: it needs no other look. And while saved_cmdlines is read
	 * the kernel keeps no name, so that too many looks spoil what is looked for. */
	if (task->tid == tid && boottime <= task->asked)
		return task;
	*task = (struct wq_task) { .tid = tid, .pid = tid, .asked = wq_now_boottime() };
	if (!ts->knows_pids || !look(task))
		recall(ts, task);
	return task;
}
