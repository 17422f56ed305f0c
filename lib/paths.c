// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

static void tidy(char *path)
{
	char *from, *to = path;

	for (from = path; *from; from++)
		if (*from != '/' || to == path || to[-1] != '/')
			*to++ = *from;
	if (to > path && to[-1] == '/')
		to--;
	*to = '\0';
}

void wq_path_normalize(char *path)
{
	char *to = path, *from = path;

	tidy(path);
	while (*from) {
		size_t len = 1 + strcspn(from + 1, "/");

		if (len == 3 && memcmp(from, "/..", 3) == 0) {
			while (to > path && *--to != '/')
				;
		} else if (len != 2 || from[1] != '.') {
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
}

char *wq_path_absolute(const char *path)
{
	char *cwd = *path == '/' ? NULL : getcwd(NULL, 0), *whole;

	if (*path != '/' && !cwd)
		return NULL;
	if (asprintf(&whole, "%s%s%s", cwd ? cwd : "", cwd ? "/" : "", path) < 0)
		whole = NULL;
	if (whole)
		wq_path_normalize(whole);
	free(cwd);
	return whole;
}

bool wq_path_has_dotdot(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, ".."))) {
		if ((p == path || p[-1] == '/') && (p[2] == '/' || !p[2]))
			return true;
		p += 2;
	}
	return false;
}

bool wq_path_is_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}
