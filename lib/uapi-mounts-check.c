// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Compares uapi-mounts.h with the system's headers, as far as they know of it. No code
 * comes out of this file: it is here to stop the build when a value of ours is wrong.
 */
#include "config.h"

#include <linux/fanotify.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "uapi-mounts.h"

#define SAME(ours, theirs) \
	_Static_assert((unsigned long) (ours) == (unsigned long) (theirs), #ours " is not " #theirs)

#ifdef FAN_REPORT_MNT
SAME(WQ_UAPI_FAN_REPORT_MNT, FAN_REPORT_MNT);
SAME(WQ_UAPI_FAN_MARK_MNTNS, FAN_MARK_MNTNS);
SAME(WQ_UAPI_FAN_MNT_ATTACH, FAN_MNT_ATTACH);
SAME(WQ_UAPI_FAN_MNT_DETACH, FAN_MNT_DETACH);
SAME(WQ_UAPI_FAN_INFO_MNT, FAN_EVENT_INFO_TYPE_MNT);
# if __SIZEOF_POINTER__ == 8
SAME(sizeof(struct wq_uapi_fan_mnt), sizeof(struct fanotify_event_info_mnt));
SAME(offsetof(struct wq_uapi_fan_mnt, mnt_id), offsetof(struct fanotify_event_info_mnt, mnt_id));
# endif
#endif

#ifdef SYS_statmount
SAME(WQ_UAPI_SYS_STATMOUNT, SYS_statmount);
SAME(WQ_UAPI_SYS_LISTMOUNT, SYS_listmount);
#endif

#ifdef STATMOUNT_SB_BASIC
SAME(WQ_UAPI_STATMOUNT_SB_BASIC, STATMOUNT_SB_BASIC);
SAME(WQ_UAPI_STATMOUNT_MNT_BASIC, STATMOUNT_MNT_BASIC);
SAME(WQ_UAPI_STATMOUNT_MNT_ROOT, STATMOUNT_MNT_ROOT);
SAME(WQ_UAPI_STATMOUNT_MNT_POINT, STATMOUNT_MNT_POINT);
SAME(WQ_UAPI_STATMOUNT_FS_TYPE, STATMOUNT_FS_TYPE);
SAME(WQ_UAPI_LSMT_ROOT, LSMT_ROOT);
SAME(WQ_UAPI_MNT_ID_REQ_24, MNT_ID_REQ_SIZE_VER0);
SAME(sizeof(struct wq_uapi_statmount), sizeof(struct statmount));
SAME(offsetof(struct wq_uapi_statmount, sb_flags), offsetof(struct statmount, sb_flags));
SAME(offsetof(struct wq_uapi_statmount, fs_type), offsetof(struct statmount, fs_type));
SAME(offsetof(struct wq_uapi_statmount, mnt_id_old), offsetof(struct statmount, mnt_id_old));
SAME(offsetof(struct wq_uapi_statmount, mnt_attr), offsetof(struct statmount, mnt_attr));
SAME(offsetof(struct wq_uapi_statmount, mnt_root), offsetof(struct statmount, mnt_root));
SAME(offsetof(struct wq_uapi_statmount, mnt_point), offsetof(struct statmount, mnt_point));
#endif
#ifdef STATMOUNT_MNT_OPTS
SAME(WQ_UAPI_STATMOUNT_MNT_OPTS, STATMOUNT_MNT_OPTS);
SAME(offsetof(struct wq_uapi_statmount, mnt_opts), offsetof(struct statmount, mnt_opts));
#endif
#ifdef STATMOUNT_SB_SOURCE
SAME(WQ_UAPI_STATMOUNT_FS_SUBTYPE, STATMOUNT_FS_SUBTYPE);
SAME(WQ_UAPI_STATMOUNT_SB_SOURCE, STATMOUNT_SB_SOURCE);
SAME(offsetof(struct wq_uapi_statmount, fs_subtype), offsetof(struct statmount, fs_subtype));
SAME(offsetof(struct wq_uapi_statmount, sb_source), offsetof(struct statmount, sb_source));
#endif

SAME(WQ_UAPI_ATTR_RDONLY, MOUNT_ATTR_RDONLY);
SAME(WQ_UAPI_ATTR_NOSUID, MOUNT_ATTR_NOSUID);
SAME(WQ_UAPI_ATTR_NODEV, MOUNT_ATTR_NODEV);
SAME(WQ_UAPI_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC);
SAME(WQ_UAPI_ATTR_ATIME, MOUNT_ATTR__ATIME);
SAME(WQ_UAPI_ATTR_RELATIME, MOUNT_ATTR_RELATIME);
SAME(WQ_UAPI_ATTR_NOATIME, MOUNT_ATTR_NOATIME);
SAME(WQ_UAPI_ATTR_NODIRATIME, MOUNT_ATTR_NODIRATIME);
SAME(WQ_UAPI_MS_UNBINDABLE, MS_UNBINDABLE);
SAME(WQ_UAPI_MS_SLAVE, MS_SLAVE);
SAME(WQ_UAPI_MS_SHARED, MS_SHARED);
SAME(WQ_UAPI_SB_RDONLY, MS_RDONLY);
SAME(WQ_UAPI_SB_SYNCHRONOUS, MS_SYNCHRONOUS);
SAME(WQ_UAPI_SB_DIRSYNC, MS_DIRSYNC);
SAME(WQ_UAPI_SB_LAZYTIME, MS_LAZYTIME);
#ifdef MOUNT_ATTR_NOSYMFOLLOW
SAME(WQ_UAPI_ATTR_IDMAP, MOUNT_ATTR_IDMAP);
SAME(WQ_UAPI_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW);
#endif
#ifdef NS_GET_MNTNS_ID
SAME(WQ_UAPI_NS_GET_MNTNS_ID, NS_GET_MNTNS_ID);
#endif
