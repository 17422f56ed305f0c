// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mounts by fanotify(7): each mount, umount and move, since Linux 6.15. The events say
 * which mount it is; what it is says statmount(2), for as long as it is there. Read by
 * the engine's thread: the sooner it asks, the fewer have gone by then, and the kernel
 * holds what isn't read yet.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/retry.h"
#include "fanotify.h"
#include "kernel/not-supported.h"
#include "sources/mounts-tell.h"
#include "uapi-mounts.h"

#define WQ_COMM_LASTS	1000000	/* ns */
#define WQ_LIST		512	/* IDs at a time */

struct mounts_fanotify {
	struct wq_fan_queue queue;
	struct wq_mount_ns ns;
	struct wq_statmount *sm;
	struct wq_mounts ms;
	struct wq_mount_attributes *attributes;
	bool doubt;		/* all is to be looked at */
	bool had_any;		/* there were mounts: none any more is the end */
	char comm[16];		/* of comm_pid, at comm_at; "": not known */
	int comm_pid;
	uint64_t comm_at;
};

/* ---- Whether it works ---- */

static int open_group(bool *unlimited, struct wq_error *e)
{
	return wq_fan_open(WQ_UAPI_FAN_REPORT_MNT, "this kernel's fanotify has no mount events; they take Linux 6.15 or later, with CONFIG_FANOTIFY",
			   "before Linux 6.16 it takes CAP_SYS_ADMIN, as root has it", unlimited, e);
}

static int mark(int fd, const struct wq_mount_ns *ns, struct wq_error *e)
{
	int rc;

	WQ_RETRY(rc, fanotify_mark(fd, FAN_MARK_ADD | WQ_UAPI_FAN_MARK_MNTNS,
				   WQ_UAPI_FAN_MNT_ATTACH | WQ_UAPI_FAN_MNT_DETACH, ns->fd, NULL));
	if (rc == 0)
		return 0;
	if (errno == EPERM)
		return wq_fail(e, wq_error_kind_of(WQ_CALL_FANOTIFY_MARK, EPERM), EPERM, "mount events take CAP_SYS_ADMIN in the user namespace that the mount namespace belongs to; run watchq as root, or both inside 'unshare -Urm'");
	if (errno == ENOSPC)
		return wq_fail(e, WQ_FAILURE, ENOSPC, "no more fanotify marks for this user; raise /proc/sys/fs/fanotify/max_user_marks");
	return wq_fail(e, wq_error_kind_of(WQ_CALL_FANOTIFY_MARK, errno), errno, "fanotify_mark: %s", strerror(errno));
}

/* statmount(2) may be missing, in sandboxes. */
static int ask(const struct wq_mount_ns *ns, struct wq_error *e)
{
	struct wq_statmount *sm = wq_statmount_new(ns);
	const char *what = "listmount";
	struct wq_mount m;
	uint64_t id;
	int rc = sm ? (int) wq_listmount(sm, 0, &id, 1) : -ENOMEM;

	if (rc > 0) {
		what = "statmount";
		rc = wq_statmount(sm, id, &m);
	}
	wq_statmount_free(sm);
	if (rc >= 0 || wq_is_gone(WQ_CALL_STATMOUNT, -rc))	/* unmounted meanwhile */
		return 0;
	return wq_fail(e, wq_error_kind_of(WQ_CALL_STATMOUNT, -rc), -rc, "%s: %s%s", what, strerror(-rc),
		       wq_not_supported(WQ_CALL_STATMOUNT, -rc) ? "; a sandbox must allow listmount(2) and statmount(2)" : "");
}

static int mounts_fanotify_probe(const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_mount_ns ns = { .fd = -1, .proc = -1 };
	bool unlimited;
	int fd = open_group(&unlimited, e), rc;

	if (fd < 0)
		return fd;
	rc = wq_mount_ns_open(&ns, c->ns, e);
	if (!rc)
		rc = mark(fd, &ns, e);
	if (!rc)
		rc = ask(&ns, e);
	wq_mount_ns_close(&ns);
	close(fd);
	return rc;
}

/* ---- Opening ---- */

static void mounts_fanotify_close(struct wq_source *s)
{
	struct mounts_fanotify *f = s->priv;

	wq_mount_attributes_free(f->attributes);
	wq_mounts_close(&f->ms);
	wq_statmount_free(f->sm);
	wq_mount_ns_close(&f->ns);
	if (f->queue.fd >= 0)
		close(f->queue.fd);
	free(f);
	s->priv = NULL;
}

static int look(void *data, uint64_t id, struct wq_mount *m)
{
	return wq_statmount(data, id, m);
}

