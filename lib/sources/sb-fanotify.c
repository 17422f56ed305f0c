// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sb by fanotify(7): errors of filesystems, since Linux 5.16. Each filesystem is marked; the
 * mark ends when it is unmounted, and so it is marked again whenever mountinfo has changed.
 * What else there is to know of them is found by looking: sb.c.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fanotify.h"
#include "sources/sb.h"
#include "sources/sb-ext4.h"
#include "sources/sb-reports.h"
#include "statmount.h"

#define WQ_GROUPS	16		/* so many copies are told apart; of 128 groups that a user may have */
#define WQ_HANDLE_MAX	128		/* bytes: MAX_HANDLE_SZ */

struct sb_fanotify {
	struct wq_sb sb;		/* first: what most calls are handed on to */
	/* The first has all; a filesystem that has the same ID as another, as copies have, is in
	 * the first group where no such is. */
	struct wq_fan_queue *queues[WQ_GROUPS];
};

/* ---- Whether it works ---- */

static int open_group(struct wq_error *e)
{
	return wq_fan_open(FAN_REPORT_FID, "this kernel's fanotify reports no files; errors of filesystems take Linux 5.16 or later, with CONFIG_FANOTIFY",
			   "errors of filesystems take CAP_SYS_ADMIN, as root has it", NULL, e);
}

/* Marking any filesystem tells whether the kernel knows of errors, and allows to hear of them. */
static int sb_fanotify_probe(const struct wq_source_config *c, struct wq_error *e)
{
	const char *path = c->nobjects ? c->objects[0] : "/";
	int fd = open_group(e), rc = 0;

	if (fd < 0)
		return fd;
	if (fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, WQ_FAN_FS_ERROR, AT_FDCWD, path)) {
		if (errno == EPERM)
			rc = wq_fail(e, WQ_NOTSUPP, EPERM, "errors of filesystems take CAP_SYS_ADMIN in the user namespace that the filesystem belongs to; run watchq as root");
		else if (errno == EINVAL)
			rc = wq_fail(e, WQ_NOTSUPP, EINVAL, "this kernel's fanotify has no errors of filesystems; they take Linux 5.16 or later");
		/* Any other is the path's, or this filesystem's own. */
	}
	close(fd);
	return rc;
}

/* ---- Marks ---- */

/* A path that leads to @fs: what is mounted over it is not it. No descriptor is held open: it
 * would make an umount(8) fail that comes meanwhile. */
static const char *find_path(const struct wq_filesystem *fs)
{
	unsigned i;
	uint64_t id;
	bool root;

	for (i = 0; i < fs->nmounts; i++)
		if (wq_statx_mount(fs->mounts[i].target, &id, &root) == 0 && id == (unsigned) fs->mounts[i].id)
			return fs->mounts[i].target;
	return NULL;
}

static const char *why_not(int err)
{
	switch (err) {
	case 0:
		return "filesystems of its type report none on this kernel";
	case EPERM:
		return "it takes CAP_SYS_ADMIN in the user namespace that it belongs to";
	case ENODEV:
	case EXDEV:
		return "it has no ID of its own that fanotify could name";
	case EOPNOTSUPP:
		return "it has no file handles";
	case ENOENT:
		return "no path leads to it: something is mounted over it";
	case ENOSPC:
		return "no more fanotify marks for this user; raise /proc/sys/fs/fanotify/max_user_marks";
	default:
		return strerror(err);
	}
}

static bool wants_errors(const struct wq_monitor *m)
{
	unsigned char rec[WQ_RECORD_MAX], body[32] = { 0 };
	struct wq_record error;

	wq_record_build(rec, WQ_TYPE_SB, WQ_SB_ERROR, 0, body, sizeof(body));
	wq_record_header(&error, rec, false);
	return !wq_engine_filter(m)->nrules || wq_filter_match(wq_engine_filter(m), &error);
}

/* Once for each, and loudly where it was asked for by name. */
static void complain(struct wq_sb *sb, struct wq_filesystem *fs, int err)
{
	enum wq_log_level level = sb->nwanted && wants_errors(sb->s->m) ? WQ_LOG_WARNING : WQ_LOG_INFO;

	if (!fs->complained)
		wq_engine_log(sb->s->m, level, "%.200s: its errors can't be heard: %s",
			      sb->nwanted ? fs->watch->object : fs->nmounts ? fs->mounts[0].target : fs->source,
			      why_not(err));
	fs->complained = true;
}

/* Whether another filesystem of that group has the same ID. */
static bool is_taken(const struct sb_fanotify *f, const struct wq_filesystem *fs, unsigned group)
{
	const struct wq_filesystem *other = wq_filesystems_first(f->sb.table);

	while (other && (other == fs || !other->marked || other->group != group ||
			 memcmp(other->fsid, fs->fsid, sizeof(fs->fsid)) != 0))
		other = other->next;
	return other;
}

