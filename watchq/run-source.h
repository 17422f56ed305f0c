/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_RUN_SOURCE_H
#define WQC_RUN_SOURCE_H

#include "command.h"
#include "options.h"

struct run;

/* What a command does that watches one source, called as it is, with its objects as they stand
 * on the command line. */
int run_source(const struct command *cmd, int argc, char **argv);

/* As run_new(), in the session that @o asks for. */
struct run *run_source_new(const struct options *o, int *status);

/* Adds the source that @cmd watches, with its own default object if there is none. 0 or -errno
 * with *@e. */
int run_source_add(struct run *r, const struct command *cmd, const struct options *o, const char *backend,
		   char *const *objects, size_t n, struct wq_error *e);

#endif
