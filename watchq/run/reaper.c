// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "run/reaper.h"

#define WQC_CHILDREN	(WQC_JOBS_MAX + 1)	/* those of --exec, and that of --command */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct own {
	pid_t pid;		/* 0: a free place */
	bool ended;
	int status;
} children[WQC_CHILDREN];

bool reaper_is_needed(void)
{
	return getpid() == 1;
}

void reaper_lock(void)
{
	if (reaper_is_needed())
		pthread_mutex_lock(&lock);
}

void reaper_unlock(void)
{
	if (reaper_is_needed())
		pthread_mutex_unlock(&lock);
}

static struct own *find(pid_t pid)
{
	unsigned i;

	for (i = 0; i < WQC_CHILDREN; i++)
		if (children[i].pid == pid)
			return &children[i];
	return NULL;
}

void reaper_own(pid_t pid)
{
	struct own *place = reaper_is_needed() && pid > 0 ? find(0) : NULL;

	if (place)
		*place = (struct own) { .pid = pid };
}

/* With the lock: what was collected of it, or NULL: nothing yet. */
static struct own *collected(pid_t pid)
{
	struct own *child = find(pid);

	if (child && !child->ended && waitpid(pid, &child->status, WNOHANG) == pid)
		child->ended = true;
	return child && child->ended ? child : NULL;
}

pid_t reaper_wait(pid_t pid, int *status, int options)
{
	siginfo_t info;
	struct own *child;
	pid_t rc = 0;

	if (!reaper_is_needed())
		return waitpid(pid, status, options);
	if (!(options & WNOHANG) && waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT) && errno == EINTR)
		return -1;
	reaper_lock();
	child = collected(pid);
	if (child) {
		*status = child->status;
		child->pid = 0;
		rc = pid;
	}
	reaper_unlock();
	return rc;
}

bool reaper_peek(pid_t pid, int *status)
{
	siginfo_t info = { .si_pid = 0 };
	struct own *child;

	if (reaper_is_needed()) {
		child = collected(pid);
		*status = child ? child->status : 0;
		return child;
	}
	if (waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT | WNOHANG) || info.si_pid != pid)
		return false;
	*status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : info.si_status;
	return true;
}

bool reaper_collect(void)
{
	int status;
	pid_t pid;

	if (!reaper_is_needed())
		return true;
	if (pthread_mutex_trylock(&lock))
		return false;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct own *child = find(pid);

		if (child) {
			child->ended = true;
			child->status = status;
		}
	}
	pthread_mutex_unlock(&lock);
	return true;
}
