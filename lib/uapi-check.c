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

# define WQ_SAME(ours, theirs) \
	_Static_assert((unsigned long long) (ours) == (unsigned long long) (theirs), #ours " is not " #theirs)

WQ_SAME(WQ_UAPI_O_NOTIFICATION_PIPE, O_NOTIFICATION_PIPE);
WQ_SAME(WQ_UAPI_SET_SIZE, IOC_WATCH_QUEUE_SET_SIZE);
WQ_SAME(WQ_UAPI_SET_FILTER, IOC_WATCH_QUEUE_SET_FILTER);
WQ_SAME(WQ_UAPI_INFO_LENGTH, WATCH_INFO_LENGTH);
WQ_SAME(WQ_UAPI_INFO_ID, WATCH_INFO_ID);
WQ_SAME(WQ_UAPI_INFO_ID_SHIFT, WATCH_INFO_ID__SHIFT);
WQ_SAME(WQ_UAPI_INFO_TYPE_INFO, WATCH_INFO_TYPE_INFO);
WQ_SAME(WQ_UAPI_INFO_TYPE_INFO_SHIFT, WATCH_INFO_TYPE_INFO__SHIFT);

WQ_SAME(WQ_TYPE_META, WATCH_TYPE_META);
WQ_SAME(WQ_TYPE_KEY, WATCH_TYPE_KEY_NOTIFY);
WQ_SAME(WQ_META_REMOVAL, WATCH_META_REMOVAL_NOTIFICATION);
WQ_SAME(WQ_META_LOSS, WATCH_META_LOSS_NOTIFICATION);
WQ_SAME(WQ_KEY_INSTANTIATED, NOTIFY_KEY_INSTANTIATED);
WQ_SAME(WQ_KEY_UPDATED, NOTIFY_KEY_UPDATED);
WQ_SAME(WQ_KEY_LINKED, NOTIFY_KEY_LINKED);
WQ_SAME(WQ_KEY_UNLINKED, NOTIFY_KEY_UNLINKED);
WQ_SAME(WQ_KEY_CLEARED, NOTIFY_KEY_CLEARED);
WQ_SAME(WQ_KEY_REVOKED, NOTIFY_KEY_REVOKED);
WQ_SAME(WQ_KEY_INVALIDATED, NOTIFY_KEY_INVALIDATED);
WQ_SAME(WQ_KEY_SETATTR, NOTIFY_KEY_SETATTR);

WQ_SAME(WQ_RECORD_MIN, sizeof(struct watch_notification));
WQ_SAME(16, sizeof(struct key_notification));
WQ_SAME(16, sizeof(struct watch_notification_removal));
WQ_SAME(sizeof(struct wq_uapi_filter), sizeof(struct watch_notification_filter));
WQ_SAME(sizeof(struct wq_uapi_filter_row), sizeof(struct watch_notification_type_filter));
WQ_SAME(offsetof(struct wq_uapi_filter_row, info_filter),
	offsetof(struct watch_notification_type_filter, info_filter));
WQ_SAME(offsetof(struct wq_uapi_filter_row, subtype_filter),
	offsetof(struct watch_notification_type_filter, subtype_filter));

WQ_SAME(WQ_UAPI_KEYCTL_CAPABILITIES, KEYCTL_CAPABILITIES);
# ifdef KEYCTL_WATCH_KEY
WQ_SAME(WQ_UAPI_KEYCTL_WATCH_KEY, KEYCTL_WATCH_KEY);
# endif
# ifdef KEYCTL_CAPS1_NOTIFICATIONS
WQ_SAME(WQ_UAPI_CAPS1_NOTIFICATIONS, KEYCTL_CAPS1_NOTIFICATIONS);
# endif
#endif /* HAVE_LINUX_WATCH_QUEUE_H */

/* ISO C wants something in a file. */
typedef int wq_uapi_checked;
