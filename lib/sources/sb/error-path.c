// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/worker.h"
#include "sources/sb/error-path.h"

#define WQ_PATH_PATIENCE	100000000u	/* ns: an inode may have to be read */
#define WQ_HANDLE_MAX		128		/* bytes: MAX_HANDLE_SZ */
#define WQ_PATH_MAX		4096		/* bytes */

struct path_question {
	struct wq_sb_targets *targets;
	uint64_t inode;
	struct {
		struct file_handle handle;
		unsigned char bytes[WQ_HANDLE_MAX];
	} h;
	char path[WQ_PATH_MAX];
};

static void release(void *data)
{
	struct path_question *d = data;

	free(d->targets);
	free(d);
}

/* In a child. */
static ssize_t look_up(void *data, void *out, size_t size)
{
	struct path_question *d = data;
	const char *target = wq_sb_targets_find(d->targets);
	int mount = target ? open(target, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
	int fd = mount < 0 ? -1 : open_by_handle_at(mount, &d->h.handle, O_PATH | O_CLOEXEC);
	char link[64], *path = out;
	struct stat there;
	ssize_t n;

	if (fd < 0)
		return target ? -errno : -ENOENT;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	if (n <= 0)
		return n ? -errno : -ENOENT;
	path[n] = '\0';
	/* An inode that no path is known to lead to is said to be at "/". */
	return path[0] == '/' && lstat(path, &there) == 0 && there.st_ino == d->inode ? n + 1 : -ENOENT;
}

static int ask(void *data)
{
	struct path_question *d = data;
	const struct wq_child_call call = { .fn = look_up, .data = d };
	ssize_t n = wq_child_run(&call, d->path, sizeof(d->path));

	return n < 0 ? (int) n : 0;
}

const char *wq_sb_error_path(struct wq_sb_fanotify *f, const struct wq_filesystem *fs, const struct wq_fan_event *ev,
			     uint64_t inode, char *path, size_t size)
{
	struct path_question *d;
	struct wq_question q = { .key = WQ_SB_KEY_ERROR_PATH | fs->dev, .ask = ask, .release = release };
	int answer = -ENOMEM, rc = -ENOMEM;

	/* Looking it up has the inode read, which, where that is what is broken, is the next error. */
	if (!ev->handle_len || ev->handle_len > WQ_HANDLE_MAX || ev->error == EUCLEAN || ev->error == EBADMSG)
		return NULL;
	d = q.data = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->h.handle.handle_bytes = ev->handle_len;
	d->h.handle.handle_type = ev->handle_type;
	memcpy(d->h.bytes, ev->handle, ev->handle_len);
	d->inode = inode;
	d->targets = wq_sb_targets_new(fs);
	if (d->targets)
		rc = wq_source_ask(f->sb.s, &q, WQ_PATH_PATIENCE, &answer);
	if (rc == -EINPROGRESS)
		return NULL;
	if (!rc && !answer)
		snprintf(path, size, "%s", d->path);
	release(d);
	return !rc && !answer ? path : NULL;
}
