/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fanotify(7): what is in a buffer that was read from a group. */
#ifndef WQ_FANOTIFY_H
#define WQ_FANOTIFY_H

#include "libwatchq.h"

/** FAN_FS_ERROR: include/uapi/linux/fanotify.h, since Linux 5.16 */
#define WQ_FAN_FS_ERROR	0x00008000u

/** One event, as it stands in the buffer. */
struct wq_fan_event {
	uint64_t mask;		/* FAN_... */
	int32_t pid;		/* 0: not known here */
	uint64_t mount;		/* the mount's unique ID; 0: the event names none */
	bool has_fid;
	unsigned char fsid[8];	/* with has_fid: the filesystem, f_fsid of statfs(2) */
	int32_t handle_type;	/* and the file: open_by_handle_at(2); in the buffer */
	uint32_t handle_len;	/* bytes; 0: no file, the filesystem itself */
	const unsigned char *handle;
	bool has_error;
	int32_t error;		/* with has_error: errno value, positive, of the first */
	uint32_t error_count;	/* errors that were merged into this event */
};

/** What has been read from a group and not been taken yet. */
struct wq_fan_queue {
	int fd;			/* -1: none */
	size_t len, pos;
	uint64_t emptied;	/* the dispatch in which all that was there was read */
	bool ends;		/* behind so many events: */
	size_t left;
	unsigned char buf[16384];	/* some 400 events of mounts */
};

/** Takes the event at *@pos of @len bytes at @buf, and moves *@pos behind it. 1; 0: there
 * is none any more; -EBADMSG: what stands there is none, since a length is wrong or it is
 * of another version. No descriptor comes with it: FAN_REPORT_MNT has none. */
int wq_fan_next(const unsigned char *buf, size_t len, size_t *pos, struct wq_fan_event *ev);

/** Opens a group that reports what @report says (FAN_REPORT_...): without limit, if that is
 * permitted, *@unlimited, which may be NULL. A descriptor; -errno with *@e: WQ_NOTSUPP where the
 * kernel lacks it, for which @missing is the reason, or it is not permitted, which says @needs. */
int wq_fan_open(unsigned report, const char *missing, const char *needs, bool *unlimited, struct wq_error *e);

/** The next event, of what was read or is there to be read; at most what was there when this
 * dispatch began to read. 1; 0: none now; -errno with *@e. Good until the next call. */
int wq_fan_queue_next(struct wq_fan_queue *q, struct wq_monitor *m, struct wq_fan_event *ev, struct wq_error *e);

/** What is there by now is the last that wq_fan_queue_next() gives. */
void wq_fan_queue_last(struct wq_fan_queue *q);

/** The inode number in a file handle of @len bytes, of types whose layout is known; 0: not
 * known. include/linux/exportfs.h: enum fid_type. */
uint64_t wq_handle_inode(int32_t type, const unsigned char *handle, uint32_t len);

#endif
