/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_SIGNALS_H
#define WQC_SIGNALS_H

#include "options.h"

/* From now on the signals that @o gives a meaning are read from a descriptor, so
 * that none interrupts anything: returns it, or -1 and errno. Ignores SIGPIPE. */
int signals_open(const struct options *o);

/* Where SIGCHLD is ignored, nobody is told how a child has ended: now it isn't. */
void signals_default_child(void);

/* All as it was before. For a child, between vfork(2) and execve(2). */
void signals_restore(void);

#endif