static int open_mounts(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct mounts_fanotify *f = s->priv;
	struct wq_mounts_wanted *wanted = wq_mounts_wanted_new(s, c, &f->ns, e);
	char warning[256];
	int rc = wanted ? wq_mounts_open(&f->ms, s, wanted, e) : -e->err;

	if (rc)
		return rc;
	f->sm = wq_statmount_new(&f->ns);
	f->attributes = wq_mount_attributes_new(&f->ms, &f->ns, warning, sizeof(warning));
	if (!f->sm || !f->attributes)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	if (*warning)
		wq_engine_log(s->m, WQ_LOG_WARNING, "%s", warning);
	f->ms.ns = f->ns.inode;
	f->ms.look = look;
	f->ms.data = f->sm;
	return 0;
}

static int open_events(struct wq_source *s, struct wq_error *e)
{
	struct mounts_fanotify *f = s->priv;
	bool unlimited;
	int rc;

	f->queue.fd = open_group(&unlimited, e);
	if (f->queue.fd < 0)
		return f->queue.fd;
	rc = mark(f->queue.fd, &f->ns, e);
	if (rc)
		return rc;
	rc = wq_engine_poll(s->m, f->queue.fd);
	if (rc)
		return wq_fail(e, WQ_FAILURE, -rc, "can't poll fanotify: %s", strerror(-rc));
	wq_engine_log(s->m, WQ_LOG_INFO, "fanotify's queue holds %s", unlimited ? "any number of events" :
		      "as many events as /proc/sys/fs/fanotify/max_queued_events says");
	return 0;
}

static int mounts_fanotify_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct mounts_fanotify *f = calloc(1, sizeof(*f));
	int rc;

	s->priv = f;
	if (!f)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	f->queue.fd = f->ns.fd = f->ns.proc = -1;
	rc = wq_mount_ns_open(&f->ns, c->ns, e);
	if (!rc)
		rc = open_mounts(s, c, e);
	if (!rc)
		rc = open_events(s, e);
	if (rc) {
		mounts_fanotify_close(s);
		return rc;
	}
	/* It may end while it is watched. */
	wq_mount_ns_release(&f->ns);
	f->doubt = true;
	return 0;
}

/* ---- Events ---- */

/* What the process is called now: it may be gone, or have become another program. */
static const char *command(struct wq_source *s, int pid)
{
	struct mounts_fanotify *f = s->priv;
	char path[32];
	ssize_t n;
	int fd;

	if (pid <= 0 || !wq_engine_wants_commands(s->m))
		return NULL;
	/* Who makes many changes makes them one right after the other. */
	if (pid == f->comm_pid && wq_engine_now(s->m) < f->comm_at + WQ_COMM_LASTS)
		return f->comm;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, f->comm, sizeof(f->comm) - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	f->comm[n] = '\0';
	f->comm[strcspn(f->comm, "\n")] = '\0';
	f->comm_pid = pid;
	f->comm_at = wq_engine_now(s->m);
	return f->comm;
}

static int lost(struct wq_source *s)
{
	((struct mounts_fanotify *) s->priv)->doubt = true;
	wq_engine_resync(s->m);
	return wq_engine_emit_loss(s);
}

static int apply(struct wq_source *s, const struct wq_fan_event *ev)
{
	struct mounts_fanotify *f = s->priv;
	/* watchq mounts and unmounts nothing: it held the last reference to a namespace whose
	 * processes have ended, and the event is the end of that. */
	int pid = ev->pid == getpid() ? 0 : ev->pid;
	struct wq_item by = {
		.boottime = wq_now_boottime(), .pid = pid > 0 ? (uint32_t) pid : 0, .command = command(s, pid),
	};
	bool attached = ev->mask & WQ_UAPI_FAN_MNT_ATTACH, detached = ev->mask & WQ_UAPI_FAN_MNT_DETACH;

	if (ev->mask & FAN_Q_OVERFLOW)
		return lost(s);
	if (!ev->mount || !(attached || detached))
		return 0;
	wq_mount_attributes_topology(f->attributes);
	if (attached && detached)
		return wq_mounts_moved(&f->ms, ev->mount, &by);
	if (attached)
		return wq_mounts_attached(&f->ms, ev->mount, &by);
	return wq_mounts_detached(&f->ms, ev->mount, &by);
}

/* The last process of a namespace that isn't ours has ended, or all was unmounted. */
static int check_end(struct wq_source *s)
{
	struct mounts_fanotify *f = s->priv;

	/* Ours doesn't end; but below the root of a chroot there may be none any more. */
	if (!*f->ns.name || !f->had_any || wq_mount_table_count(f->ms.table))
		return 0;
	return wq_mounts_ended(&f->ms);
}

