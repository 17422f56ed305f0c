// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/child.h"
#include "base/worker.h"
#include "sources/sb/marks.h"
#include "sources/sb-ext4.h"
#include "sources/sb-reports.h"
#include "statmount.h"

#define WQ_MARK_PATIENCE	50000000u	/* ns */
#define WQ_TARGETS_MAX		64		/* places of one filesystem that are tried */

/* ---- Places ---- */

struct wq_sb_targets {
	unsigned n;
	struct {
		int id;
		const char *path;
	} at[WQ_TARGETS_MAX];
	char text[];
};

struct wq_sb_targets *wq_sb_targets_new(const struct wq_filesystem *fs)
{
	unsigned n = fs->nmounts < WQ_TARGETS_MAX ? fs->nmounts : WQ_TARGETS_MAX, i;
	struct wq_sb_targets *t;
	size_t len = 0;
	char *p;

	for (i = 0; i < n; i++)
		len += strlen(fs->mounts[i].target) + 1;
	t = malloc(sizeof(*t) + len);
	if (!t)
		return NULL;
	t->n = n;
	for (i = 0, p = t->text; i < n; i++) {
		t->at[i].id = fs->mounts[i].id;
		t->at[i].path = p;
		p = stpcpy(p, fs->mounts[i].target) + 1;
	}
	return t;
}

/* No descriptor is kept open: an umount(8) that comes meanwhile would fail. */
const char *wq_sb_targets_find(const struct wq_sb_targets *t)
{
	unsigned i;
	uint64_t id;
	bool root;

	for (i = 0; i < t->n; i++)
		if (wq_statx_mount(t->at[i].path, &id, &root) == 0 && id == (unsigned) t->at[i].id)
			return t->at[i].path;
	return NULL;
}

/* ---- Groups ---- */

int wq_sb_marks_group(struct wq_error *e)
{
	return wq_fan_open(FAN_REPORT_FID, "this kernel's fanotify reports no files; errors of filesystems take Linux 5.16 or later, with CONFIG_FANOTIFY",
			   "errors of filesystems take CAP_SYS_ADMIN, as root has it", NULL, e);
}

int wq_sb_marks_open(struct wq_sb_fanotify *f, unsigned group, struct wq_error *e)
{
	struct wq_fan_queue *q = f->queues[group];
	int rc;

	if (q)
		return 0;
	q = calloc(1, sizeof(*q));
	if (!q)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	q->fd = wq_sb_marks_group(e);
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

/* ---- Marks that there are ---- */

/* fs/notify/fdinfo.c: "fanotify sdev:800001 mflags:0 mask:8000 ignored_mask:0". */
static void read_group(struct wq_sb_fanotify *f, unsigned group)
{
	char path[64], line[256];
	struct wq_filesystem *fs;
	unsigned dev;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", f->queues[group]->fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "fanotify sdev:%x", &dev) != 1)
			continue;
		fs = wq_filesystems_find(f->sb.table, dev);
		if (fs && fs->group == group && fs->has_mark)
			fs->marked = true;
	}
	if (file)
		fclose(file);
}

void wq_sb_marks_read(void *data)
{
	struct wq_sb_fanotify *f = data;
	struct wq_filesystem *fs;
	unsigned i;

	for (fs = wq_filesystems_first(f->sb.table); fs; fs = fs->next) {
		/* What is mounted nowhere may still report what is written while it is unmounted. */
		fs->has_mark = fs->marked;
		fs->marked = fs->marked && !fs->nmounts;
	}
	for (i = 0; i < WQ_SB_GROUPS; i++)
		if (f->queues[i])
			read_group(f, i);
}

/* ---- Marking ---- */

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
	case EUSERS:
		return "it was not asked: 8 others do not answer";
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
		wq_engine_log(sb->s->m, level, "%s: its errors can't be heard: %s",
			      sb->nwanted ? fs->watch->object : fs->nmounts ? fs->mounts[0].target : fs->source,
			      why_not(err));
	fs->complained = true;
}

/* A filesystem that is to be marked: what the thread needs, and what it found. */
struct mark_question {
	struct wq_sb_targets *targets;
	int fds[WQ_SB_GROUPS];	/* of the groups; -1: not open */
	unsigned ntaken;
	struct taken {		/* IDs of others, and their groups */
		unsigned group;
		unsigned char fsid[8];
	} *taken;
	struct mark_answer {
		bool has_fsid;
		unsigned char fsid[8];
		unsigned group;
		int err;	/* ENXIO: the group is not open yet */
	} answer;
};

static void release_mark(void *data)
{
	struct mark_question *d = data;
	unsigned i;

	for (i = 0; i < WQ_SB_GROUPS; i++)
		if (d->fds[i] >= 0)
			close(d->fds[i]);
	free(d->targets);
	free(d->taken);
	free(d);
}

static bool is_taken(const struct mark_question *d, const unsigned char *fsid, unsigned group)
{
	unsigned i;

	for (i = 0; i < d->ntaken; i++)
		if (d->taken[i].group == group && memcmp(d->taken[i].fsid, fsid, sizeof(d->taken[i].fsid)) == 0)
			return true;
	return false;
}

