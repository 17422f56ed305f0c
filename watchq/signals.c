// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "run/reaper.h"
#include "signals.h"

static sigset_t found_mask;
static struct sigaction found_pipe, found_child;
static bool changed, child_changed;
static int end_by;

void signals_default_child(void)
{
	if (!child_changed)
		sigaction(SIGCHLD, &(struct sigaction) { .sa_handler = SIG_DFL }, &found_child);
	child_changed = true;
}

void signals_restore(void)
{
	if (child_changed)
		sigaction(SIGCHLD, &found_child, NULL);
	if (!changed)
		return;
	sigaction(SIGPIPE, &found_pipe, NULL);
	sigprocmask(SIG_SETMASK, &found_mask, NULL);
}

bool signals_are_deadly(const struct options *o)
{
	return o->cmd->options & (WQC_OPTIONS_WAIT | WQC_OPTIONS_LIST);
}

/* Whether the signal has a meaning for @o, @anyway: also where it was ignored at the start. */
static bool is_wanted(const struct options *o, int signo, bool *anyway)
{
	*anyway = false;
	switch (signo) {
	case SIGHUP:
		*anyway = o->output_file;
		return o->output_file || o->shell_command || signals_are_deadly(o);
	case SIGUSR1:
		*anyway = true;
		return o->summary;
	case SIGCHLD:
		*anyway = true;
		return reaper_is_needed();
	default:
		return true;
	}
}

int signals_open(const struct options *o)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD };
	struct sigaction old;
	sigset_t set;
	unsigned i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool anyway;

		if (!is_wanted(o, all[i], &anyway))
			continue;
		/* The parent may want it ignored: nohup, a script's '&'. */
		if (sigaction(all[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN && !anyway)
			continue;
		sigaddset(&set, all[i]);
	}
	if (reaper_is_needed())
		signals_default_child();
	sigprocmask(SIG_BLOCK, &set, &found_mask);
	sigaction(SIGPIPE, NULL, &found_pipe);
	if (!(o->cmd->options & WQC_OPTIONS_LIST))
		sigaction(SIGPIPE, &(struct sigaction) { .sa_handler = SIG_IGN }, NULL);
	changed = true;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void signals_end_by(int signo)
{
	end_by = signo;
}

int signals_end(void)
{
	return end_by;
}

void signals_die(int signo)
{
	sigset_t set;

	sigaction(signo, &(struct sigaction) { .sa_handler = SIG_DFL }, NULL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), signo);
	_exit(128 + signo);
}
