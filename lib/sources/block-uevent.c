// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * block by the kernel's own uevents, not udev's: devices that come, go and change. Read by
 * the engine's thread: the sooner it looks into /sys, the more of a device is there still.
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

#include "base/retry.h"
#include "kernel/not-supported.h"
#include "sources/block-changes.h"

#define WQ_RECEIVE		(16 << 20)	/* bytes: some 10,000 uevents */
#define WQ_USER_NS_FIRST	0xeffffffdu	/* inode of the first user namespace: PROC_USER_INIT_INO in
					 * include/linux/proc_ns.h */

struct block_uevent {
	struct udev *udev;
	struct udev_monitor *monitor;
	struct wq_block_changes changes;
	bool doubt;		/* all is to be looked at */
	uint64_t emptied;	/* the dispatch in which all that was there was read */
	uint64_t read;		/* the number of the last one that was read */
	uint64_t last;		/* and of the last one before the end; 0: that isn't near, or not known */
};

/* ---- Whether it works ---- */

/* uevent_net_init() in lib/kobject_uevent.c. */
static bool is_heard_here(void)
{
	int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), user;
	struct stat st;
	bool other;

	if (net < 0)
		return true;
	/* Not permitted where it belongs to one further out. */
	user = ioctl(net, NS_GET_USERNS);
	other = user >= 0 && fstat(user, &st) == 0 && st.st_ino != WQ_USER_NS_FIRST;
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
	int err;

	*monitor = NULL;
	*udev = udev_new();
	do {
		errno = 0;
		*monitor = *udev ? udev_monitor_new_from_netlink(*udev, "kernel") : NULL;
	} while (*udev && !*monitor && errno == EINTR);
	if (*monitor)
		return 0;
	err = errno ? errno : ENOMEM;
	return wq_fail(e, wq_error_kind_of(WQ_CALL_SOCKET, err), err, "can't subscribe to uevents: %s%s", strerror(err),
		       wq_not_supported(WQ_CALL_SOCKET, err) ? "; a sandbox must allow sockets of NETLINK_KOBJECT_UEVENT" : "");
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
	wq_block_changes_close(&u->changes);
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
	if (udev_monitor_set_receive_buffer_size(u->monitor, WQ_RECEIVE) < 0)
		wq_engine_log(s->m, WQ_LOG_DEBUG, "uevents: no larger buffer: it takes CAP_NET_ADMIN");
	rc = udev_monitor_filter_add_match_subsystem_devtype(u->monitor, "block", NULL);
	if (rc >= 0)
		WQ_RETRY(rc, (errno = 0, udev_monitor_enable_receiving(u->monitor)));
	if (rc >= 0)
		rc = wq_engine_poll(s->m, udev_monitor_get_fd(u->monitor));
	return rc < 0 ? wq_fail(e, WQ_FAILURE, -rc, "can't subscribe to uevents: %s", strerror(-rc)) : 0;
}

static int block_uevent_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct block_uevent *u = calloc(1, sizeof(*u));
	int rc;

	s->priv = u;
	if (!u)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	rc = wq_block_changes_open(&u->changes, s, c, e);
	if (!rc)
		rc = start(s, e);
	u->doubt = true;
	if (rc)
		block_uevent_close(s);
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
	struct wq_device_node *n = wq_devices_find(u->changes.devices, dev);
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

static int apply(struct wq_source *s, struct udev_device *ud)
{
	struct block_uevent *u = s->priv;
	const char *action = udev_device_get_action(ud);
	struct wq_block_uevent ev = {
		.action = WQ_UEVENT_CHANGE, .nr = udev_device_get_seqnum(ud),
		.asked_for = udev_device_get_property_value(ud, "SYNTH_UUID") != NULL,
		.media = has(ud, "DISK_MEDIA_CHANGE"), .resize = has(ud, "RESIZE"),
	};

	/* Disks that others stand for have no number: NVMe's paths. */
	if (!action || !udev_device_get_devnum(ud))
		return 0;
	if (strcmp(action, "add") == 0)
		ev.action = WQ_UEVENT_ADD;
	else if (strcmp(action, "remove") == 0)
		ev.action = WQ_UEVENT_REMOVE;
	look(u, ud, &ev.device);
	return wq_block_changes_apply(&u->changes, &ev);
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
		u->read = udev_device_get_seqnum(ud);
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

	if ((u->last && u->read >= u->last) || u->emptied == wq_engine_now(s->m))
		return 0;	/* poll(2) tells if there is more by now */
	rc = receive(s);
	if (rc == 0)
		u->emptied = wq_engine_now(s->m);
	return rc < 0 ? wq_fail(e, WQ_FAILURE, -rc, "can't read uevents: %s", strerror(-rc)) : rc;
}

static void block_uevent_last(struct wq_source *s)
{
	((struct block_uevent *) s->priv)->last = wq_block_seqnum();
}

/* ---- Snapshots ---- */

/* All that wait, up to @nr: there may be no end of those that come meanwhile. */
static int receive_up_to(struct wq_source *s, uint64_t nr)
{
	int rc;

	do
		rc = receive(s);
	while (rc == 1 && ((struct block_uevent *) s->priv)->read < nr);
	return rc == 1 ? 0 : rc;
}

static int block_uevent_snapshot(struct wq_source *s, enum wq_mark mark, unsigned round)
{
	struct block_uevent *u = s->priv;

	if (round || !u->doubt)
		return 0;
	u->doubt = false;
	return wq_block_changes_snapshot(&u->changes, mark, receive_up_to);
}

static int block_uevent_tell(struct wq_source *s, enum wq_mark mark)
{
	return wq_block_changes_tell(&((struct block_uevent *) s->priv)->changes, mark);
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
	.last = block_uevent_last,
	.doubt = block_uevent_doubt,
	.snapshot = block_uevent_snapshot,
	.tell = block_uevent_tell,
	.close = block_uevent_close,
};
