/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_SIGNALS_H
#define WQC_SIGNALS_H

#include "options.h"

/* From now on the signals that @o gives a meaning are read from a descriptor, so that none
 * interrupts anything, and none is ignored for PID 1: returns it, or -1 and errno. Ignores SIGPIPE,
 * but for a list. As PID 1, SIGCHLD is among them. */
int signals_open(const struct options *o);

/* Whether a signal that ends the command of @o ends it as it does any program, once it has
 * cleaned up: then signals_die(). */
bool signals_are_deadly(const struct options *o);

/* The command has ended in order, by the signal @signo, which is to be what its parent sees. */
void signals_end_by(int signo);
/* That signal; 0: none. */
int signals_end(void);

/* End the process by the signal @signo; PID 1 can't be: with the status that a shell has for it. */
void signals_die(int signo) __attribute__((noreturn));

/* Where SIGCHLD is ignored, no child's status can be had: now it isn't. */
void signals_default_child(void);

/* All as it was before. For a child, between vfork(2) and execve(2). */
void signals_restore(void);

#endif
