// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "msg.h"
#include "nls.h"
#include "run/reaper.h"
#include "shell.h"
#include "signals.h"
#include "util/stderr-queue.h"

struct child {
	pid_t pid;		/* not waited for before child_status(): kill() can't miss it */
	int pidfd;
	int gate;		/* a byte in it lets it go, its end ends it; -1: it was let go */
	bool ended;
};

/* ---- The process itself ---- */

static void run_shell(const char *command)
{
	const char *name, *shell = shell_path(&name);
	int err;

	execl(shell, name, "-c", command, (char *) NULL);
	err = errno;
	msg_error(_("%s: can't run this shell for --command: %s; SHELL says which"), shell, strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

static void wait_at(int gate)
{
	ssize_t n;
	char go;

	do
		n = read(gate, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(WQC_STATUS_COMMAND);
}

/* ---- Starting ---- */

static int start(struct child *c, const char *command)
{
	int gate[2];

	if (pipe2(gate, O_CLOEXEC))
		return -1;
	c->gate = gate[1];
	signals_default_child();
	reaper_lock();
	c->pid = fork();
	if (c->pid == 0) {
		signals_restore();
		stderr_queue_after_fork();
		close(gate[1]);
		wait_at(gate[0]);
		run_shell(command);
	}
	if (c->pid > 0)
		c->pidfd = (int) syscall(SYS_pidfd_open, c->pid, 0);
	reaper_own(c->pid);
	reaper_unlock();
	close(gate[0]);
	return c->pidfd < 0 ? -1 : 0;
}

struct child *child_new(const char *command)
{
	struct child *c = malloc(sizeof(*c));

	if (c)
		*c = (struct child) { .pid = -1, .pidfd = -1, .gate = -1 };
	if (c && start(c, command) == 0)
		return c;
	msg_error(_("can't start a process for --command: %s"), strerror(errno));
	child_free(c);
	return NULL;
}

void child_go(struct child *c)
{
	if (!c)
		return;
	/* It may be gone already, by Ctrl-C: SIGPIPE is ignored. */
	while (write(c->gate, "", 1) < 0 && errno == EINTR)
		;
	close(c->gate);
	c->gate = -1;
}

void child_free(struct child *c)
{
	if (!c)
		return;
	if (c->gate >= 0)
		close(c->gate);
	if (c->pidfd >= 0)
		close(c->pidfd);
	free(c);
}

/* ---- While it runs ---- */

bool child_runs(const struct child *c)
{
	return c && c->gate < 0 && !c->ended;
}

int child_fd(const struct child *c)
{
	return child_runs(c) ? c->pidfd : -1;
}

void child_seen(struct child *c)
{
	c->ended = true;
}

pid_t child_pid(const struct child *c)
{
	return c->pid;
}

int child_pidfd(const struct child *c)
{
	return c->pidfd;
}

int child_exit_status(int status, int own)
{
	int theirs = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

	if (own == WQC_STATUS_FAILURE || own == WQC_STATUS_NOTSUPP)
		own = WQC_STATUS_COMMAND;
	return theirs ? theirs : own;
}

int child_status(const struct child *c, int own)
{
	int status;

	if (c->gate >= 0)
		return child_exit_status(0, own);
	while (reaper_wait(c->pid, &status, 0) != c->pid)
		if (errno != EINTR)
			return WQC_STATUS_COMMAND;
	return child_exit_status(status, own);
}
