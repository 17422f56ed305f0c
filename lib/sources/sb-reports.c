// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "sources/sb-reports.h"

/* By version: fs/ext4/super.c since 5.16, and
 * fs/fserror.c with those that call it since 7.0. */
static const struct wq_sb_reports reporters[] = {
	{ 7, 0, "ext4", "broken metadata, direct I/O, shutdown; not buffered reads and writes that fail" },
	{ 5, 16, "ext4", "broken metadata; not reads and writes that fail, and no shutdown" },
	{ 7, 0, "xfs", "broken metadata, reads and writes that fail, shutdown" },
	{ 7, 0, "f2fs", "broken metadata, direct I/O, shutdown" },
	{ 7, 0, "btrfs", "shutdown, and direct I/O" },
	{ 7, 0, "ext2", "direct I/O" },
	{ 7, 0, "gfs2", "reads and writes that fail" },
	{ 7, 0, "zonefs", "reads and writes that fail" },
	{ 7, 0, "erofs", "reads that fail" },
	{ 7, 0, "exfat", "reads and writes that fail" },
	{ 7, 0, "ntfs", "reads and writes that fail" },
	{ 7, 0, "ntfs3", "reads and writes that fail" },
};
#define WQ_REPORTERS	(sizeof(reporters) / sizeof(reporters[0]))

static bool is_at_least(unsigned major, unsigned minor)
{
	unsigned here[2] = { 0, 0 };
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%u.%u", &here[0], &here[1]) != 2)
		return false;
	return here[0] > major || (here[0] == major && here[1] >= minor);
}

const struct wq_sb_reports *wq_sb_reports(const char *fstype, const struct wq_sb_reports **later)
{
	unsigned i;

	if (later)
		*later = NULL;
	for (i = 0; i < WQ_REPORTERS; i++) {
		if (strcmp(reporters[i].fstype, fstype) != 0)
			continue;
		if (is_at_least(reporters[i].major, reporters[i].minor))
			return &reporters[i];
		if (later)
			*later = &reporters[i];
	}
	return NULL;
}