static int mounts_fanotify_pull(struct wq_source *s, struct wq_error *e)
{
	struct mounts_fanotify *f = s->priv;
	struct wq_fan_event ev;
	int rc = wq_fan_queue_next(&f->queue, s->m, &ev, e);

	if (rc <= 0)
		return rc ? rc : check_end(s);
	rc = apply(s, &ev);
	return rc && rc != WQ_NO_ROOM ? rc : 1;
}

static void mounts_fanotify_last(struct wq_source *s)
{
	wq_fan_queue_last(&((struct mounts_fanotify *) s->priv)->queue);
}

/* ---- Snapshots and timers ---- */

/* Note that the mount @id exists, by what statmount(2) or else an earlier answer says of it. */
static int has(struct mounts_fanotify *f, uint64_t id)
{
	struct wq_mount_node *n = wq_mount_table_find(f->ms.table, id);
	struct wq_mount m;
	int rc = wq_statmount(f->sm, id, &m);

	if (rc && rc != -ENOMEM && !wq_is_gone(WQ_CALL_STATMOUNT, -rc))
		rc = wq_statmount(f->sm, id, &m);
	if (rc == -ENOMEM)
		return wq_source_error(f->ms.s, ENOMEM, "statmount: mount %" PRIu64, id);
	if (wq_is_gone(WQ_CALL_STATMOUNT, -rc))
		return 0;
	if (rc) {
		rc = wq_mounts_unreadable(&f->ms, id, -rc);
		m = n && n->now ? *n->now : (struct wq_mount) { .id = id, .ns = f->ns.inode };
	}
	f->had_any = true;
	return rc ? rc : wq_mounts_has(&f->ms, &m);
}

static int list(struct mounts_fanotify *f)
{
	uint64_t ids[WQ_LIST], after = 0;
	ssize_t n, i;

	do {
		n = wq_listmount(f->sm, after, ids, WQ_LIST);
		if (n < 0 && wq_is_gone(WQ_CALL_STATMOUNT, (int) -n))
			return 0;	/* the namespace is gone */
		if (n < 0)
			return wq_source_error(f->ms.s, (int) -n, "listmount");
		for (i = 0; i < n; i++) {
			int rc = has(f, ids[i]);

			if (rc)
				return rc;
			after = ids[i];
		}
	} while (n == WQ_LIST);
	return 0;
}

static int mounts_fanotify_snapshot(struct wq_source *s, enum wq_mark what, unsigned round)
{
	struct mounts_fanotify *f = s->priv;
	int rc;

	if (round || !f->doubt)
		return 0;
	f->doubt = false;
	wq_mounts_begin(&f->ms);
	rc = list(f);
	if (!rc)
		rc = wq_mounts_end(&f->ms, what);
	return rc ? rc : 1;
}

static int mounts_fanotify_tell(struct wq_source *s, enum wq_mark what)
{
	return wq_mounts_tell(&((struct mounts_fanotify *) s->priv)->ms, what);
}

static void mounts_fanotify_sweep(struct wq_source *s)
{
	wq_mount_attributes_sweep(((struct mounts_fanotify *) s->priv)->attributes);
}

static uint64_t mounts_fanotify_deadline(struct wq_source *s)
{
	return wq_mount_attributes_deadline(((struct mounts_fanotify *) s->priv)->attributes);
}

static int mounts_fanotify_tick(struct wq_source *s)
{
	return wq_mount_attributes_tick(((struct mounts_fanotify *) s->priv)->attributes);
}

static int mounts_fanotify_finish(struct wq_source *s)
{
	return wq_mount_attributes_finish(((struct mounts_fanotify *) s->priv)->attributes);
}

const struct wq_source_ops wq_mounts_fanotify = {
	.source = "mounts",
	.backend = "fanotify",
	.about = "every mount, umount and move, who did it; changes of options by looking when mountinfo changes",
	.type = WQ_TYPE_MOUNT,
	.posts = { WQ_MOUNTS_CHANGES, 0 },
	.probe = mounts_fanotify_probe,
	.open = mounts_fanotify_open,
	.pull = mounts_fanotify_pull,
	.last = mounts_fanotify_last,
	.snapshot = mounts_fanotify_snapshot,
	.tell = mounts_fanotify_tell,
	.sweep = mounts_fanotify_sweep,
	.deadline = mounts_fanotify_deadline,
	.tick = mounts_fanotify_tick,
	.finish = mounts_fanotify_finish,
	.close = mounts_fanotify_close,
};
