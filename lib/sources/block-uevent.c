// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * block by the kernel's own uevents, not udev's: devices that come, go and change. Read by
 * the engine's thread: the sooner it looks into /sys, the more of a device is there still.
 * Uevents and the list in /sys are brought together by the uevents' numbers.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "side.h"
#include "sources/block.h"

#define RECEIVE		(16 << 20)	/* bytes: some 10,000 uevents */
#define USER_NS_FIRST	0xeffffffdu	/* inode of the first user namespace: PROC_USER_INIT_INO in
					 * include/linux/proc_ns.h */
#define SECTOR		512

struct block_uevent {
	struct udev *udev;
	struct udev_monitor *monitor;
	struct wq_block_wanted wanted;
	struct wq_devices *devices;
	bool doubt;		/* all is to be looked at */
	bool looked;		/* it was, once */
	uint64_t round;		/* of snapshots */
	uint64_t before;	/* uevents up to this number were before all that is told */
	uint64_t window;	/* those up to this one may be in the last snapshot already */
	uint64_t emptied;	/* the dispatch in which all that was there was read */
};

/* ---- Whether it works ---- */

/* net/core, lib/kobject_uevent.c: uevent_net_init(). */
static bool is_heard_here(void)
{
	int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), user;
	struct stat st;
	bool other;

	if (net < 0)
		return true;
	/* Not permitted where it belongs to one further out. */
	user = ioctl(net, NS_GET_USERNS);
	other = user >= 0 && fstat(user, &st) == 0 && st.st_ino != USER_NS_FIRST;
	if (user >= 0)
		close(user);
	close(net);
	return !other;
}

/* libudev takes uevents of root's only, who in some user namespaces is nobody. */
static bool is_root_known(void)
{
	struct stat st;

	return stat("/sys/kernel", &st) || st.st_uid == 0;
}

static int open_monitor(struct udev **udev, struct udev_monitor **monitor, struct wq_error *e)
{
	*udev = udev_new();
	*monitor = *udev ? udev_monitor_new_from_netlink(*udev, "kernel") : NULL;
	if (*monitor)
		return 0;
	return wq_fail(e, errno == EPERM || errno == EACCES || errno == EPROTONOSUPPORT ? WQ_NOTSUPP : WQ_FAILURE,
		       errno ? errno : ENOMEM, "can't hear uevents: %s; a sandbox must allow sockets of NETLINK_KOBJECT_UEVENT",
		       strerror(errno ? errno : ENOMEM));
}

static int block_uevent_probe(const struct wq_source_config *c, struct wq_error *e)
{
	struct udev_monitor *monitor;
	struct udev *udev;
	int rc = open_monitor(&udev, &monitor, e);

	(void) c;
	udev_monitor_unref(monitor);
	udev_unref(udev);
	if (!rc && !is_heard_here())
		rc = wq_fail(e, WQ_NOTSUPP, ENOTSUP, "no uevents come to a network namespace that a user namespace made; run watchq outside");
	if (!rc && !is_root_known())
		rc = wq_fail(e, WQ_NOTSUPP, ENOTSUP, "libudev takes no uevents in a user namespace that has no root of the machine's; run watchq outside");
	return rc;
}

/* ---- Opening ---- */

static void block_uevent_close(struct wq_source *s)
{
	struct block_uevent *u = s->priv;

	udev_monitor_unref(u->monitor);
	udev_unref(u->udev);
	wq_devices_free(u->devices);
	wq_block_wanted_close(&u->wanted);
	free(u);
	s->priv = NULL;
}

static int start(struct wq_source *s, struct wq_error *e)
{
	struct block_uevent *u = s->priv;
	int rc = open_monitor(&u->udev, &u->monitor, e);

	if (rc)
		return rc;
	/* Who may not have so much has what net.core.rmem_max says. */
	if (udev_monitor_set_receive_buffer_size(u->monitor, RECEIVE) < 0)
		wq_engine_log(s->m, WQ_LOG_DEBUG, "uevents: no larger buffer: it takes CAP_NET_ADMIN");
	rc = udev_monitor_filter_add_match_subsystem_devtype(u->monitor, "block", NULL);
	if (rc >= 0)
		rc = udev_monitor_enable_receiving(u->monitor);
	if (rc >= 0)
		rc = wq_engine_poll(s->m, udev_monitor_get_fd(u->monitor));
	return rc < 0 ? wq_fail(e, WQ_FAILURE, -rc, "can't hear uevents: %s", strerror(-rc)) : 0;
}

