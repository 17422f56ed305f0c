/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fanotify(7): what is in a buffer that was read from a group. */
#ifndef WQ_FANOTIFY_H
#define WQ_FANOTIFY_H

#include "libwatchq.h"

/** One event, as it stands in the buffer. */
struct wq_fan_event {
	uint64_t mask;		/* FAN_... */
	int32_t pid;		/* 0: not known here */
	uint64_t mount;		/* the mount's unique ID; 0: the event names none */
};

/** Takes the event at *@pos of @len bytes at @buf, and moves *@pos behind it. 1; 0: there
 * is none any more; -EBADMSG: what stands there is none, since a length is wrong or it is
 * of another version. No descriptor comes with it: FAN_REPORT_MNT has none. */
int wq_fan_next(const unsigned char *buf, size_t len, size_t *pos, struct wq_fan_event *ev);

#endif
