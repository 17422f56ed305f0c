/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As PID 1, processes whose parents have ended are watchq's to wait for. The statuses of its
 * own children are kept for the callers of reaper_wait(). Any thread may call these. */
#ifndef WQC_REAPER_H
#define WQC_REAPER_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether orphans come to this process: it is PID 1. */
bool reaper_is_needed(void);

/* Around the making of a child and reaper_own(): none is collected meanwhile. */
void reaper_lock(void);
void reaper_unlock(void);

/* With the lock: @pid is a child whose status is going to be asked for. */
void reaper_own(pid_t pid);

/* As waitpid(2) of one process. */
pid_t reaper_wait(pid_t pid, int *status, int options);

/* The status of an own child that has ended, which remains to be waited for. False: it has not. */
bool reaper_peek(pid_t pid, int *status);

/* Collect all that have ended. Never wait: return false if a child is just being made, and it
 * is to be tried again. */
bool reaper_collect(void);

#endif