static int block_uevent_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct block_uevent *u = calloc(1, sizeof(*u));
	int rc;

	s->priv = u;
	if (!u)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	rc = wq_block_wanted_open(&u->wanted, s, c, e);
	if (!rc) {
		u->devices = wq_devices_new();
		rc = u->devices ? start(s, e) : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	u->doubt = true;
	if (rc)
		block_uevent_close(s);
	return rc;
}

/* ---- Telling ---- */

static int tell(struct wq_source *s, enum wq_block_nr what, enum wq_mark mark, const struct wq_device *d)
{
	struct block_uevent *u = s->priv;
	const struct wq_watch *watch = wq_block_watch(&u->wanted, d->disk, wq_device_is_partition(d) ? d->dev : 0);
	uint64_t body[2] = { d->dev, d->start };
	struct wq_side side = { .numbers_apply = 0 };
	unsigned char rec[WQ_RECORD_MAX];

	if (!watch)
		return 0;
	wq_block_side(&side, d);
	if (d->has_size && what != WQ_BLOCK_REMOVE)
		wq_side_set(&side, WQ_SIDE_SIZE, d->size * SECTOR);
	else
		wq_side_unknown(&side, WQ_SIDE_SIZE);
	wq_record_build(rec, WQ_TYPE_BLOCK, (uint8_t) what, (uint32_t) watch->id << 8, body, sizeof(body));
	return wq_engine_emit_side(s->m, rec, watch, mark, &side, 0);
}

/* Tells @what of a device that is there, and that this was told. */
static int tell_now(struct wq_source *s, struct wq_device_node *n, enum wq_block_nr what, enum wq_mark mark)
{
	int rc = tell(s, what, mark, &n->now);

	if (rc != WQ_NO_ROOM) {
		n->told = n->now;
		n->was_told = true;
	}
	return rc;
}

/* Tells that it is gone; then it is not known any more. */
static int tell_gone(struct wq_source *s, struct wq_device_node *n, enum wq_mark mark)
{
	struct block_uevent *u = s->priv;
	int rc = n->was_told ? tell(s, WQ_BLOCK_REMOVE, mark, &n->told) : 0;

	n->is = false;
	if (rc != WQ_NO_ROOM)
		wq_devices_remove(u->devices, n);
	return rc;
}

/* What was looked up of it differs so much that it is another one. */
static bool is_other(const struct wq_device *a, const struct wq_device *b)
{
	return strcmp(a->name, b->name) != 0 || a->disk != b->disk || a->start != b->start;
}

/* Tells what differs from what was told. */
static int tell_difference(struct wq_source *s, struct wq_device_node *n, enum wq_mark mark)
{
	int rc = 0;

	if (!n->is)
		return tell_gone(s, n, mark);
	if (n->was_told && is_other(&n->now, &n->told)) {
		rc = tell(s, WQ_BLOCK_REMOVE, mark, &n->told);
		n->was_told = rc == WQ_NO_ROOM;
	}
	if (rc)
		return rc;
	if (!n->was_told)
		return tell_now(s, n, WQ_BLOCK_ADD, mark);
	if (n->now.size != n->told.size)
		return tell_now(s, n, WQ_BLOCK_RESIZE, mark);
	if (n->now.seq != n->told.seq)
		return tell_now(s, n, WQ_BLOCK_MEDIA, mark);
	return 0;
}

static int block_uevent_tell(struct wq_source *s, enum wq_mark mark)
{
	struct block_uevent *u = s->priv;
	struct wq_device_node *n, *next;
	int rc = 0;

	for (n = wq_devices_next(u->devices, NULL); n && !rc; n = next) {
		next = wq_devices_next(u->devices, n);
		rc = tell_difference(s, n, mark);
	}
	return rc;
}

/* ---- Uevents ---- */

static bool has(struct udev_device *ud, const char *property)
{
	const char *value = udev_device_get_property_value(ud, property);

	return value && strcmp(value, "0") != 0;
}

