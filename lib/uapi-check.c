// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Compares uapi.h with the system's headers. No code comes out of this file:
 * it is here to stop the build when a value of ours is wrong.
 */
#include "config.h"

#ifdef HAVE_LINUX_WATCH_QUEUE_H
/* <linux/watch_queue.h> brings a struct flock of its own: glibc's must not be
 * there yet, so uapi.h's includes are stood in for. */
# include <stddef.h>
# include <stdint.h>
# include <linux/watch_queue.h>
# include <linux/keyctl.h>
# define _FCNTL_H 1
# include "uapi.h"
# include "libwatchq.h"

# define SAME(ours, theirs) \
	_Static_assert((unsigned long) (ours) == (unsigned long) (theirs), #ours " is not " #theirs)

SAME(WQ_UAPI_O_NOTIFICATION_PIPE, O_NOTIFICATION_PIPE);
SAME(WQ_UAPI_SET_SIZE, IOC_WATCH_QUEUE_SET_SIZE);
SAME(WQ_UAPI_SET_FILTER, IOC_WATCH_QUEUE_SET_FILTER);
SAME(WQ_UAPI_INFO_LENGTH, WATCH_INFO_LENGTH);
SAME(WQ_UAPI_INFO_ID, WATCH_INFO_ID);
SAME(WQ_UAPI_INFO_ID_SHIFT, WATCH_INFO_ID__SHIFT);
SAME(WQ_UAPI_INFO_TYPE_INFO, WATCH_INFO_TYPE_INFO);
SAME(WQ_UAPI_INFO_TYPE_INFO_SHIFT, WATCH_INFO_TYPE_INFO__SHIFT);

SAME(WQ_TYPE_META, WATCH_TYPE_META);
SAME(WQ_TYPE_KEY, WATCH_TYPE_KEY_NOTIFY);
SAME(WQ_META_REMOVAL, WATCH_META_REMOVAL_NOTIFICATION);
SAME(WQ_META_LOSS, WATCH_META_LOSS_NOTIFICATION);
SAME(WQ_KEY_INSTANTIATED, NOTIFY_KEY_INSTANTIATED);
SAME(WQ_KEY_UPDATED, NOTIFY_KEY_UPDATED);
SAME(WQ_KEY_LINKED, NOTIFY_KEY_LINKED);
SAME(WQ_KEY_UNLINKED, NOTIFY_KEY_UNLINKED);
SAME(WQ_KEY_CLEARED, NOTIFY_KEY_CLEARED);
SAME(WQ_KEY_REVOKED, NOTIFY_KEY_REVOKED);
SAME(WQ_KEY_INVALIDATED, NOTIFY_KEY_INVALIDATED);
SAME(WQ_KEY_SETATTR, NOTIFY_KEY_SETATTR);

SAME(WQ_RECORD_MIN, sizeof(struct watch_notification));
SAME(16, sizeof(struct key_notification));
SAME(16, sizeof(struct watch_notification_removal));
SAME(sizeof(struct wq_uapi_filter), sizeof(struct watch_notification_filter));
SAME(sizeof(struct wq_uapi_filter_row), sizeof(struct watch_notification_type_filter));
SAME(offsetof(struct wq_uapi_filter_row, info_filter),
     offsetof(struct watch_notification_type_filter, info_filter));
SAME(offsetof(struct wq_uapi_filter_row, subtype_filter),
     offsetof(struct watch_notification_type_filter, subtype_filter));

SAME(WQ_UAPI_KEYCTL_CAPABILITIES, KEYCTL_CAPABILITIES);
# ifdef KEYCTL_WATCH_KEY
SAME(WQ_UAPI_KEYCTL_WATCH_KEY, KEYCTL_WATCH_KEY);
# endif
# ifdef KEYCTL_CAPS1_NOTIFICATIONS
SAME(WQ_UAPI_CAPS1_NOTIFICATIONS, KEYCTL_CAPS1_NOTIFICATIONS);
# endif
#endif /* HAVE_LINUX_WATCH_QUEUE_H */

/* ISO C wants something in a file. */
typedef int wq_uapi_checked;
