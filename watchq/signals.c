// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "signals.h"

int signals_open(const struct options *o)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP };
	bool hangup = o->output_file || o->shell_command;
	struct sigaction old;
	sigset_t set;
	unsigned i;

	sigemptyset(&set);
	for (i = 0; i < 2u + hangup; i++) {
		bool reopens = wanted[i] == SIGHUP && o->output_file;

		/* Who started us may want it ignored: nohup, a script's '&'. */
		if (sigaction(wanted[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN && !reopens)
			continue;
		sigaddset(&set, wanted[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
