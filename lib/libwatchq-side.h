/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Part of libwatchq.h: what is known of an event of a filesystem or a block device that
 * its record has no room for. */
#ifndef WQ_LIBWATCHQ_SIDE_H
#define WQ_LIBWATCHQ_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Numbers. Captures have them by their place: new ones go to the end, 32 at most. */
enum wq_side_number {
	WQ_SIDE_DEV,		/* device, as the kernel writes it: major << 20 | minor */
	WQ_SIDE_ERRNO,		/* errno value, positive */
	WQ_SIDE_COUNT,		/* events of which this is one: errors merged by the kernel, or by
				 * wq_monitor_set_coalesce() */
	WQ_SIDE_LINE,		/* of the kernel's source, in the function that met the error */
	WQ_SIDE_QUOTA_ID,	/* user, group or project */
	WQ_SIDE_SECTORS,	/* of 512 bytes */
	WQ_SIDE_SIZE,		/* bytes: of a device */
	WQ_SIDE_NUMBERS
};

/** Texts: any bytes but NUL. As with numbers, new ones go to the end, 32 at most. */
enum wq_side_text {
	WQ_SIDE_TARGET,		/* where the filesystem is mounted first */
	WQ_SIDE_TARGETS,	/* and everywhere, a newline between two */
	WQ_SIDE_SOURCE,		/* what is mounted: a device, as a rule */
	WQ_SIDE_FSTYPE,
	WQ_SIDE_FS_OPTIONS,	/* of the filesystem, wherever it is mounted */
	WQ_SIDE_FSID,		/* 16 hexadecimal digits, as fanotify(7) has them: f_fsid of statfs(2) */
	WQ_SIDE_PATH,		/* of the inode */
	WQ_SIDE_FUNCTION,	/* of the kernel's, that met the error */
	WQ_SIDE_QUOTA,		/* "user", "group" or "project" */
	WQ_SIDE_QUOTA_NAME,	/* of that user or group */
	WQ_SIDE_LIMIT,		/* "blocks hard", ...: lib/sources/quota-message.c has them all */
	WQ_SIDE_DEVICE,		/* name of the disk, as in /sys/block: "sda" */
	WQ_SIDE_DEVTYPE,	/* "disk" or "partition" */
	WQ_SIDE_PARTITION,	/* name of the partition: "sda1" */
	WQ_SIDE_OPERATION,	/* "read", "write", "discard", "flush", ... */
	WQ_SIDE_TEXTS
};

/** Never changes; shared by reference. What applies and isn't there is not known. */
struct wq_side {
	uint32_t numbers_apply, numbers_known;	/* bit n: enum wq_side_number */
	uint32_t texts_apply;			/* bit n: enum wq_side_text */
	uint64_t numbers[WQ_SIDE_NUMBERS];
	const char *texts[WQ_SIDE_TEXTS];	/* NULL: not known, or doesn't apply */
	size_t text_len;			/* bytes of all texts */
};

/** Another reference to @side; and giving one back. Any thread. @side may be NULL. */
struct wq_side *wq_side_ref(struct wq_side *side);
void wq_side_unref(struct wq_side *side);

#endif
