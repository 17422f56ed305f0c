/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SOURCE_H
#define RUN_SOURCE_H

#include "command.h"

/* What a command does that watches one source, called as it is, with its objects as they stand
 * on the command line. */
int run_source(const struct command *cmd, int argc, char **argv);

#endif
