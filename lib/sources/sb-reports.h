/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which filesystems report errors, and of what: the kernel takes a mark on any of them. */
#ifndef WQ_SB_REPORTS_H
#define WQ_SB_REPORTS_H

/** Filesystems of a type, Linux from a version on, as far as released kernels go. */
struct wq_sb_reports {
	unsigned major, minor;
	const char *fstype, *what;
};

/** What filesystems of the type @fstype report on this kernel, or NULL: nothing. *@later, if it isn't
 * NULL: on which later one they do; NULL: on none. */
const struct wq_sb_reports *wq_sb_reports(const char *fstype, const struct wq_sb_reports **later);

#endif
