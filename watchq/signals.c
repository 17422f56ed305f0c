// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "signals.h"

static sigset_t found_mask;
static struct sigaction found_pipe, found_child;
static bool changed, child_changed;

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

int signals_open(const struct options *o)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	bool hangup = o->output_file || o->shell_command;
	struct sigaction old;
	sigset_t set;
	unsigned i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		bool asked_for = wanted[i] == SIGHUP ? o->output_file != NULL : wanted[i] == SIGUSR1;

		if ((wanted[i] == SIGHUP && !hangup) || (wanted[i] == SIGUSR1 && !o->summary))
			continue;
		/* Who started us may want it ignored: nohup, a script's '&'. */
		if (sigaction(wanted[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN && !asked_for)
			continue;
		sigaddset(&set, wanted[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &found_mask);
	sigaction(SIGPIPE, &(struct sigaction) { .sa_handler = SIG_IGN }, &found_pipe);
	changed = true;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
