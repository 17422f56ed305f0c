// SPDX-License-Identifier: LGPL-2.1-or-later
/* tracefs: where it is, and instances of our own in it. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/retry.h"
#include "kernel/not-supported.h"
#include "libwatchq.h"
#include "tracefs.h"
#include "uapi-mounts.h"

#define WQ_MAGIC	0x74726163	/* include/uapi/linux/magic.h: TRACEFS_MAGIC */
#define WQ_PREFIX	"watchq-"	/* of our instances' names */
#define WQ_NAMES	100		/* names that are tried */
#define WQ_BUSY_TRIES	100
#define WQ_BUSY_US	2000		/* between them */

/* ---- Files ---- */

int wq_tracefs_write(int dir, const char *path, const char *text)
{
	ssize_t n;
	int fd, rc;

	WQ_RETRY(fd, openat(dir, path, O_WRONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;
	WQ_RETRY(n, write(fd, text, strlen(text)));
	rc = n < 0 ? -errno : 0;
	close(fd);
	return rc;
}

/* Reads on to the end, or to an error. */
static int read_fd(int fd, char **text, size_t *len)
{
	size_t size = 0;

	*text = NULL;
	*len = 0;
	for (;;) {
		ssize_t n;

		if (size - *len < 2) {
			char *more = realloc(*text, size + 8192);

			if (!more)
				return -ENOMEM;
			*text = more;
			size += 8192;
		}
		n = read(fd, *text + *len, size - *len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		*len += (size_t) n;
		(*text)[*len] = '\0';
		if (n == 0)
			return 0;
	}
}

int wq_tracefs_read(int dir, const char *path, char **text, size_t *len)
{
	int fd, rc;

	WQ_RETRY(fd, openat(dir, path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;
	rc = read_fd(fd, text, len);
	if (rc) {
		free(*text);
		*text = NULL;
	}
	close(fd);
	return rc;
}

int wq_tracefs_fail(struct wq_error *e, const char *path, int err)
{
	switch (err) {
	case EACCES:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_TRACEFS, err), err, "tracefs: %s may not be used by this user; run watchq as root", path);
	case EPERM:	/* fs/tracefs, kernel/trace: LOCKDOWN_TRACEFS */
		return wq_fail(e, wq_error_kind_of(WQ_CALL_TRACEFS, err), err,
			       "tracefs: %s: the kernel is locked down, or a sandbox forbids tracing; see kernel_lockdown(7)", path);
	case EROFS:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_TRACEFS, err), err,
			       "tracefs: it is mounted read-only; mount -o remount,rw it, or run watchq where it is not");
	default:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_TRACEFS, err), err, "tracefs: %s: %s", path, strerror(err));
	}
}

/* ---- The root ---- */

/* A descriptor, or -ENOENT: not mounted; -errno: it is, but can't be opened. */
static int open_mounted(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	int fd = -1, rc = -ENOENT;
	struct mntent *m;
	struct statfs fs;

	if (!mounts)
		return rc;
	while (fd < 0 && (m = getmntent(mounts))) {
		if (strcmp(m->mnt_type, "tracefs") != 0)
			continue;
		fd = open(m->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0) {
			rc = -errno;
		} else if (fstatfs(fd, &fs) || fs.f_type != WQ_MAGIC) {
			close(fd);	/* something is mounted over it */
			fd = -1;
		}
	}
	endmntent(mounts);
	return fd < 0 ? rc : fd;
}

