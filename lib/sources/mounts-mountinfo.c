// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mounts by reading mountinfo whenever it has changed, on any kernel and for anybody:
 * what is undone between two reads isn't seen, nor is who did it. libmount parses it; our
 * own table compares, in a time that doesn't grow with the square of the mounts.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/closer.h"
#include "kernel/not-supported.h"
#include "mountinfo.h"
#include "sources/mounts.h"

#define WQ_TORN_MAX	64	/* reads in a row that a move may spoil */

struct mounts_mountinfo {
	struct wq_mount_ns ns;
	struct wq_mounts ms;
	struct wq_mountinfo_poll poll;
	FILE *file;
	bool pending;
	bool begun;		/* all has been read */
	unsigned torn;		/* reads in a row that a move has spoiled */
	uint64_t rest_until;	/* ns: reading takes half of a processor at most */
};

static int mounts_mountinfo_probe(const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_mount_ns ns;
	int rc = wq_mount_ns_open(&ns, c->ns, e), fd;

	if (!rc) {
		fd = wq_mount_ns_mountinfo(&ns);
		if (fd >= 0)
			close(fd);
		else
			rc = wq_fail(e, wq_error_kind_of(WQ_CALL_PROC, -fd), -fd, "can't open the mountinfo of %s: %s%s",
				     *ns.name ? ns.name : "this process", strerror(-fd),
				     fd == -EPERM ? "; it takes CAP_SYS_ADMIN and CAP_SYS_CHROOT, as root has them" :
				     fd == -ENOENT ? "; /proc must be mounted" : "");
	}
	wq_mount_ns_close(&ns);
	return rc;
}

/* ---- Reading ---- */

/* IDs are used again: another mount has it now, and both changes are told. */
static int check_reuse(struct mounts_mountinfo *f, const struct wq_mount *m)
{
	struct wq_mount_node *n = wq_mount_table_find(f->ms.table, m->id);
	const struct wq_mount *was = n ? n->now : NULL;

	if (!was || (was->major == m->major && was->minor == m->minor && wq_same_text(was->root, m->root) &&
		     wq_same_text(was->fstype, m->fstype) && wq_same_text(was->source, m->source)))
		return 0;
	return wq_mounts_detached(&f->ms, m->id, NULL);
}

/* It has paths from the root that the process had when it was opened. */
static int reopen(struct mounts_mountinfo *f)
{
	int fd = *f->ns.name && !f->ns.pid ? -ENOENT : wq_mount_ns_mountinfo(&f->ns);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file) {
		if (fd >= 0)
			close(fd);
		rewind(f->file);
		return 0;
	}
	fclose(f->file);
	f->file = file;
	return 0;
}

/* Read the mounts into @tb. Return 0; -ESTALE if a move tore the read; -errno. */
static int read_table(struct mounts_mountinfo *f, struct libmnt_table *tb)
{
	int rc = reopen(f);

	if (!rc)
		rc = wq_mountinfo_read(f->file, tb);
	if ((rc == 1 && f->torn++ < WQ_TORN_MAX) || rc == -EINTR)
		return -ESTALE;
	f->torn = 0;
	/* Another errno: -ESTALE is a read that a move tore. */
	return rc < 0 ? wq_source_error(f->ms.s, rc == -ESTALE ? EIO : -rc, "mountinfo: can't read") : 0;
}

static int apply_table(struct mounts_mountinfo *f, struct libmnt_table *tb, enum wq_mark mark)
{
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	int rc = it ? 0 : -ENOMEM;
	struct libmnt_fs *fs;
	struct wq_mount m;

	if (!rc)
		wq_mounts_begin(&f->ms);
	while (!rc && mnt_table_next_fs(tb, it, &fs) == 0) {
		wq_mountinfo_describe(fs, f->ns.inode, &m);
		rc = check_reuse(f, &m);
		if (!rc)
			rc = wq_mounts_has(&f->ms, &m);
	}
	mnt_free_iter(it);
	return rc ? rc : wq_mounts_end(&f->ms, mark);
}

/* Read all mounts and report the differences. Return as wq_mounts_end(); -ESTALE if a move
 * tore the read: nothing is reported. */
static int read_once(struct mounts_mountinfo *f, enum wq_mark mark)
{
	struct libmnt_table *tb = mnt_new_table();
	int rc = tb ? read_table(f, tb) : -ENOMEM;

	if (!rc)
		rc = apply_table(f, tb, mark);
	mnt_unref_table(tb);
	return rc;
}

static int read_all(struct mounts_mountinfo *f, enum wq_mark mark)
{
	int rc;

	do
		rc = read_once(f, mark);
	while (rc == -ESTALE);
	return rc;
}

/* ---- The source ---- */

static void mounts_mountinfo_close(struct wq_source *s)
{
	struct mounts_mountinfo *f = s->priv;

	wq_mountinfo_poll_close(&f->poll);
	wq_mounts_close(&f->ms);
	wq_mount_ns_close(&f->ns);
	if (f->file)
		fclose(f->file);
	free(f);
	s->priv = NULL;
}

