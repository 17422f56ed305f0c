// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdbool.h>
#include <sys/resource.h>

#include "util/limits.h"

#define WQC_RTTIME_US	200000	/* the drain takes some ms at a time */

/* As they were found. */
static struct rlimit files, rttime;
static bool files_changed, rttime_changed;

void limits_raise_files(void)
{
	struct rlimit limit;

	if (files_changed || getrlimit(RLIMIT_NOFILE, &files))
		return;
	limit = files;
	limit.rlim_cur = limit.rlim_max;
	files_changed = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void limits_bound_realtime(void)
{
	struct rlimit limit;

	if (rttime_changed || getrlimit(RLIMIT_RTTIME, &rttime))
		return;
	limit = rttime;
	/* A lower one is the user's; at the hard limit the kernel kills. */
	if (limit.rlim_cur > WQC_RTTIME_US && limit.rlim_max > WQC_RTTIME_US)
		limit.rlim_cur = WQC_RTTIME_US;
	/* The kernel raises the soft limit when it is exceeded: it is restored in any case. */
	rttime_changed = setrlimit(RLIMIT_RTTIME, &limit) == 0;
}

void limits_restore(void)
{
	if (files_changed)
		setrlimit(RLIMIT_NOFILE, &files);
	if (rttime_changed)
		setrlimit(RLIMIT_RTTIME, &rttime);
}
