/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_SHELL_H
#define WQC_SHELL_H

/* The shell that runs commands, chosen as script(1) and flock(1) do; the name that it is run
 * by, in *@name. */
const char *shell_path(const char **name);

#endif
