// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/closer.h"
#include "sources/mounts.h"

/* pidfd_open(2), since Linux 5.3; Debian 12's libc has it, older ones don't. */
static int open_process(int pid)
{
	return (int) syscall(SYS_pidfd_open, pid, 0);
}

void wq_mountinfo_poll_init(struct wq_mountinfo_poll *p, struct wq_monitor *m)
{
	*p = (struct wq_mountinfo_poll) { .m = m, .wake = -1, .check = -1, .process = -1, .file.changes = -1 };
}

/* The process or the file that the user named, if any. */
static int open_owner(struct wq_mountinfo_poll *p, const struct wq_mount_ns *ns, bool keep)
{
	int rc;

	if (ns->pid) {
		p->process = open_process(ns->pid);
		return p->process < 0 ? -errno : wq_engine_poll(p->m, p->process);
	}
	if (!*ns->name)
		return 0;	/* watchq's own outlives it */
	rc = wq_ns_file_open(&p->file, ns->fd);
	if (rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM)
		return rc;
	if (rc)
		return keep ? 0 : -EXDEV;
	return wq_engine_poll_changes(p->m, p->file.changes, true);
}

int wq_mountinfo_poll_open(struct wq_mountinfo_poll *p, struct wq_monitor *m, const struct wq_mount_ns *ns,
			   bool keep)
{
	int rc;

	wq_mountinfo_poll_init(p, m);
	rc = open_owner(p, ns, keep);
	if (!rc) {
		p->wake = wq_mount_ns_mountinfo(ns);
		rc = p->wake < 0 ? p->wake : 0;
	}
	if (!rc) {
		p->check = wq_mount_ns_mountinfo(ns);
		rc = p->check < 0 ? p->check : 0;
	}
	if (rc)
		wq_mountinfo_poll_close(p);
	else
		wq_mountinfo_arm(p, true);
	return rc;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void give_away(int *fd)
{
	if (*fd >= 0)
		wq_close_in_thread(*fd);
	*fd = -1;
}

void wq_mountinfo_poll_close(struct wq_mountinfo_poll *p)
{
	close_one(&p->wake);	/* that takes it out of the engine's poll, too */
	close_one(&p->check);
	close_one(&p->process);
	wq_ns_file_close(&p->file);
}

static bool has_changed(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	return fd >= 0 && poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & POLLPRI;
}

bool wq_mountinfo_changed(struct wq_mountinfo_poll *p)
{
	return has_changed(p->check);
}

void wq_mountinfo_arm(struct wq_mountinfo_poll *p, bool on)
{
	if (on) {
		has_changed(p->check);
		has_changed(p->wake);
	}
	if (on != p->armed && p->wake >= 0)
		wq_engine_poll_changes(p->m, p->wake, on);
	p->armed = on;
}

static bool has_ended(int process)
{
	struct pollfd fd = { .fd = process, .events = POLLIN };

	return process >= 0 && poll(&fd, 1, 0) == 1;
}

bool wq_mountinfo_owner_ended(struct wq_mountinfo_poll *p)
{
	if (!has_ended(p->process) && !wq_ns_file_is_gone(&p->file))
		return false;
	/* They may be the last that keep the namespace: closing them unmounts what is in it. */
	wq_mountinfo_arm(p, false);
	give_away(&p->check);
	give_away(&p->wake);
	wq_mountinfo_poll_close(p);
	return true;
}
