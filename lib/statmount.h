/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of mounts: statmount(2) and listmount(2), since Linux 6.8, and
 * the namespaces that they are in. */
#ifndef WQ_STATMOUNT_H
#define WQ_STATMOUNT_H

#include "libwatchq.h"

/** A mount namespace. */
struct wq_mount_ns {
	char name[64];		/* how the user named it; "": this process's own */
	int fd;			/* of the namespace, -1 when it isn't needed any more: it
				 * would live as long */
	int proc;		/* of the process's directory in /proc; -1: none */
	int pid;		/* whose it is; 0: no process was named */
	uint64_t inode;		/* as lsns(8) has it; 0: not known */
	uint64_t id;		/* what statmount(2) calls it; 0: this process's own, or
				 * a kernel before 6.11 */
};

/** The namespace of the process or of the file @name; NULL: this process's own. 0;
 * -errno with *@e. To be closed in any case. */
int wq_mount_ns_open(struct wq_mount_ns *ns, const char *name, struct wq_error *e);
void wq_mount_ns_close(struct wq_mount_ns *ns);
/** It isn't kept any longer by this: fd is closed. */
void wq_mount_ns_release(struct wq_mount_ns *ns);
/** Opens its mountinfo, and while that is open the namespace lives. Its paths are from where
 * the root of the process is now. -errno. */
int wq_mount_ns_mountinfo(const struct wq_mount_ns *ns);

/** Asks the kernel about mounts. */
struct wq_statmount;

/** About those in @ns, which must live as long. NULL without memory. */
struct wq_statmount *wq_statmount_new(const struct wq_mount_ns *ns);
void wq_statmount_free(struct wq_statmount *sm);

/** What the mount @id is now: *@m, whose texts are good until the next call, and of which
 * options, readonly and text_len are not filled in. 0; -ENOENT: it is gone; -EPERM;
 * -ENOSYS; -ENOMEM. */
int wq_statmount(struct wq_statmount *sm, uint64_t id, struct wq_mount *m);

/** The ID of the mount that @path leads to, as mountinfo numbers it, in *@id; *@root: the path
 * is where it is mounted. Nothing is mounted by asking, and no server is asked. Return 0 or
 * -errno; -ENOTSUP: a kernel before 5.8. */
int wq_statx_mount(const char *path, uint64_t *id, bool *root);

/** The unique IDs of up to @max mounts above @after (0: from the first), in their order.
 * How many; -errno. */
ssize_t wq_listmount(struct wq_statmount *sm, uint64_t after, uint64_t *ids, size_t max);

#endif
