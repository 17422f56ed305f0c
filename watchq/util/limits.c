// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdbool.h>
#include <sys/resource.h>

#include "limits.h"

static struct rlimit found;
static bool raised;

void limits_raise_files(void)
{
	struct rlimit limit;

	if (raised || getrlimit(RLIMIT_NOFILE, &found))
		return;
	limit = found;
	limit.rlim_cur = limit.rlim_max;
	raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void limits_restore(void)
{
	if (raised)
		setrlimit(RLIMIT_NOFILE, &found);
}
