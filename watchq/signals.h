/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "options.h"

/* From now on the signals that @o gives a meaning are read from a descriptor, so
 * that none interrupts anything: returns it, or -1 and errno. Ignores SIGPIPE. */
int signals_open(const struct options *o);

#endif
