/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's interface to mounts, in names of our own: headers may be older than the
 * kernel that watchq then runs on. uapi-mounts-check.c compares them
 * where the system has them.
 */
#ifndef WQ_UAPI_MOUNTS_H
#define WQ_UAPI_MOUNTS_H

#include <stdint.h>
#include <sys/ioctl.h>

/* include/uapi/linux/fanotify.h, since Linux 6.15 */
#define WQ_UAPI_FAN_REPORT_MNT		0x00004000u	/* flag of fanotify_init(2) */
#define WQ_UAPI_FAN_MARK_MNTNS		0x00000110u	/* flag of fanotify_mark(2) */
#define WQ_UAPI_FAN_MNT_ATTACH		0x01000000u	/* masks */
#define WQ_UAPI_FAN_MNT_DETACH		0x02000000u
#define WQ_UAPI_FAN_INFO_MNT		7		/* FAN_EVENT_INFO_TYPE_MNT */

/* struct fanotify_event_info_mnt; the hole, which the compiler puts there on machines
 * that align 64 bits, is the kernel's on all of which it is 64-bit */
struct wq_uapi_fan_mnt {
	uint8_t type, pad;
	uint16_t len;
	uint32_t hole;
	uint64_t mnt_id;
};

/* The same numbers on all machines but alpha: include/uapi/asm-generic/unistd.h */
#if defined(__alpha__)
# define WQ_UAPI_SYS_STATMOUNT		567
# define WQ_UAPI_SYS_LISTMOUNT		568
#elif defined(__mips__) && defined(__mips64) && _MIPS_SIM == 3	/* n64 */
# define WQ_UAPI_SYS_STATMOUNT		5457
# define WQ_UAPI_SYS_LISTMOUNT		5458
#elif defined(__mips__)
# define WQ_UAPI_SYS_STATMOUNT		(_MIPS_SIM == 2 ? 6457 : 4457)
# define WQ_UAPI_SYS_LISTMOUNT		(_MIPS_SIM == 2 ? 6458 : 4458)
#else
# define WQ_UAPI_SYS_STATMOUNT		457
# define WQ_UAPI_SYS_LISTMOUNT		458
#endif

/* include/uapi/linux/mount.h: struct mnt_id_req, of 24 bytes in Linux 6.8, 32 since 6.11 */
struct wq_uapi_mnt_id_req {
	uint32_t size;
	uint32_t ns_fd;
	uint64_t mnt_id;
	uint64_t param;		/* statmount: the mask; listmount: behind which ID */
	uint64_t ns_id;
};
#define WQ_UAPI_MNT_ID_REQ_24		24
#define WQ_UAPI_LSMT_ROOT		UINT64_MAX

/* The same: struct statmount, of 512 bytes and then the texts, which are offsets in them */
struct wq_uapi_statmount {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point;
	uint64_t mnt_ns_id;
	uint32_t fs_subtype, sb_source;
	uint32_t opt_num, opt_array, opt_sec_num, opt_sec_array;
	uint64_t supported_mask;
	uint32_t mnt_uidmap_num, mnt_uidmap, mnt_gidmap_num, mnt_gidmap;
	uint64_t spare[43];
	char str[];
};
_Static_assert(sizeof(struct wq_uapi_statmount) == 512, "as in the kernel");

#define WQ_UAPI_STATMOUNT_SB_BASIC	0x0001u		/* since Linux 6.8, as all up to */
#define WQ_UAPI_STATMOUNT_MNT_BASIC	0x0002u
#define WQ_UAPI_STATMOUNT_MNT_ROOT	0x0008u
#define WQ_UAPI_STATMOUNT_MNT_POINT	0x0010u
#define WQ_UAPI_STATMOUNT_FS_TYPE	0x0020u
#define WQ_UAPI_STATMOUNT_MNT_OPTS	0x0080u		/* 6.11 */
#define WQ_UAPI_STATMOUNT_FS_SUBTYPE	0x0100u		/* 6.13 */
#define WQ_UAPI_STATMOUNT_SB_SOURCE	0x0200u		/* 6.13 */

