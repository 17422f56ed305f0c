/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's interface, in names of our own.
 *
 * <linux/watch_queue.h> can't be included after glibc's <fcntl.h> (both define
 * struct flock), and old headers lack parts of it. Each value says where it
 * comes from; uapi-check.c compares them with the system's headers where those
 * exist.
 */
#ifndef WQ_UAPI_H
#define WQ_UAPI_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* include/uapi/linux/watch_queue.h, since Linux 5.8 */
#define WQ_UAPI_O_NOTIFICATION_PIPE	O_EXCL		/* flag of pipe2(2) */
#define WQ_UAPI_SET_SIZE		_IO('W', 0x60)	/* argument: records, 1-512 */
#define WQ_UAPI_SET_FILTER		_IO('W', 0x61)	/* argument: struct wq_uapi_filter *, NULL clears */

#define WQ_UAPI_INFO_LENGTH		0x0000007fu	/* length of the record in bytes */
#define WQ_UAPI_INFO_ID			0x0000ff00u	/* ID of the watch */
#define WQ_UAPI_INFO_ID_SHIFT		8
#define WQ_UAPI_INFO_TYPE_INFO		0xffff0000u	/* meaning depends on the type */
#define WQ_UAPI_INFO_TYPE_INFO_SHIFT	16

struct wq_uapi_filter_row {
	uint32_t type;
	uint32_t info_filter;
	uint32_t info_mask;
	uint32_t subtype_filter[8];	/* kernel/watch_queue.c copies [0] alone */
};

struct wq_uapi_filter {
	uint32_t nr_filters;		/* 1-16: kernel/watch_queue.c */
	uint32_t reserved;		/* must be 0 */
	struct wq_uapi_filter_row filters[];
};

/* kernel/watch_queue.c: limits that no header names */
#define WQ_UAPI_MAX_FILTERS		16
#define WQ_UAPI_MAX_DEPTH		512	/* records; SET_SIZE refuses more */
#define WQ_UAPI_SLOT_SIZE		128	/* bytes a record takes in the pipe */
#define WQ_UAPI_TYPES			2	/* WATCH_TYPE__NR: the kernel posts types below this */
#define WQ_UAPI_FILTER_SUBTYPES		32	/* subtypes that a kernel filter can pass */

/* include/uapi/linux/keyctl.h; security/keys/keyctl.c */
#define WQ_UAPI_KEYCTL_WATCH_KEY	32	/* since Linux 5.8 */
#define WQ_UAPI_KEYCTL_CAPABILITIES	31	/* since Linux 5.3 */
#define WQ_UAPI_CAPS1_NOTIFICATIONS	0x04	/* byte 1: CONFIG_KEY_NOTIFICATIONS */

/* include/linux/key.h: KEY_MAX_DESC_SIZE; security/keys/internal.h: KEY_MAX_TYPE... */
#define WQ_UAPI_KEY_DESC_MAX		4096	/* bytes of a description, NUL counted */
#define WQ_UAPI_KEY_TYPE_MAX		32	/* bytes of a type's name, NUL counted */

#endif