static int mark_at(const struct mark_question *d, const char *path, struct mark_answer *a)
{
	struct statfs st;

	if (!path)
		return ENOENT;
	if (statfs(path, &st))
		return errno;
	a->has_fsid = true;
	memcpy(a->fsid, &st.f_fsid, sizeof(a->fsid));
	for (a->group = 0; a->group < WQ_SB_GROUPS - 1 && is_taken(d, a->fsid, a->group); a->group++)
		;
	if (d->fds[a->group] < 0)
		return ENXIO;
	return fanotify_mark(d->fds[a->group], FAN_MARK_ADD | FAN_MARK_FILESYSTEM, WQ_FAN_FS_ERROR, AT_FDCWD, path) ? errno : 0;
}

/* In a child. */
static ssize_t mark(void *data, void *out, size_t size)
{
	const struct mark_question *d = data;
	struct mark_answer *a = out;

	*a = (struct mark_answer) { 0 };
	a->err = mark_at(d, wq_sb_targets_find(d->targets), a);
	return (ssize_t) size;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

static int ask_mark(void *data)
{
	struct mark_question *d = data;
	int keep[WQ_SB_GROUPS];
	struct wq_child_call call = { .fn = mark, .data = d, .keep = keep };
	ssize_t n;
	unsigned i;

	for (i = 0; i < WQ_SB_GROUPS; i++)
		if (d->fds[i] >= 0)
			keep[call.nkeep++] = d->fds[i];
	qsort(keep, call.nkeep, sizeof(keep[0]), by_number);
	n = wq_child_run(&call, &d->answer, sizeof(d->answer));
	return n < 0 ? (int) n : -d->answer.err;
}

/* The IDs of all others that are marked. */
static bool copy_taken(struct mark_question *d, const struct wq_sb_fanotify *f, const struct wq_filesystem *fs)
{
	const struct wq_filesystem *other;
	unsigned n = 0;

	for (other = wq_filesystems_first(f->sb.table); other; other = other->next)
		n += other != fs && other->marked;
	d->taken = calloc(n + 1, sizeof(*d->taken));
	for (other = wq_filesystems_first(f->sb.table); d->taken && other; other = other->next) {
		if (other == fs || !other->marked)
			continue;
		d->taken[d->ntaken].group = other->group;
		memcpy(d->taken[d->ntaken++].fsid, other->fsid, sizeof(other->fsid));
	}
	return d->taken;
}

/* The thread has descriptors of its own: it may outlive the monitor. */
static struct mark_question *new_mark(const struct wq_sb_fanotify *f, const struct wq_filesystem *fs)
{
	struct mark_question *d = calloc(1, sizeof(*d));
	unsigned i;

	if (!d)
		return NULL;
	for (i = 0; i < WQ_SB_GROUPS; i++)
		d->fds[i] = f->queues[i] ? fcntl(f->queues[i]->fd, F_DUPFD_CLOEXEC, 0) : -1;
	d->targets = wq_sb_targets_new(fs);
	if (!d->targets || d->fds[0] < 0 || !copy_taken(d, f, fs)) {
		release_mark(d);
		return NULL;
	}
	return d;
}

static void ask(struct wq_sb_fanotify *f, struct wq_filesystem *fs);

static void finish(struct wq_sb_fanotify *f, struct wq_filesystem *fs, const struct mark_question *d, int answer)
{
	struct wq_error e;

	if (d->answer.has_fsid) {
		fs->has_fsid = true;
		memcpy(fs->fsid, d->answer.fsid, sizeof(fs->fsid));
	}
	if (answer == -ENXIO && !f->queues[d->answer.group]) {
		answer = wq_sb_marks_open(f, d->answer.group, &e);
		if (!answer) {
			ask(f, fs);
			return;
		}
	}
	if (answer) {
		complain(&f->sb, fs, -answer);
		return;
	}
	fs->marked = true;
	fs->group = d->answer.group;
	fs->errors = wq_ext4_errors(fs);
}

static void ask(struct wq_sb_fanotify *f, struct wq_filesystem *fs)
{
	struct mark_question *d = new_mark(f, fs);
	struct wq_question q = { .key = WQ_SB_KEY_MARK | fs->dev, .ask = ask_mark, .release = release_mark, .data = d };
	int answer = -ENOMEM, rc = d ? wq_source_ask(f->sb.s, &q, WQ_MARK_PATIENCE, &answer) : -ENOMEM;

	if (rc == -EINPROGRESS)
		return;
	if (rc == 0)
		finish(f, fs, d, answer);
	else if (rc != -EBUSY)	/* else: it is being asked */
		complain(&f->sb, fs, -rc);
	if (d)
		release_mark(d);
}

void wq_sb_marks_add(void *data, struct wq_filesystem *fs)
{
	struct wq_sb_fanotify *f = data;

	/* Of whatever else it is, the kernel would take the mark, and never report anything. */
	if (!wq_sb_reports(fs->fstype, NULL))
		complain(&f->sb, fs, 0);
	else if (!fs->marked)
		ask(f, fs);
}

int wq_sb_marks_answered(struct wq_sb_fanotify *f, const struct wq_question *q, int answer, bool late)
{
	struct wq_filesystem *fs = wq_filesystems_find(f->sb.table, q->key & ~WQ_SB_KEY_KIND);

	if (!fs)
		return 0;
	if (fs->nmounts && fs->watch)
		finish(f, fs, q->data, answer);
	return late ? wq_sb_answered(&f->sb, fs) : 0;
}
