/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the backends of block share: what the user named, and what /sys says of devices. All
 * of it is the engine's. */
#ifndef WQ_SOURCES_BLOCK_H
#define WQ_SOURCES_BLOCK_H

#include "models/devices.h"
#include "source.h"

struct wq_side;

/* ---- What the user wants to see ---- */

/** What was named, by device number: what has that number later is meant, too. */
struct wq_block_wanted {
	const struct wq_watch *all;	/* NULL: only the watches */
	size_t n;		/* 0: all devices */
	struct wq_block_watch {
		uint64_t dev, disk;	/* they differ: of that disk, one partition alone */
		const struct wq_watch *watch;
	} *watches;
};

/** Looks up the objects of @c, and makes a watch of each. 0; -errno with *@e. Nothing is to be
 * closed then. */
int wq_block_wanted_open(struct wq_block_wanted *w, struct wq_source *s, const struct wq_source_config *c,
			 struct wq_error *e);
void wq_block_wanted_close(struct wq_block_wanted *w);
/** The watch that what happens to @disk is under, in its partition @part (0: in none); NULL:
 * nobody wants to see it. */
const struct wq_watch *wq_block_watch(const struct wq_block_wanted *w, uint64_t disk, uint64_t part);

/* ---- What there is ---- */

/** What is behind @path, "/sys/class/block/sda". 0; -errno: it is not there. */
int wq_block_read(const char *path, struct wq_device *d);
/** The same of a device number; behind "/sys/dev/block". */
int wq_block_read_dev(uint64_t dev, struct wq_device *d);
/** All devices, by name. 0; -errno; what @fn returned where that isn't 0. */
int wq_block_list(int (*fn)(void *data, const struct wq_device *d), void *data);
/** The same of the partitions of the disk with that name. */
int wq_block_partitions(const char *disk, int (*fn)(void *data, const struct wq_device *d), void *data);
/** The number of the last uevent that the kernel has made; 0: not known. */
uint64_t wq_block_seqnum(void);

/** Says which device it is: its names, and what it is. */
void wq_block_side(struct wq_side *side, const struct wq_device *d);

/* ---- Disks, as they were a moment ago: block-disks.c ---- */

/** Disks that errors were met on, which may be many on one disk: looked at ten times a second
 * at most. */
struct wq_disks;

/** With all disks that there are: what is gone when its errors are read is known still. NULL
 * without memory. */
struct wq_disks *wq_disks_new(void);
void wq_disks_free(struct wq_disks *t);
/** The disk that @dev is, or is a partition of; @now: CLOCK_BOOTTIME, ns. Good until the next
 * call. NULL: there is no such device, or no memory. */
const struct wq_disk *wq_disks_get(struct wq_disks *t, uint64_t dev, uint64_t now);

#endif
