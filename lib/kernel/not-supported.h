/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an errno means for a backend, call by call: the only place that decides it. */
#ifndef WQ_KERNEL_NOT_SUPPORTED_H
#define WQ_KERNEL_NOT_SUPPORTED_H

#include <stdbool.h>

#include "libwatchq.h"

/** System calls, and files by which the kernel answers. */
enum wq_call {
	WQ_CALL_STATMOUNT,	/* listmount(2), too */
	WQ_CALL_STATX,
	WQ_CALL_FANOTIFY_INIT,
	WQ_CALL_FANOTIFY_MARK,
	WQ_CALL_SOCKET,		/* of AF_NETLINK, and bind(2) of it */
	WQ_CALL_PROC,		/* open(2) of a file of one's own process in /proc */
	WQ_CALL_NS,		/* open(2) or setns(2) of a namespace of another process */
	WQ_CALL_TRACEFS,	/* any call on a file of tracefs */
	WQ_CALL_TRACEFS_MOUNT,	/* fsopen(2) and the like, of tracefs */
	WQ_CALL_SYSFS,		/* any call on a file of a device in /sys */
	WQ_CALL_PIPE,		/* pipe2(2) with O_NOTIFICATION_PIPE */
	WQ_CALL_KEYCTL,		/* keyctl(2) */
	WQ_CALL_PATH,		/* the look-up of a path that the user named */
};

/** Return whether @err, an errno, says that this kernel, these privileges or this sandbox do not have @call:
 * another backend may work, and another attempt won't. Any other error is a failure. */
bool wq_not_supported(enum wq_call call, int err);

/** WQ_NOTSUPP if wq_not_supported(), else WQ_FAILURE: the kind for wq_fail(). */
enum wq_error_kind wq_error_kind_of(enum wq_call call, int err);

/** Return whether @err says that the object of @call does not exist any more: ENOENT, and of a device in /sys
 * ENODEV, which a read of a removed device's open file gives. */
bool wq_is_gone(enum wq_call call, int err);

#endif