/* 0; -errno. */
static int open_queue(struct sb_fanotify *f, unsigned group, struct wq_error *e)
{
	struct wq_fan_queue *q = f->queues[group];
	int rc;

	if (q)
		return 0;
	q = calloc(1, sizeof(*q));
	if (!q)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	q->fd = open_group(e);
	rc = q->fd < 0 ? -e->err : wq_engine_poll(f->sb.s->m, q->fd);
	if (rc) {
		if (q->fd >= 0) {
			wq_fail(e, WQ_FAILURE, -rc, "can't poll fanotify: %s", strerror(-rc));
			close(q->fd);
		}
		free(q);
		return rc;
	}
	f->queues[group] = q;
	return 0;
}

/* The group for what is marked for the first time. */
static int choose_group(struct sb_fanotify *f, struct wq_filesystem *fs, const char *path)
{
	struct wq_error e;
	struct statfs st;

	fs->has_fsid = statfs(path, &st) == 0;
	if (!fs->has_fsid)
		return -errno;
	memcpy(fs->fsid, &st.f_fsid, sizeof(fs->fsid));
	for (fs->group = 0; fs->group < WQ_GROUPS - 1 && is_taken(f, fs, fs->group); fs->group++)
		;
	return open_queue(f, fs->group, &e);
}

static void mark(void *data, struct wq_filesystem *fs)
{
	struct sb_fanotify *f = data;
	const char *path = find_path(fs);
	struct statfs st;
	int rc;

	if (!path) {
		if (!fs->marked)
			complain(&f->sb, fs, ENOENT);
		return;
	}
	/* Another may be on the same device by now. */
	if (fs->marked && (statfs(path, &st) || memcmp(fs->fsid, &st.f_fsid, sizeof(fs->fsid)) != 0))
		fs->marked = false;
	rc = fs->marked ? 0 : choose_group(f, fs, path);
	if (!rc && fanotify_mark(f->queues[fs->group]->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, WQ_FAN_FS_ERROR, AT_FDCWD, path))
		rc = -errno;
	if (rc) {
		complain(&f->sb, fs, -rc);
		fs->marked = false;
	} else if (!fs->marked) {
		fs->marked = true;
		fs->errors = wq_ext4_errors(fs);
		/* Of whatever else it is, the kernel takes the mark, and never says anything. */
		if (!wq_sb_reports(fs->fstype, NULL))
			complain(&f->sb, fs, 0);
	}
}

/* ---- Opening ---- */

static void sb_fanotify_close(struct wq_source *s)
{
	struct sb_fanotify *f = s->priv;
	unsigned i;

	wq_sb_close(&f->sb);
	for (i = 0; i < WQ_GROUPS; i++) {
		if (f->queues[i])
			close(f->queues[i]->fd);
		free(f->queues[i]);
	}
	free(f);
	s->priv = NULL;
}

static int sb_fanotify_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct sb_fanotify *f = calloc(1, sizeof(*f));
	int rc;

	s->priv = f;
	if (!f)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	f->sb.s = s;
	f->sb.mounted = mark;
	f->sb.data = f;
	rc = open_queue(f, 0, e);
	if (!rc)
		rc = wq_sb_open(&f->sb, s, c, e);
	if (rc)
		sb_fanotify_close(s);
	return rc;
}

/* ---- Events ---- */

static struct wq_filesystem *find(struct sb_fanotify *f, unsigned group, const struct wq_fan_event *ev)
{
	struct wq_filesystem *fs = wq_filesystems_first(f->sb.table);

	while (fs && (!fs->marked || fs->group != group || memcmp(fs->fsid, ev->fsid, sizeof(fs->fsid)) != 0))
		fs = fs->next;
	return fs;
}

/* The path of the file that has this handle, in @path. Whoever looks it up has the inode read,
 * which, where that is what is broken, would be the next error. */
static const char *path_of(const struct wq_filesystem *fs, const struct wq_fan_event *ev, uint64_t inode,
			   char *path, size_t size)
{
	struct {
		struct file_handle handle;
		unsigned char bytes[WQ_HANDLE_MAX];
	} h = { .handle = { .handle_bytes = ev->handle_len, .handle_type = ev->handle_type } };
	const char *target;
	struct stat there;
	char link[64];
	ssize_t n = -1;
	int mount, fd = -1;

	if (!ev->handle_len || ev->handle_len > WQ_HANDLE_MAX || ev->error == EUCLEAN || ev->error == EBADMSG)
		return NULL;
	memcpy(h.bytes, ev->handle, ev->handle_len);
	target = find_path(fs);
	mount = target ? open(target, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
	if (mount >= 0)
		fd = open_by_handle_at(mount, &h.handle, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, size - 1);
		close(fd);
	}
	if (mount >= 0)
		close(mount);
	if (n <= 0)
		return NULL;
	path[n] = '\0';
	/* An inode that no path is known to lead to is said to be at "/". */
	return path[0] == '/' && lstat(path, &there) == 0 && there.st_ino == inode ? path : NULL;
}

