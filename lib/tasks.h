/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_TASKS_H
#define WQ_TASKS_H

#include <stdbool.h>
#include <stdint.h>

#define WQ_TASKS_KEPT	128	/* kernel/trace/trace_sched_switch.c: as many as it keeps */

/** A thread that a trace speaks of. */
struct wq_task {
	uint32_t tid;		/* common_pid of its events */
	uint32_t pid;		/* its process; tid where it is gone */
	char comm[16];		/* its name; "" if not known */
	uint64_t asked;		/* CLOCK_BOOTTIME, ns */
};

/** Who threads are that a trace speaks of, kept for a while. */
struct wq_tasks {
	int root;		/* of tracefs; borrowed */
	bool knows_pids;
	struct wq_task kept[WQ_TASKS_KEPT];
};

void wq_tasks_init(struct wq_tasks *ts, int root);

/** Whether common_pid of an event is the ID that we know that thread by: not in a PID
 * namespace of a container's. */
bool wq_tasks_known(const struct wq_tasks *ts);

/** The thread @tid, which did something at @boottime. Its name is the one that it has
 * when it is asked for, or, if it is gone, the one that the kernel has kept: it keeps
 * those of 128 threads that were traced last. So who has called execve(2) since goes by
 * the new name. Good until the next call. May read files: not for the drain. */
const struct wq_task *wq_tasks_get(struct wq_tasks *ts, uint32_t tid, uint64_t boottime);

#endif
