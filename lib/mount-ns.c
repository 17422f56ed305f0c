// SPDX-License-Identifier: LGPL-2.1-or-later
/* Mount namespaces: whose, and what there is to read of them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/retry.h"
#include "kernel/not-supported.h"
#include "libwatchq.h"
#include "statmount.h"
#include "uapi-mounts.h"

#define WQ_PATIENCE	2000	/* ms that a look-up may take */

static bool is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n && n < 10 && !text[n];
}

/* The process that @name names: PID, or /proc/PID/ns/mnt. 0: none. */
static int pid_of(const char *name)
{
	char pid[10];
	int end = 0;

	if (is_number(name))
		return atoi(name);
	if (sscanf(name, "/proc/%9[0-9]/ns/mnt%n", pid, &end) == 1 && end && !name[end])
		return atoi(pid);
	return 0;
}

static int open_by_name(struct wq_mount_ns *ns, const char *name, struct wq_error *e)
{
	char path[64];
	int err;

	if (!name) {
		strcpy(path, "/proc/self/ns/mnt");
	} else if ((ns->pid = pid_of(name))) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", ns->pid);
	}
	if (name && !ns->pid && wq_path_answers(name, WQ_PATIENCE) == -ETIMEDOUT)
		return wq_fail(e, WQ_FAILURE, ETIMEDOUT, "can't open the mount namespace %s: the filesystem does not answer", name);
	WQ_RETRY(ns->fd, open(!name || ns->pid ? path : name, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (ns->fd >= 0)
		return 0;
	err = errno;
	if (!name)
		return wq_fail(e, wq_error_kind_of(WQ_CALL_PROC, err), err, "can't open /proc/self/ns/mnt: %s%s",
			       strerror(err), err == ENOENT ? "; /proc must be mounted" : "");
	if (ns->pid && err == ENOENT)
		return wq_fail(e, WQ_FAILURE, ESRCH, "there is no process %d", ns->pid);
	return wq_fail(e, wq_error_kind_of(WQ_CALL_NS, err), err,
		       "can't open the mount namespace %s: %s%s", name, strerror(err),
		       wq_not_supported(WQ_CALL_NS, err) ? "; it takes CAP_SYS_PTRACE, as root has it" : "");
}

int wq_mount_ns_open(struct wq_mount_ns *ns, const char *name, struct wq_error *e)
{
	char path[64] = "/proc/self";
	struct stat st;
	int rc;

	*ns = (struct wq_mount_ns) { .fd = -1, .proc = -1 };
	snprintf(ns->name, sizeof(ns->name), "%s", name ? name : "");
	rc = open_by_name(ns, name, e);
	if (rc)
		return rc;
	if (fstat(ns->fd, &st) == 0)
		ns->inode = st.st_ino;
	if (ioctl(ns->fd, NS_GET_NSTYPE) != CLONE_NEWNS)
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s is no mount namespace", name ? name : "/proc/self/ns/mnt");
	if (name && ioctl(ns->fd, WQ_UAPI_NS_GET_MNTNS_ID, &ns->id))
		ns->id = 0;
	if (ns->pid)
		snprintf(path, sizeof(path), "/proc/%d", ns->pid);
	if (name && !ns->pid)
		return 0;
	WQ_RETRY(ns->proc, open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	return ns->proc < 0 ? wq_fail(e, WQ_FAILURE, errno, "can't open %s: %s", path, strerror(errno)) : 0;
}

void wq_mount_ns_release(struct wq_mount_ns *ns)
{
	if (ns->fd >= 0)
		close(ns->fd);
	ns->fd = -1;
}

void wq_mount_ns_close(struct wq_mount_ns *ns)
{
	wq_mount_ns_release(ns);
	if (ns->proc >= 0)
		close(ns->proc);
	ns->proc = -1;
}

/* ---- mountinfo ---- */

struct visit {
	int ns, proc, result;
};

/* In the namespace, which a thread can enter that has its own idea of the root. */
static void *visit(void *data)
{
	struct visit *v = data;

	v->result = -1;
	if (unshare(CLONE_FS) == 0 && setns(v->ns, CLONE_NEWNS) == 0)
		WQ_RETRY(v->result, openat(v->proc, "thread-self/mountinfo", O_RDONLY | O_CLOEXEC));
	if (v->result < 0)
		v->result = -errno;
	return NULL;
}

static int open_inside(int ns)
{
	struct visit v = { .ns = ns, .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	pthread_t thread;
	int rc;

	if (v.proc < 0)
		return -errno;
	rc = -pthread_create(&thread, NULL, visit, &v);
	if (rc == 0) {
		pthread_join(thread, NULL);
		rc = v.result;
	}
	close(v.proc);
	return rc;
}

int wq_mount_ns_mountinfo(const struct wq_mount_ns *ns)
{
	int fd;

	if (*ns->name && !ns->pid)
		return open_inside(ns->fd);
	/* Also when /proc isn't where it was any more: pivot_root(2). */
	WQ_RETRY(fd, openat(ns->proc, "mountinfo", O_RDONLY | O_CLOEXEC));
	return fd < 0 ? -errno : fd;
}