static int open_all(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct mounts_mountinfo *f = s->priv;
	struct wq_mounts_wanted *wanted = wq_mounts_wanted_new(s, c, &f->ns, e);
	int rc = wanted ? wq_mounts_open(&f->ms, s, wanted, e) : -e->err, fd;

	if (rc)
		return rc;
	f->ms.ns = f->ns.inode;
	fd = wq_mount_ns_mountinfo(&f->ns);
	f->file = fd < 0 ? NULL : fdopen(fd, "re");
	rc = fd < 0 ? fd : f->file ? wq_mountinfo_poll_open(&f->poll, s->m, &f->ns, true) : -errno;
	return rc ? wq_fail(e, WQ_FAILURE, -rc, "can't open mountinfo: %s", strerror(-rc)) : 0;
}

static int mounts_mountinfo_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct mounts_mountinfo *f = calloc(1, sizeof(*f));
	int rc;

	s->priv = f;
	if (!f)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	f->ns.fd = f->ns.proc = -1;
	wq_mountinfo_poll_init(&f->poll, s->m);
	rc = wq_mount_ns_open(&f->ns, c->ns, e);
	if (!rc)
		rc = open_all(s, c, e);
	if (rc) {
		mounts_mountinfo_close(s);
		return rc;
	}
	wq_mount_ns_release(&f->ns);
	wq_engine_log(s->m, WQ_LOG_INFO,
		      "backend mountinfo reads all mounts when there is a change: it can't see changes that are undone between two reads, nor who made them");
	return 0;
}

/* Nothing is ever read from a queue. */
static int mounts_mountinfo_apply(struct wq_source *s, const struct wq_item *item)
{
	(void) s;
	(void) item;
	return 0;
}

static int mounts_mountinfo_snapshot(struct wq_source *s, enum wq_mark mark, unsigned round)
{
	struct mounts_mountinfo *f = s->priv;
	int rc;

	/* Nothing is lost later: it is read again when there is a change. */
	if (round || f->begun)
		return 0;
	f->begun = true;
	rc = read_all(f, mark);
	return rc ? rc : 1;
}

static int mounts_mountinfo_tell(struct wq_source *s, enum wq_mark mark)
{
	return wq_mounts_tell(&((struct mounts_mountinfo *) s->priv)->ms, mark);
}

static uint64_t mounts_mountinfo_deadline(struct wq_source *s)
{
	struct mounts_mountinfo *f = s->priv;

	return f->pending ? f->rest_until : 0;
}

static int mounts_mountinfo_tick(struct wq_source *s)
{
	struct mounts_mountinfo *f = s->priv;
	uint64_t start = wq_engine_now(s->m);
	int rc;

	if (wq_mountinfo_owner_ended(&f->poll)) {
		int fd = fcntl(fileno(f->file), F_DUPFD_CLOEXEC, 0);

		fclose(f->file);
		f->file = NULL;
		if (fd >= 0)
			wq_close_in_thread(fd);
		return wq_mounts_ended(&f->ms);
	}
	if (!f->pending && wq_mountinfo_changed(&f->poll)) {
		f->pending = true;
		wq_mountinfo_arm(&f->poll, false);
	}
	s->busy = f->pending;
	if (!f->pending || start < f->rest_until)
		return 0;
	/* What changes from now on may be read too late: armed first. */
	wq_mountinfo_arm(&f->poll, true);
	f->pending = s->busy = false;
	rc = read_once(f, WQ_MARK_NONE);
	if (rc == -ESTALE) {
		rc = 0;
		f->pending = s->busy = true;
		wq_mountinfo_arm(&f->poll, false);
	}
	f->rest_until = wq_now_boottime() + (wq_now_boottime() - start);
	return rc;
}

static void mounts_mountinfo_sweep(struct wq_source *s)
{
	((struct mounts_mountinfo *) s->priv)->pending = true;
}

static int mounts_mountinfo_finish(struct wq_source *s)
{
	struct mounts_mountinfo *f = s->priv;

	return f->file && (f->pending || wq_mountinfo_changed(&f->poll)) ? read_all(f, WQ_MARK_NONE) : 0;
}

const struct wq_source_ops wq_mounts_mountinfo = {
	.source = "mounts",
	.backend = "mountinfo",
	.about = "reads all mounts when there is a change: nothing that is undone at once, not who did it",
	.type = WQ_TYPE_MOUNT,
	.posts = { WQ_MOUNTS_CHANGES, 0 },
	.probe = mounts_mountinfo_probe,
	.open = mounts_mountinfo_open,
	.apply = mounts_mountinfo_apply,
	.snapshot = mounts_mountinfo_snapshot,
	.tell = mounts_mountinfo_tell,
	.sweep = mounts_mountinfo_sweep,
	.deadline = mounts_mountinfo_deadline,
	.tick = mounts_mountinfo_tick,
	.finish = mounts_mountinfo_finish,
	.close = mounts_mountinfo_close,
};