/* A mount that stands nowhere: gone with its descriptor, whatever becomes of us. */
static int mount_detached(void)
{
	int fs = (int) syscall(WQ_UAPI_SYS_FSOPEN, "tracefs", WQ_UAPI_FSOPEN_CLOEXEC), fd = -1, err;

	if (fs < 0)
		return -errno;
	if (syscall(WQ_UAPI_SYS_FSCONFIG, fs, WQ_UAPI_FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = (int) syscall(WQ_UAPI_SYS_FSMOUNT, fs, WQ_UAPI_FSMOUNT_CLOEXEC,
				   WQ_UAPI_ATTR_NOSUID | WQ_UAPI_ATTR_NODEV | WQ_UAPI_ATTR_NOEXEC);
	err = errno;
	close(fs);
	return fd < 0 ? -err : fd;
}

int wq_tracefs_root(struct wq_error *e)
{
	int mounted = open_mounted(), fd;

	if (mounted >= 0)
		return mounted;
	fd = mount_detached();
	if (fd >= 0)
		return fd;
	if (mounted == -EACCES || (fd == -EPERM && geteuid() != 0))
		return wq_fail(e, wq_error_kind_of(WQ_CALL_TRACEFS, EACCES), EACCES, "tracefs may not be used by this user; run watchq as root");
	if (fd == -ENODEV)
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP,
			       "this kernel has no tracefs; one with CONFIG_FTRACE_SYSCALLS=y is needed");
	if (wq_not_supported(WQ_CALL_TRACEFS_MOUNT, -fd))
		return wq_fail(e, wq_error_kind_of(WQ_CALL_TRACEFS_MOUNT, -fd), -fd,
			       "tracefs is not mounted, and may not be mounted from here; as root: mount -t tracefs nodev /sys/kernel/tracing");
	return wq_fail(e, WQ_FAILURE, -fd,
		       "can't mount tracefs: %s; try: mount -t tracefs nodev /sys/kernel/tracing", strerror(-fd));
}

/* ---- Instances ---- */

/* Whether @name still is the directory that @dir was opened as. */
static bool is_same(int instances, const char *name, int dir)
{
	struct stat a, b;

	return fstat(dir, &a) == 0 && fstatat(instances, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Opens @name and locks it: a descriptor, or -1 where it is somebody's or gone. */
static int lock_instance(int instances, const char *name)
{
	int dir = openat(instances, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err;

	if (dir < 0)
		return -1;
	/* Who removes one has its lock: what is the same now stays so. */
	if (flock(dir, LOCK_EX | LOCK_NB) == 0) {
		if (is_same(instances, name, dir))
			return dir;
		errno = ENOENT;		/* another has its name */
	}
	err = errno;
	close(dir);
	errno = err;
	return -1;
}

/* Only with the lock. */
static void remove_instance(int instances, const char *name, int dir)
{
	unsigned i;

	wq_tracefs_write(dir, "events/enable", "0");
	for (i = 0; i < WQ_BUSY_TRIES; i++) {
		if (unlinkat(instances, name, AT_REMOVEDIR) == 0 || errno != EBUSY)
			return;
		usleep(WQ_BUSY_US);
	}
}

static void remove_dead(int instances)
{
	int fd = openat(instances, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!list) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(list))) {
		int dir = strncmp(d->d_name, WQ_PREFIX, strlen(WQ_PREFIX)) == 0 ? lock_instance(instances, d->d_name) : -1;

		if (dir < 0)
			continue;
		remove_instance(instances, d->d_name, dir);
		close(dir);
	}
	closedir(list);
}

static int make_instance(struct wq_tracefs *tf, int instances, struct wq_error *e)
{
	unsigned i;

	for (i = 0; i < WQ_NAMES; i++) {
		snprintf(tf->name, sizeof(tf->name), WQ_PREFIX "%d-%u", (int) getpid(), i);
		if (mkdirat(instances, tf->name, 0700)) {
			if (errno == EEXIST)
				continue;
			return wq_tracefs_fail(e, "instances", errno);
		}
		/* Another may have taken it for a dead one's. */
		tf->dir = lock_instance(instances, tf->name);
		if (tf->dir >= 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != ENOENT) {
			int err = errno;

			unlinkat(instances, tf->name, AT_REMOVEDIR);
			return wq_tracefs_fail(e, "instances", err);
		}
	}
	return wq_fail(e, WQ_FAILURE, EEXIST, "tracefs: can't make instances/%s: it is taken", tf->name);
}

int wq_tracefs_open(struct wq_tracefs *tf, struct wq_error *e)
{
	int instances, rc;

	tf->dir = -1;
	tf->root = wq_tracefs_root(e);
	if (tf->root < 0)
		return tf->root;
	instances = openat(tf->root, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (instances < 0) {
		rc = wq_tracefs_fail(e, "instances", errno);
	} else {
		remove_dead(instances);
		rc = make_instance(tf, instances, e);
		close(instances);
	}
	if (rc) {
		close(tf->root);
		tf->root = -1;
	}
	return rc;
}

void wq_tracefs_close(struct wq_tracefs *tf)
{
	int instances;

	if (tf->root < 0)
		return;
	instances = openat(tf->root, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (instances >= 0) {
		remove_instance(instances, tf->name, tf->dir);
		close(instances);
	}
	close(tf->dir);
	close(tf->root);
	tf->root = tf->dir = -1;
}