/* The folder's name in the device's path, which is the disk of a partition. */
static void take_parent(struct udev_device *ud, char *name)
{
	const char *path = udev_device_get_devpath(ud), *end = path ? strrchr(path, '/') : NULL, *start = end;

	while (start && start > path && start[-1] != '/')
		start--;
	if (end && start < end)
		snprintf(name, WQ_DEVICE_NAME, "%.*s", (int) (end - start), start);
}

/* What the uevent says, and /sys as far as it is there. */
static void look(struct block_uevent *u, struct udev_device *ud, struct wq_device *d)
{
	const char *name = udev_device_get_sysname(ud), *type = udev_device_get_devtype(ud);
	dev_t nr = udev_device_get_devnum(ud);
	uint64_t dev = (uint64_t) major(nr) << 20 | minor(nr);
	struct wq_device_node *n = wq_devices_find(u->devices, dev);
	char path[sizeof("/sys/class/block/") + WQ_DEVICE_NAME];
	struct wq_device disk;

	if (wq_block_read_dev(dev, d) == 0 && name && strcmp(d->name, name) == 0)
		return;
	*d = (struct wq_device) { .dev = dev, .disk = dev };
	snprintf(d->name, sizeof(d->name), "%s", name ? name : "");
	memcpy(d->disk_name, d->name, sizeof(d->disk_name));
	/* It is gone, or its number is another's by now. */
	if (n && strcmp(n->now.name, d->name) == 0) {
		*d = n->now;
		d->has_size = false;
	} else if (type && strcmp(type, "partition") == 0) {
		take_parent(ud, d->disk_name);
		snprintf(path, sizeof(path), "/sys/class/block/%s", d->disk_name);
		d->disk = wq_block_read(path, &disk) == 0 ? disk.dev : 0;
	}
}

static int apply_add(struct wq_source *s, const struct wq_device *d)
{
	struct block_uevent *u = s->priv;
	struct wq_device_node *n = wq_devices_find(u->devices, d->dev);

	/* A snapshot has seen it first. */
	if (n && n->is && n->was_told && strcmp(n->now.name, d->name) == 0)
		return 0;
	if (!n)
		n = wq_devices_add(u->devices, d->dev);
	if (!n)
		return -ENOMEM;
	n->now = *d;
	n->is = true;
	return tell_now(s, n, WQ_BLOCK_ADD, WQ_MARK_NONE);
}

static int apply_remove(struct wq_source *s, const struct wq_device *d, bool may_be_told)
{
	struct wq_device_node *n = wq_devices_find(((struct block_uevent *) s->priv)->devices, d->dev);

	if (n)
		return tell_gone(s, n, WQ_MARK_NONE);
	return may_be_told ? 0 : tell(s, WQ_BLOCK_REMOVE, WQ_MARK_NONE, d);
}

static int apply_change(struct wq_source *s, const struct wq_device *d, struct udev_device *ud, bool may_be_told)
{
	struct block_uevent *u = s->priv;
	struct wq_device_node *n = wq_devices_find(u->devices, d->dev);
	bool resized = n && n->was_told && d->has_size && n->told.has_size && d->size != n->told.size;
	enum wq_block_nr what = WQ_BLOCK_CHANGE;

	if (has(ud, "DISK_MEDIA_CHANGE"))
		what = WQ_BLOCK_MEDIA;
	else if (resized || has(ud, "RESIZE"))
		what = WQ_BLOCK_RESIZE;
	if (what == WQ_BLOCK_RESIZE && !resized && may_be_told)
		return 0;
	/* Of one that is not known any more its end is told, or will be. */
	if (!n || !n->is)
		return tell(s, what, WQ_MARK_NONE, d);
	n->now = *d;
	return tell_now(s, n, what, WQ_MARK_NONE);
}

static int apply(struct wq_source *s, struct udev_device *ud)
{
	struct block_uevent *u = s->priv;
	const char *action = udev_device_get_action(ud);
	uint64_t nr = udev_device_get_seqnum(ud);
	bool asked_for = udev_device_get_property_value(ud, "SYNTH_UUID") != NULL;
	struct wq_device d;

	if (!action || nr <= u->before)
		return 0;
	look(u, ud, &d);
	/* Some program had these repeated: nothing came or went. */
	if (strcmp(action, "add") == 0)
		return asked_for ? 0 : apply_add(s, &d);
	if (strcmp(action, "remove") == 0)
		return asked_for ? 0 : apply_remove(s, &d, nr <= u->window);
	return apply_change(s, &d, ud, nr <= u->window);
}

