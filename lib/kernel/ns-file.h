/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that a mount namespace is bind-mounted on, and whether it still is. */
#ifndef WQ_NS_FILE_H
#define WQ_NS_FILE_H

#include <stdbool.h>
#include <stdint.h>

/** The mount of such a file, in this process's mount namespace. */
struct wq_ns_file {
	int changes;		/* a mountinfo of this process: POLLPRI when a mount came or went; -1: none */
	uint64_t mount;		/* its unique ID */
};

/** Watch the mount through which @ns, a descriptor of a namespace, was opened. Return 0 or -errno;
 * -ENOENT: it is none of this namespace, as behind a descriptor of a process; -ENOTSUP or -ENOSYS: a
 * kernel before 6.8. *@f is closed then. No path is looked up. */
int wq_ns_file_open(struct wq_ns_file *f, int ns);
void wq_ns_file_close(struct wq_ns_file *f);

/** Whether the mount is gone. false for one that is not open. Never blocks. */
bool wq_ns_file_is_gone(const struct wq_ns_file *f);

#endif
