/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every watching command does once it knows what to watch. */
#ifndef WQC_RUN_H
#define WQC_RUN_H

#include "options.h"

/* A monitor with @o's filter, match and count, and where its events go. Only
 * one at a time. */
struct run;

/* Opens the output. NULL: it could not be, said, and *@status. */
struct run *run_new(const struct options *o, int *status);

struct wq_monitor *run_monitor(struct run *r);

/* Whether the output is the regular file that @fd is. */
bool run_writes_to(const struct run *r, int fd);

/* Starts the monitor and shows what comes until there is an end to it. Frees
 * the run. Returns the exit status. */
int run_go(struct run *r);

/* Without having run. */
void run_free(struct run *r);

#endif
