// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files whose filesystem may not answer: looked up and read in a child process. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/child.h"
#include "libwatchq.h"

#define WQ_COPY_SIZE	65536	/* bytes: what a pipe holds */

/* The magic numbers of filesystems as in kernel/fs-type.c, also those that <linux/magic.h> lacks:
 * statfs(2). */
static const unsigned types[] = {
	FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, V9FS_MAGIC, CODA_SUPER_MAGIC, AFS_SUPER_MAGIC,
	AUTOFS_SUPER_MAGIC, OCFS2_SUPER_MAGIC,
	0xfe534d42u,	/* SMB2_SUPER_MAGIC */
	0xff534d42u,	/* CIFS_SUPER_MAGIC */
	0x00c36400u,	/* CEPH_SUPER_MAGIC */
	0x01161970u,	/* GFS2_MAGIC */
	0x0bd00bd0u,	/* Lustre */
	0x20030528u,	/* ORANGEFS_SUPER_MAGIC */
};

/* In a child. The answer is whether the file is to be read there, too: in @out. */
static ssize_t find_type(void *data, void *out, size_t size)
{
	int fd = open(data, O_PATH | O_CLOEXEC);
	struct statfs st;
	size_t i;

	if (fd < 0 || fstatfs(fd, &st))
		return -errno;
	*(bool *) out = false;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		*(bool *) out |= (unsigned) st.f_type == types[i];
	return (ssize_t) size;
}

/* Whether all was written. */
static bool put(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t) n;
	}
	return true;
}

/* In a child: 0 or the errno of open(2), and then what is in the file. */
static ssize_t copy(void *data, void *out, size_t size)
{
	int fd = open(data, O_RDONLY | O_CLOEXEC | O_NOCTTY), err = fd < 0 ? errno : 0;
	ssize_t n;

	if (!put(0, (const char *) &err, sizeof(err)) || err)
		return 0;
	while ((n = read(fd, out, size)) > 0 && put(0, out, (size_t) n))
		;
	return 0;
}

static int open_copy(const char *path)
{
	const struct wq_child_call call = { .fn = copy, .data = (void *) path };
	int fd = wq_child_start(&call, WQ_COPY_SIZE), err;
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = read(fd, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t) sizeof(err) && !err)
		return fd;
	err = n == (ssize_t) sizeof(err) ? err : EIO;
	close(fd);
	return -err;
}

int wq_open_aside(const char *path)
{
	const struct wq_child_call call = { .fn = find_type, .data = (void *) path };
	bool may_hang = false;
	ssize_t n = wq_child_run(&call, &may_hang, sizeof(may_hang));
	int fd;

	/* What kept the child from telling, keeps this process from opening it: that says why. */
	if (n > 0 && may_hang)
		return open_copy(path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* What is asked: to be found, or its directory, and to say what filesystem it is. */
struct look {
	const char *path;
	char dir[PATH_MAX];	/* the path up to the last name; empty: none */
};

/* In a child. */
static ssize_t look_up(void *data, void *out, size_t size)
{
	const struct look *l = data;
	int fd = open(l->path, O_PATH | O_CLOEXEC);
	struct statfs st;

	(void) out;
	if (fd < 0 && *l->dir)
		fd = open(l->dir, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		fstatfs(fd, &st);
	return (ssize_t) size;
}

int wq_path_answers(const char *path, unsigned timeout)
{
	struct look l = { .path = path };
	const struct wq_child_call call = { .fn = look_up, .data = &l, .timeout = timeout };
	const char *slash = strrchr(path, '/');
	char answer;
	ssize_t n;

	if (slash && slash - path + 1 < (ssize_t) sizeof(l.dir))
		memcpy(l.dir, path, (size_t) (slash - path + 1));
	n = wq_child_run(&call, &answer, sizeof(answer));
	return n < 0 ? (int) n : 0;
}
