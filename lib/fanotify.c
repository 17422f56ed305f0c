// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/retry.h"
#include "fanotify.h"
#include "kernel/not-supported.h"
#include "source.h"
#include "uapi-mounts.h"

#define WQ_INFO_HEADER	4	/* bytes: type, pad, length */

/* include/uapi/linux/fanotify.h, since Linux 5.16 */
#define WQ_INFO_TYPE_ERROR	5

static bool read_mount(const unsigned char *p, size_t len, struct wq_fan_event *ev)
{
	struct wq_uapi_fan_mnt info;

	if (len < sizeof(info))
		return false;
	memcpy(&info, p, sizeof(info));
	ev->mount = info.mnt_id;
	return true;
}

/* struct fanotify_event_info_fid: header, fsid, struct file_handle. */
static bool read_fid(const unsigned char *p, size_t len, struct wq_fan_event *ev)
{
	const size_t fixed = WQ_INFO_HEADER + sizeof(ev->fsid) + 2 * sizeof(uint32_t);

	if (len < fixed)
		return false;
	memcpy(ev->fsid, p + WQ_INFO_HEADER, sizeof(ev->fsid));
	memcpy(&ev->handle_len, p + WQ_INFO_HEADER + 8, sizeof(ev->handle_len));
	memcpy(&ev->handle_type, p + WQ_INFO_HEADER + 12, sizeof(ev->handle_type));
	if (ev->handle_len > len - fixed)
		return false;
	ev->handle = p + fixed;
	ev->has_fid = true;
	return true;
}

/* struct fanotify_event_info_error: header, s32 error, u32 error_count. */
static bool read_error(const unsigned char *p, size_t len, struct wq_fan_event *ev)
{
	if (len < WQ_INFO_HEADER + 8)
		return false;
	memcpy(&ev->error, p + WQ_INFO_HEADER, sizeof(ev->error));
	memcpy(&ev->error_count, p + WQ_INFO_HEADER + 4, sizeof(ev->error_count));
	ev->has_error = true;
	return true;
}

/* Records of information stand behind the metadata, in any order. */
static int read_infos(const unsigned char *p, const unsigned char *end, struct wq_fan_event *ev)
{
	while (p < end) {
		uint16_t len;
		bool ok = true;

		if (end - p < WQ_INFO_HEADER)
			return -EBADMSG;
		memcpy(&len, p + 2, sizeof(len));
		if (len < WQ_INFO_HEADER || len > end - p)
			return -EBADMSG;
		switch (p[0]) {
		case WQ_UAPI_FAN_INFO_MNT:
			ok = read_mount(p, len, ev);
			break;
		case FAN_EVENT_INFO_TYPE_FID:
			ok = read_fid(p, len, ev);
			break;
		case WQ_INFO_TYPE_ERROR:
			ok = read_error(p, len, ev);
			break;
		}
		if (!ok)
			return -EBADMSG;
		p += len;
	}
	return 0;
}

int wq_fan_next(const unsigned char *buf, size_t len, size_t *pos, struct wq_fan_event *ev)
{
	const unsigned char *p = buf + *pos;
	struct fanotify_event_metadata meta;
	size_t left = len - *pos;

	if (left == 0)
		return 0;
	if (left < sizeof(meta))
		return -EBADMSG;
	memcpy(&meta, p, sizeof(meta));
	if (meta.vers != FANOTIFY_METADATA_VERSION || meta.event_len > left ||
	    meta.metadata_len < sizeof(meta) || meta.metadata_len > meta.event_len)
		return -EBADMSG;
	*ev = (struct wq_fan_event) { .mask = meta.mask, .pid = meta.pid };
	*pos += meta.event_len;
	return read_infos(p + meta.metadata_len, p + meta.event_len, ev) ? -EBADMSG : 1;
}

int wq_fan_open(unsigned report, const char *missing, const char *needs, bool *unlimited, struct wq_error *e)
{
	const unsigned flags = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | report;
	int fd;

	WQ_RETRY(fd, fanotify_init(flags | FAN_UNLIMITED_QUEUE, 0));

	if (unlimited)
		*unlimited = fd >= 0;
	if (fd < 0)
		WQ_RETRY(fd, fanotify_init(flags, 0));
	if (fd >= 0)
		return fd;
	/* Where a flag is unknown, who may not use fanotify is told that first. */
	switch (errno) {
	case EINVAL:
	case ENOSYS:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_FANOTIFY_INIT, errno), errno, "%s", missing);
	case EPERM:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_FANOTIFY_INIT, EPERM), EPERM, "no fanotify: %s; %s", strerror(EPERM), needs);
	case EMFILE:
		return wq_fail(e, WQ_FAILURE, EMFILE, "no more fanotify groups for this user; raise /proc/sys/fs/fanotify/max_user_groups or 'ulimit -n'");
	default:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_FANOTIFY_INIT, errno), errno, "fanotify_init: %s", strerror(errno));
	}
}

/* 1: there is something in the buffer. */
static int refill(struct wq_fan_queue *q, struct wq_monitor *m, struct wq_error *e)
{
	ssize_t n;

	if (q->emptied == wq_engine_now(m))
		return 0;	/* poll(2) tells if there is more by now */
	do
		n = read(q->fd, q->buf, sizeof(q->buf));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		return wq_fail(e, WQ_FAILURE, errno, "can't read fanotify's events: %s", strerror(errno));
	q->pos = 0;
	q->len = n > 0 ? (size_t) n : 0;
	if (q->len < sizeof(q->buf) / 2)
		q->emptied = wq_engine_now(m);
	return n > 0;
}

int wq_fan_queue_next(struct wq_fan_queue *q, struct wq_monitor *m, struct wq_fan_event *ev, struct wq_error *e)
{
	int rc;

	if (q->ends && !q->left)
		return 0;
	rc = q->pos < q->len ? 1 : refill(q, m, e);
	if (rc > 0)
		rc = wq_fan_next(q->buf, q->len, &q->pos, ev);
	q->left -= q->ends && rc > 0;
	if (rc == -EBADMSG)
		return wq_fail(e, WQ_FAILURE, EBADMSG, "fanotify: an event of a kind that this watchq does not know");
	return rc;
}

/* FIONREAD counts the metadata alone: fanotify_ioctl() in fs/notify/fanotify/fanotify_user.c. */
void wq_fan_queue_last(struct wq_fan_queue *q)
{
	struct wq_fan_event ev;
	size_t pos = q->pos;
	int waiting;

	if (q->ends || ioctl(q->fd, FIONREAD, &waiting))
		return;
	q->ends = true;
	q->left = (size_t) waiting / sizeof(struct fanotify_event_metadata);
	while (wq_fan_next(q->buf, q->len, &pos, &ev) > 0)
		q->left++;
}

uint64_t wq_handle_inode(int32_t type, const unsigned char *handle, uint32_t len)
{
	uint32_t narrow;
	uint64_t wide;

	switch (type) {
	case 1:		/* FILEID_INO32_GEN, and with its parent */
	case 2:
		if (len < sizeof(narrow))
			return 0;
		memcpy(&narrow, handle, sizeof(narrow));
		return narrow;
	case 0x4d:	/* FILEID_BTRFS_WITHOUT_PARENT, and with it, and its root */
	case 0x4e:
	case 0x4f:
	case 0x81:	/* FILEID_INO64_GEN, and with its parent; XFS */
	case 0x82:
		if (len < sizeof(wide))
			return 0;
		memcpy(&wide, handle, sizeof(wide));
		return wide;
	default:
		return 0;
	}
}