/* sb_flags: include/linux/fs.h, SB_... */
#define WQ_UAPI_SB_RDONLY		(1u << 0)
#define WQ_UAPI_SB_SYNCHRONOUS		(1u << 4)
#define WQ_UAPI_SB_DIRSYNC		(1u << 7)
#define WQ_UAPI_SB_LAZYTIME		(1u << 25)

/* mnt_attr: include/uapi/linux/mount.h, MOUNT_ATTR_..., since 5.2; NOSYMFOLLOW 5.14 */
#define WQ_UAPI_ATTR_RDONLY		0x000001u
#define WQ_UAPI_ATTR_NOSUID		0x000002u
#define WQ_UAPI_ATTR_NODEV		0x000004u
#define WQ_UAPI_ATTR_NOEXEC		0x000008u
#define WQ_UAPI_ATTR_ATIME		0x000070u	/* mask of the next three */
#define WQ_UAPI_ATTR_RELATIME		0x000000u
#define WQ_UAPI_ATTR_NOATIME		0x000010u
#define WQ_UAPI_ATTR_NODIRATIME		0x000080u
#define WQ_UAPI_ATTR_IDMAP		0x100000u
#define WQ_UAPI_ATTR_NOSYMFOLLOW	0x200000u

/* New mounts, since Linux 5.2: include/uapi/linux/mount.h. The same numbers on all machines
 * but alpha, whose calls are 110 further on. */
#if defined(__alpha__)
# define WQ_UAPI_SYS_FSOPEN		540
# define WQ_UAPI_SYS_FSCONFIG		541
# define WQ_UAPI_SYS_FSMOUNT		542
#elif defined(__mips__) && defined(__mips64) && _MIPS_SIM == 3	/* n64 */
# define WQ_UAPI_SYS_FSOPEN		5430
# define WQ_UAPI_SYS_FSCONFIG		5431
# define WQ_UAPI_SYS_FSMOUNT		5432
#elif defined(__mips__)
# define WQ_UAPI_SYS_FSOPEN		(_MIPS_SIM == 2 ? 6430 : 4430)
# define WQ_UAPI_SYS_FSCONFIG		(_MIPS_SIM == 2 ? 6431 : 4431)
# define WQ_UAPI_SYS_FSMOUNT		(_MIPS_SIM == 2 ? 6432 : 4432)
#else
# define WQ_UAPI_SYS_FSOPEN		430
# define WQ_UAPI_SYS_FSCONFIG		431
# define WQ_UAPI_SYS_FSMOUNT		432
#endif
#define WQ_UAPI_FSOPEN_CLOEXEC		1u
#define WQ_UAPI_FSCONFIG_CMD_CREATE	6u
#define WQ_UAPI_FSMOUNT_CLOEXEC		1u

/* include/uapi/linux/stat.h: struct statx, of 256 bytes, as far as mounts need it. Not every
 * libc knows of the mount's ID. */
struct wq_uapi_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, hole;
	uint64_t ino, size, blocks;
	uint64_t attributes_mask;
	uint32_t times[16];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t spare[13];
};
_Static_assert(sizeof(struct wq_uapi_statx) == 256, "as in the kernel");

#define WQ_UAPI_STATX_TYPE		0x0001u
#define WQ_UAPI_STATX_ATTR_AUTOMOUNT	0x1000u		/* a look-up below it mounts what is there */
#define WQ_UAPI_STATX_MNT_ID		0x1000u		/* since Linux 5.8, as the next */
#define WQ_UAPI_STATX_ATTR_MOUNT_ROOT	0x2000u
#define WQ_UAPI_STATX_MNT_ID_UNIQUE	0x4000u		/* since Linux 6.8 */
#define WQ_UAPI_AT_STATX_DONT_SYNC	0x4000		/* include/uapi/linux/fcntl.h */

/* mnt_propagation: include/uapi/linux/fs.h, MS_... */
#define WQ_UAPI_MS_UNBINDABLE		(1u << 17)
#define WQ_UAPI_MS_SLAVE		(1u << 19)
#define WQ_UAPI_MS_SHARED		(1u << 20)

/* include/uapi/linux/nsfs.h, since Linux 6.11: the ID of a mount namespace */
#define WQ_UAPI_NS_GET_MNTNS_ID		_IOR(0xb7, 5, uint64_t)

#endif
