// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell.h"

/* A shell by its name alone, as in SHELL=bash, is looked for as a command is. */
static const char *find(const char *name)
{
	static _Thread_local char path[PATH_MAX];
	const char *dirs = getenv("PATH");

	while (dirs && *dirs) {
		int len = (int) strcspn(dirs, ":");

		if (len && (size_t) snprintf(path, sizeof(path), "%.*s/%s", len, dirs, name) < sizeof(path) &&
		    access(path, X_OK) == 0)
			return path;
		dirs += len + (dirs[len] == ':');
	}
	return name;
}

const char *shell_path(const char **name)
{
	const char *shell = getenv("SHELL"), *slash;

	if (!shell || !*shell)
		shell = "/bin/sh";
	else if (!strchr(shell, '/'))
		shell = find(shell);
	slash = strrchr(shell, '/');
	*name = slash ? slash + 1 : shell;
	return shell;
}
