/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths as texts. */
#ifndef WQ_PATHS_H
#define WQ_PATHS_H

#include <stdbool.h>

/** @path from the root on, normalized by its name alone: without "." and "..", no link is followed,
 * nothing is looked up. "" is the root. malloc()ed; NULL with errno. */
char *wq_path_absolute(const char *path);

/** Return whether a name in @path is "..": after a link, no name says where that leads. */
bool wq_path_has_dotdot(const char *path);

/** Normalize the absolute @path in place, by its name alone: slashes at its end, and several at a time,
 * say nothing, nor do "." and a name before "..". "" is the root. */
void wq_path_normalize(char *path);

/** Whether the absolute @path is @dir, normalized, or below it. */
bool wq_path_is_in(const char *path, const char *dir);

#endif