static int lost(struct wq_source *s)
{
	((struct block_uevent *) s->priv)->doubt = true;
	wq_engine_resync(s->m);
	return wq_engine_emit_loss(s);
}

/* 1: there may be more; 0: all was read; else what wq_engine_emit() returned, but for
 * WQ_NO_ROOM; -errno. */
static int receive(struct wq_source *s)
{
	struct block_uevent *u = s->priv;
	struct udev_device *ud;
	int rc;

	errno = 0;
	ud = udev_monitor_receive_device(u->monitor);
	if (ud) {
		rc = apply(s, ud);
		udev_device_unref(ud);
	} else if (errno == ENOBUFS) {
		rc = lost(s);
	} else if (errno == ENOMEM || errno == EBADF) {
		return -errno;
	} else {	/* nothing there, or nothing of the kernel's */
		return 0;
	}
	return rc && rc != WQ_NO_ROOM ? rc : 1;
}

static int block_uevent_pull(struct wq_source *s, struct wq_error *e)
{
	struct block_uevent *u = s->priv;
	int rc;

	if (u->emptied == wq_engine_now(s->m))
		return 0;	/* poll(2) tells if there is more by now */
	rc = receive(s);
	if (rc == 0)
		u->emptied = wq_engine_now(s->m);
	return rc < 0 ? wq_fail(e, WQ_FAILURE, -rc, "can't read uevents: %s", strerror(-rc)) : rc;
}

/* ---- Snapshots ---- */

static int is_there(void *data, const struct wq_device *d)
{
	struct block_uevent *u = data;
	struct wq_device_node *n = wq_devices_find(u->devices, d->dev);

	if (!n)
		n = wq_devices_add(u->devices, d->dev);
	if (!n)
		return -ENOMEM;
	n->now = *d;
	n->is = true;
	n->round = u->round;
	return 0;
}

static int list(struct wq_source *s)
{
	struct block_uevent *u = s->priv;
	struct wq_device_node *n;
	int rc;

	u->round++;
	rc = wq_block_list(is_there, u);
	if (rc == -ENOMEM)
		return rc;
	if (rc) {
		wq_engine_log(s->m, WQ_LOG_WARNING, "/sys/class/block: %s; not known: which devices there are", strerror(-rc));
		return 0;
	}
	for (n = wq_devices_next(u->devices, NULL); n; n = wq_devices_next(u->devices, n))
		n->is &= n->round == u->round;
	return 0;
}

static int block_uevent_snapshot(struct wq_source *s, enum wq_mark mark, unsigned round)
{
	struct block_uevent *u = s->priv;
	uint64_t seqnum;
	int rc = 0;

	if (round || !u->doubt)
		return 0;
	u->doubt = false;
	seqnum = wq_block_seqnum();
	/* Nobody is told of what was before the start. Later, what is queued is older than what
	 * will be found: it is told first. */
	if (!u->looked)
		u->before = seqnum;
	else
		while ((rc = receive(s)) == 1)
			;
	if (rc)
		return rc;
	u->looked = true;
	rc = list(s);
	u->window = wq_block_seqnum();
	if (!rc)
		rc = block_uevent_tell(s, mark);
	return rc ? rc : 1;
}

static void block_uevent_doubt(struct wq_source *s)
{
	((struct block_uevent *) s->priv)->doubt = true;
}

const struct wq_source_ops wq_block_uevent = {
	.source = "block",
	.backend = "uevent",
	.about = "devices and partitions that come, go, change, or have another size or medium; the kernel's own uevents",
	.part = 2,
	.type = WQ_TYPE_BLOCK,
	.posts = { 0, WQ_BLOCK_CHANGES },
	.probe = block_uevent_probe,
	.open = block_uevent_open,
	.pull = block_uevent_pull,
	.doubt = block_uevent_doubt,
	.snapshot = block_uevent_snapshot,
	.tell = block_uevent_tell,
	.close = block_uevent_close,
};
