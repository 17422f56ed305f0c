// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Compares uapi-mounts.h with the system's headers, as far as they know of it. No code
 * comes out of this file: it is here to stop the build when a value of ours is wrong.
 */
#include "config.h"

#include <linux/fanotify.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <linux/stat.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "uapi-mounts.h"

#define WQ_SAME(ours, theirs) \
	_Static_assert((unsigned long long) (ours) == (unsigned long long) (theirs), #ours " is not " #theirs)

#ifdef FAN_REPORT_MNT
WQ_SAME(WQ_UAPI_FAN_REPORT_MNT, FAN_REPORT_MNT);
WQ_SAME(WQ_UAPI_FAN_MARK_MNTNS, FAN_MARK_MNTNS);
WQ_SAME(WQ_UAPI_FAN_MNT_ATTACH, FAN_MNT_ATTACH);
WQ_SAME(WQ_UAPI_FAN_MNT_DETACH, FAN_MNT_DETACH);
WQ_SAME(WQ_UAPI_FAN_INFO_MNT, FAN_EVENT_INFO_TYPE_MNT);
# if __SIZEOF_POINTER__ == 8
WQ_SAME(sizeof(struct wq_uapi_fan_mnt), sizeof(struct fanotify_event_info_mnt));
WQ_SAME(offsetof(struct wq_uapi_fan_mnt, mnt_id), offsetof(struct fanotify_event_info_mnt, mnt_id));
# endif
#endif

#ifdef SYS_statmount
WQ_SAME(WQ_UAPI_SYS_STATMOUNT, SYS_statmount);
WQ_SAME(WQ_UAPI_SYS_LISTMOUNT, SYS_listmount);
#endif

#ifdef STATMOUNT_SB_BASIC
WQ_SAME(WQ_UAPI_STATMOUNT_SB_BASIC, STATMOUNT_SB_BASIC);
WQ_SAME(WQ_UAPI_STATMOUNT_MNT_BASIC, STATMOUNT_MNT_BASIC);
WQ_SAME(WQ_UAPI_STATMOUNT_MNT_ROOT, STATMOUNT_MNT_ROOT);
WQ_SAME(WQ_UAPI_STATMOUNT_MNT_POINT, STATMOUNT_MNT_POINT);
WQ_SAME(WQ_UAPI_STATMOUNT_FS_TYPE, STATMOUNT_FS_TYPE);
WQ_SAME(WQ_UAPI_LSMT_ROOT, LSMT_ROOT);
WQ_SAME(WQ_UAPI_MNT_ID_REQ_24, MNT_ID_REQ_SIZE_VER0);
WQ_SAME(sizeof(struct wq_uapi_statmount), sizeof(struct statmount));
WQ_SAME(offsetof(struct wq_uapi_statmount, sb_flags), offsetof(struct statmount, sb_flags));
WQ_SAME(offsetof(struct wq_uapi_statmount, fs_type), offsetof(struct statmount, fs_type));
WQ_SAME(offsetof(struct wq_uapi_statmount, mnt_id_old), offsetof(struct statmount, mnt_id_old));
WQ_SAME(offsetof(struct wq_uapi_statmount, mnt_attr), offsetof(struct statmount, mnt_attr));
WQ_SAME(offsetof(struct wq_uapi_statmount, mnt_root), offsetof(struct statmount, mnt_root));
WQ_SAME(offsetof(struct wq_uapi_statmount, mnt_point), offsetof(struct statmount, mnt_point));
#endif
#ifdef STATMOUNT_MNT_OPTS
WQ_SAME(WQ_UAPI_STATMOUNT_MNT_OPTS, STATMOUNT_MNT_OPTS);
WQ_SAME(offsetof(struct wq_uapi_statmount, mnt_opts), offsetof(struct statmount, mnt_opts));
#endif
#ifdef STATMOUNT_SB_SOURCE
WQ_SAME(WQ_UAPI_STATMOUNT_FS_SUBTYPE, STATMOUNT_FS_SUBTYPE);
WQ_SAME(WQ_UAPI_STATMOUNT_SB_SOURCE, STATMOUNT_SB_SOURCE);
WQ_SAME(offsetof(struct wq_uapi_statmount, fs_subtype), offsetof(struct statmount, fs_subtype));
WQ_SAME(offsetof(struct wq_uapi_statmount, sb_source), offsetof(struct statmount, sb_source));
#endif

WQ_SAME(WQ_UAPI_ATTR_RDONLY, MOUNT_ATTR_RDONLY);
WQ_SAME(WQ_UAPI_ATTR_NOSUID, MOUNT_ATTR_NOSUID);
WQ_SAME(WQ_UAPI_ATTR_NODEV, MOUNT_ATTR_NODEV);
WQ_SAME(WQ_UAPI_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC);
WQ_SAME(WQ_UAPI_ATTR_ATIME, MOUNT_ATTR__ATIME);
WQ_SAME(WQ_UAPI_ATTR_RELATIME, MOUNT_ATTR_RELATIME);
WQ_SAME(WQ_UAPI_ATTR_NOATIME, MOUNT_ATTR_NOATIME);
WQ_SAME(WQ_UAPI_ATTR_NODIRATIME, MOUNT_ATTR_NODIRATIME);
WQ_SAME(WQ_UAPI_MS_UNBINDABLE, MS_UNBINDABLE);
WQ_SAME(WQ_UAPI_MS_SLAVE, MS_SLAVE);
WQ_SAME(WQ_UAPI_MS_SHARED, MS_SHARED);
WQ_SAME(WQ_UAPI_SB_RDONLY, MS_RDONLY);
WQ_SAME(WQ_UAPI_SB_SYNCHRONOUS, MS_SYNCHRONOUS);
WQ_SAME(WQ_UAPI_SB_DIRSYNC, MS_DIRSYNC);
WQ_SAME(WQ_UAPI_SB_LAZYTIME, MS_LAZYTIME);
#ifdef MOUNT_ATTR_NOSYMFOLLOW
WQ_SAME(WQ_UAPI_ATTR_IDMAP, MOUNT_ATTR_IDMAP);
WQ_SAME(WQ_UAPI_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW);
#endif
WQ_SAME(WQ_UAPI_FSOPEN_CLOEXEC, FSOPEN_CLOEXEC);
WQ_SAME(WQ_UAPI_FSCONFIG_CMD_CREATE, FSCONFIG_CMD_CREATE);
WQ_SAME(WQ_UAPI_FSMOUNT_CLOEXEC, FSMOUNT_CLOEXEC);
#ifdef SYS_fsopen
WQ_SAME(WQ_UAPI_SYS_FSOPEN, SYS_fsopen);
WQ_SAME(WQ_UAPI_SYS_FSCONFIG, SYS_fsconfig);
WQ_SAME(WQ_UAPI_SYS_FSMOUNT, SYS_fsmount);
#endif
#ifdef STATX_MNT_ID_UNIQUE
WQ_SAME(WQ_UAPI_STATX_MNT_ID_UNIQUE, STATX_MNT_ID_UNIQUE);
#endif
#ifdef STATX_MNT_ID
WQ_SAME(WQ_UAPI_STATX_MNT_ID, STATX_MNT_ID);
WQ_SAME(WQ_UAPI_STATX_ATTR_MOUNT_ROOT, STATX_ATTR_MOUNT_ROOT);
WQ_SAME(sizeof(struct wq_uapi_statx), sizeof(struct statx));
WQ_SAME(offsetof(struct wq_uapi_statx, mask), offsetof(struct statx, stx_mask));
WQ_SAME(offsetof(struct wq_uapi_statx, attributes), offsetof(struct statx, stx_attributes));
WQ_SAME(offsetof(struct wq_uapi_statx, mode), offsetof(struct statx, stx_mode));
WQ_SAME(offsetof(struct wq_uapi_statx, rdev_major), offsetof(struct statx, stx_rdev_major));
WQ_SAME(offsetof(struct wq_uapi_statx, dev_major), offsetof(struct statx, stx_dev_major));
WQ_SAME(offsetof(struct wq_uapi_statx, attributes_mask), offsetof(struct statx, stx_attributes_mask));
WQ_SAME(offsetof(struct wq_uapi_statx, mnt_id), offsetof(struct statx, stx_mnt_id));
#endif
#ifdef AT_STATX_DONT_SYNC
WQ_SAME(WQ_UAPI_AT_STATX_DONT_SYNC, AT_STATX_DONT_SYNC);
#endif
#ifdef NS_GET_MNTNS_ID
WQ_SAME(WQ_UAPI_NS_GET_MNTNS_ID, NS_GET_MNTNS_ID);
#endif
