/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices by number: what is so, and what was told. And a disk with its partitions,
 * which a sector is in one of. Device numbers are as the kernel writes them: major << 20 |
 * minor. Sectors are of 512 bytes.
 */
#ifndef WQ_DEVICES_H
#define WQ_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a name with its NUL: the kernel's DISK_NAME_LEN is 32, and partitions add digits. */
#define WQ_DEVICE_NAME	48

struct wq_device {
	uint64_t dev;
	uint64_t disk;		/* the number of the disk that it is a partition of; its own: it is one;
				 * 0: a partition of a disk that isn't known */
	uint64_t start;		/* sector of the disk; 0 of a disk */
	uint64_t size;		/* sectors */
	bool has_size;		/* else size isn't known */
	uint64_t seq;		/* of the disk's media, since Linux 5.15; 0: not known */
	char name[WQ_DEVICE_NAME];
	char disk_name[WQ_DEVICE_NAME];
};

static inline bool wq_device_is_partition(const struct wq_device *d)
{
	return d->disk != d->dev;
}

/* ---- All of them ---- */

struct wq_device_node {
	struct wq_device now;	/* what is so, or was until it went away */
	struct wq_device told;	/* as it was told */
	bool is;		/* it is there */
	bool was_told;		/* told has something */
	uint64_t round;		/* of the last snapshot that had it */

	/* The table's. */
	struct wq_device_node *prev, *next, *chain;
};

struct wq_devices;

/** NULL without memory. */
struct wq_devices *wq_devices_new(void);
void wq_devices_free(struct wq_devices *t);

/** The node of @dev, or NULL; a new one of which nothing is known, NULL without memory. The
 * table's. */
struct wq_device_node *wq_devices_find(struct wq_devices *t, uint64_t dev);
struct wq_device_node *wq_devices_add(struct wq_devices *t, uint64_t dev);
void wq_devices_remove(struct wq_devices *t, struct wq_device_node *n);

/** The one that came after @n, or the first; NULL: there is none. */
struct wq_device_node *wq_devices_next(struct wq_devices *t, const struct wq_device_node *n);

/* ---- A disk ---- */

struct wq_disk {
	uint64_t dev;
	char name[WQ_DEVICE_NAME];
	struct wq_device *parts;	/* malloc()ed */
	size_t nparts;
};

/** The partition that @sector lies in; where they overlap, which is no usual thing, the one
 * that begins last. NULL: none. */
const struct wq_device *wq_disk_partition(const struct wq_disk *disk, uint64_t sector);

#endif
