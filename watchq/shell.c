// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "shell.h"

const char *shell_path(const char **name)
{
	const char *shell = getenv("SHELL"), *slash;

	if (!shell || !*shell)
		shell = "/bin/sh";
	slash = strrchr(shell, '/');
	*name = slash ? slash + 1 : shell;
	return shell;
}