static int tell_error(struct sb_fanotify *f, struct wq_filesystem *fs, const struct wq_fan_event *ev)
{
	uint64_t boottime = wq_now_boottime(), errors = wq_ext4_errors(fs);
	uint64_t inode = wq_handle_inode(ev->handle_type, ev->handle, ev->handle_len);
	struct wq_side side = { .text_len = 0 };
	struct wq_ext4_error last = { .line = 0 };
	unsigned char rec[WQ_RECORD_MAX], body[32];
	char path[4096];
	uint32_t error = (uint32_t) abs(ev->error);

	/* Of the last one, which may be another by now, or is still to be noted down. */
	if (errors <= fs->errors || wq_ext4_last_error(fs, &last) || last.inode != inode)
		last = (struct wq_ext4_error) { .line = 0 };
	memcpy(body, &fs->dev, 8);
	memcpy(body + 8, &error, 4);
	memcpy(body + 12, &ev->error_count, 4);
	memcpy(body + 16, &inode, 8);
	memcpy(body + 24, &last.block, 8);
	wq_record_build(rec, WQ_TYPE_SB, WQ_SB_ERROR, (uint32_t) fs->watch->id << 8, body, sizeof(body));

	wq_filesystem_side(f->sb.table, fs, &side);
	wq_side_set(&side, WQ_SIDE_COUNT, ev->error_count);
	if (ev->handle_len)
		wq_side_set_text(&side, WQ_SIDE_PATH, path_of(fs, ev, inode, path, sizeof(path)));
	if (strncmp(fs->fstype, "ext", 3) == 0) {
		wq_side_set_text(&side, WQ_SIDE_FUNCTION, last.function[0] ? last.function : NULL);
		if (last.line)
			wq_side_set(&side, WQ_SIDE_LINE, last.line);
		else
			wq_side_unknown(&side, WQ_SIDE_LINE);
	}
	fs->errors = errors;
	/* It may be read-only from now on. */
	wq_sb_look_soon(&f->sb);
	return wq_engine_emit_side(f->sb.s->m, rec, fs->watch, WQ_MARK_NONE, &side, boottime, 0);
}

static int take(struct sb_fanotify *f, unsigned group, const struct wq_fan_event *ev)
{
	struct wq_filesystem *fs;

	if (ev->mask & FAN_Q_OVERFLOW) {
		wq_sb_look_soon(&f->sb);
		return wq_engine_emit_loss(f->sb.s);
	}
	fs = ev->has_error && ev->has_fid ? find(f, group, ev) : NULL;
	return fs ? tell_error(f, fs, ev) : 0;
}

static int sb_fanotify_pull(struct wq_source *s, struct wq_error *e)
{
	struct sb_fanotify *f = s->priv;
	struct wq_fan_event ev;
	unsigned i;
	int rc = 0;

	for (i = 0; i < WQ_GROUPS && !rc; i++) {
		if (!f->queues[i])
			continue;
		rc = wq_fan_queue_next(f->queues[i], s->m, &ev, e);
		if (rc < 0)
			return rc;
		if (rc > 0) {
			rc = take(f, i, &ev);
			return rc && rc != WQ_NO_ROOM ? rc : 1;
		}
	}
	return 0;
}

static void sb_fanotify_last(struct wq_source *s)
{
	struct sb_fanotify *f = s->priv;
	unsigned i;

	for (i = 0; i < WQ_GROUPS; i++)
		if (f->queues[i])
			wq_fan_queue_last(f->queues[i]);
}

/* ---- The filesystems ---- */

static int sb_fanotify_snapshot(struct wq_source *s, enum wq_mark what, unsigned round)
{
	return wq_sb_snapshot(&((struct sb_fanotify *) s->priv)->sb, what, round);
}

static int sb_fanotify_tell(struct wq_source *s, enum wq_mark what)
{
	return wq_sb_tell(&((struct sb_fanotify *) s->priv)->sb, what);
}

static void sb_fanotify_sweep(struct wq_source *s)
{
	wq_sb_sweep(&((struct sb_fanotify *) s->priv)->sb);
}

static int sb_fanotify_finish(struct wq_source *s)
{
	return wq_sb_finish(&((struct sb_fanotify *) s->priv)->sb);
}

static uint64_t sb_fanotify_deadline(struct wq_source *s)
{
	return wq_sb_deadline(&((struct sb_fanotify *) s->priv)->sb);
}

static int sb_fanotify_tick(struct wq_source *s)
{
	return wq_sb_tick(&((struct sb_fanotify *) s->priv)->sb);
}

const struct wq_source_ops wq_sb_fanotify = {
	.source = "sb",
	.backend = "fanotify",
	.about = "errors of filesystems (which ones: 'watchq info PATH'); that they come, go or become read-only, by looking",
	.part = 1,
	.type = WQ_TYPE_SB,
	.posts = { 1u << WQ_SB_READONLY | 1u << WQ_SB_ERROR, WQ_SB_CHANGES },
	.probe = sb_fanotify_probe,
	.open = sb_fanotify_open,
	.pull = sb_fanotify_pull,
	.last = sb_fanotify_last,
	.snapshot = sb_fanotify_snapshot,
	.tell = sb_fanotify_tell,
	.sweep = sb_fanotify_sweep,
	.deadline = sb_fanotify_deadline,
	.tick = sb_fanotify_tick,
	.finish = sb_fanotify_finish,
	.close = sb_fanotify_close,
};
