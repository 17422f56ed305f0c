// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sb by fanotify(7): errors of filesystems, since Linux 5.16. Each filesystem is marked; the
 * mark ends when it is unmounted, and so it is marked again whenever mountinfo has changed.
 * What else there is to know of them is found by looking: sb.c.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/retry.h"
#include "base/worker.h"
#include "kernel/not-supported.h"
#include "fanotify.h"
#include "kernel/fs-type.h"
#include "sources/sb/error-path.h"
#include "sources/sb/marks.h"
#include "sources/sb-ext4.h"

/* ---- Whether it works ---- */

/* A path whose look-up returns: the root, unless a server or a process answers for it. */
static const char *safe_path(void)
{
	struct wq_filesystems *t = wq_filesystems_new();
	const struct wq_filesystem *fs = t && wq_filesystems_read(t) == 0 ? wq_filesystems_of_name(t, "/") : NULL;
	bool may_hang = !fs || wq_fs_type_may_hang(fs->fstype);

	wq_filesystems_free(t);
	return may_hang ? "/proc" : "/";
}

/* Marking any filesystem tells whether the kernel knows of errors, and allows to hear of them. */
static int sb_fanotify_probe(const struct wq_source_config *c, struct wq_error *e)
{
	int fd = wq_sb_marks_group(e), rc = 0, marked;

	(void) c;
	if (fd < 0)
		return fd;
	WQ_RETRY(marked, fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, WQ_FAN_FS_ERROR, AT_FDCWD, safe_path()));
	if (marked) {
		if (errno == EPERM)
			rc = wq_fail(e, wq_error_kind_of(WQ_CALL_FANOTIFY_MARK, EPERM), EPERM, "errors of filesystems take CAP_SYS_ADMIN in the user namespace that the filesystem belongs to; run watchq as root");
		else if (wq_not_supported(WQ_CALL_FANOTIFY_MARK, errno))
			rc = wq_fail(e, wq_error_kind_of(WQ_CALL_FANOTIFY_MARK, errno), errno, "this kernel's fanotify has no errors of filesystems; they take Linux 5.16 or later");
		/* Any other is the path's, or this filesystem's own. */
	}
	close(fd);
	return rc;
}

/* ---- Opening ---- */

static void sb_fanotify_close(struct wq_source *s)
{
	struct wq_sb_fanotify *f = s->priv;
	unsigned i;

	wq_sb_close(&f->sb);
	for (i = 0; i < WQ_SB_GROUPS; i++) {
		if (f->queues[i])
			close(f->queues[i]->fd);
		free(f->queues[i]);
	}
	free(f);
	s->priv = NULL;
}

static int sb_fanotify_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_sb_fanotify *f = calloc(1, sizeof(*f));
	int rc;

	s->priv = f;
	if (!f)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	f->sb.s = s;
	f->sb.read = wq_sb_marks_read;
	f->sb.mounted = wq_sb_marks_add;
	f->sb.data = f;
	rc = wq_sb_marks_open(f, 0, e);
	if (!rc)
		rc = wq_sb_open(&f->sb, s, c, e);
	if (rc)
		sb_fanotify_close(s);
	return rc;
}

/* ---- Events ---- */

static struct wq_filesystem *find(struct wq_sb_fanotify *f, unsigned group, const struct wq_fan_event *ev)
{
	struct wq_filesystem *fs = wq_filesystems_first(f->sb.table);

	while (fs && (!fs->marked || fs->group != group || memcmp(fs->fsid, ev->fsid, sizeof(fs->fsid)) != 0))
		fs = fs->next;
	return fs;
}

static int tell_error(struct wq_sb_fanotify *f, struct wq_filesystem *fs, const struct wq_fan_event *ev)
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
		wq_side_set_text(&side, WQ_SIDE_PATH, wq_sb_error_path(f, fs, ev, inode, path, sizeof(path)));
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

static int take(struct wq_sb_fanotify *f, unsigned group, const struct wq_fan_event *ev)
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
	struct wq_sb_fanotify *f = s->priv;
	struct wq_fan_event ev;
	unsigned i;
	int rc = 0;

	for (i = 0; i < WQ_SB_GROUPS && !rc; i++) {
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
	struct wq_sb_fanotify *f = s->priv;
	unsigned i;

	for (i = 0; i < WQ_SB_GROUPS; i++)
		if (f->queues[i])
			wq_fan_queue_last(f->queues[i]);
}

/* ---- The filesystems ---- */

static int sb_fanotify_snapshot(struct wq_source *s, enum wq_mark what, unsigned round)
{
	return wq_sb_snapshot(&((struct wq_sb_fanotify *) s->priv)->sb, what, round);
}

static int sb_fanotify_tell(struct wq_source *s, enum wq_mark what)
{
	return wq_sb_tell(&((struct wq_sb_fanotify *) s->priv)->sb, what);
}

static void sb_fanotify_sweep(struct wq_source *s)
{
	wq_sb_sweep(&((struct wq_sb_fanotify *) s->priv)->sb);
}

static int sb_fanotify_finish(struct wq_source *s)
{
	return wq_sb_finish(&((struct wq_sb_fanotify *) s->priv)->sb);
}

static uint64_t sb_fanotify_deadline(struct wq_source *s)
{
	return wq_sb_deadline(&((struct wq_sb_fanotify *) s->priv)->sb);
}

static int sb_fanotify_tick(struct wq_source *s)
{
	return wq_sb_tick(&((struct wq_sb_fanotify *) s->priv)->sb);
}

static int sb_fanotify_answered(struct wq_source *s, struct wq_question *q, int answer, bool late)
{
	struct wq_sb_fanotify *f = s->priv;
	struct wq_filesystem *fs = wq_filesystems_find(f->sb.table, q->key & ~WQ_SB_KEY_KIND);

	switch (q->key & WQ_SB_KEY_KIND) {
	case WQ_SB_KEY_PATH:
		return wq_sb_path_answered(&f->sb, q, answer, late);
	case WQ_SB_KEY_MARK:
		return wq_sb_marks_answered(f, q, answer, late);
	default:	/* the path of an error that was reported without it */
		return fs && late ? wq_sb_answered(&f->sb, fs) : 0;
	}
}

static int sb_fanotify_unanswered(struct wq_source *s, uint64_t key)
{
	struct wq_sb *sb = &((struct wq_sb_fanotify *) s->priv)->sb;
	struct wq_filesystem *fs = wq_filesystems_find(sb->table, key & ~WQ_SB_KEY_KIND);

	if ((key & WQ_SB_KEY_KIND) == WQ_SB_KEY_PATH)
		return wq_sb_path_unanswered(sb, key);
	return fs ? wq_sb_unanswered(sb, fs) : 0;
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
	.answered = sb_fanotify_answered,
	.unanswered = sb_fanotify_unanswered,
	.finish = sb_fanotify_finish,
	.close = sb_fanotify_close,
};
