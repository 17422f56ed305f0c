// SPDX-License-Identifier: LGPL-2.1-or-later
/* Disks and their partitions, as they were a moment ago. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sources/block.h"

#define WQ_LASTS	100000000u	/* ns */

struct known {
	struct wq_disk disk;
	uint64_t read_at;	/* ns; 0: it is to be read */
};

struct wq_disks {
	struct known *known;
	size_t n;
	/* The last number of a partition that was asked for: few kinds of disks have errors
	 * with one. */
	uint64_t part, part_disk, part_at;
};

static struct known *find(struct wq_disks *t, uint64_t dev)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->known[i].disk.dev == dev)
			return &t->known[i];
	return NULL;
}

static struct known *find_or_add(struct wq_disks *t, const struct wq_device *d)
{
	struct known *k = find(t, d->disk);

	if (!k) {
		k = realloc(t->known, (t->n + 1) * sizeof(*k));
		if (!k)
			return NULL;
		t->known = k;
		k = &t->known[t->n++];
		*k = (struct known) { .disk = { .dev = d->disk } };
	}
	memcpy(k->disk.name, d->disk_name, sizeof(k->disk.name));
	return k;
}

static int add_partition(struct wq_disk *disk, const struct wq_device *d)
{
	struct wq_device *more = realloc(disk->parts, (disk->nparts + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	disk->parts = more;
	disk->parts[disk->nparts++] = *d;
	return 0;
}

static int add_any(void *data, const struct wq_device *d)
{
	struct known *k = find_or_add(data, d);

	if (!k)
		return -ENOMEM;
	return wq_device_is_partition(d) ? add_partition(&k->disk, d) : 0;
}

struct wq_disks *wq_disks_new(void)
{
	struct wq_disks *t = calloc(1, sizeof(*t));

	/* Without /sys there are no names, and errors all the same. */
	if (t && wq_block_list(add_any, t) == -ENOMEM) {
		wq_disks_free(t);
		return NULL;
	}
	return t;
}

void wq_disks_free(struct wq_disks *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->n; i++)
		free(t->known[i].disk.parts);
	free(t->known);
	free(t);
}

static int add_if_partition(void *data, const struct wq_device *d)
{
	return wq_device_is_partition(d) ? add_partition(data, d) : 0;
}

/* Reads it again; what is gone stays what it was. */
static void look(struct known *k)
{
	struct wq_disk now = { .dev = k->disk.dev };
	struct wq_device d;

	if (wq_block_read_dev(k->disk.dev, &d))
		return;
	memcpy(now.name, d.disk_name, sizeof(now.name));
	if (wq_block_partitions(d.disk_name, add_if_partition, &now)) {
		free(now.parts);
		return;
	}
	free(k->disk.parts);
	k->disk = now;
}

/* The number of the disk that @dev is, or is a partition of. 0: there is no such device. */
static uint64_t disk_of(struct wq_disks *t, uint64_t dev, uint64_t now)
{
	struct wq_device d;

	if (find(t, dev))
		return dev;
	if (t->part == dev && now < t->part_at + WQ_LASTS)
		return t->part_disk;
	if (wq_block_read_dev(dev, &d) || !find_or_add(t, &d))
		return 0;
	t->part = dev;
	t->part_disk = d.disk;
	t->part_at = now;
	return d.disk;
}

const struct wq_disk *wq_disks_get(struct wq_disks *t, uint64_t dev, uint64_t now)
{
	struct known *k = find(t, disk_of(t, dev, now));

	if (!k)
		return NULL;
	if (!k->read_at || now >= k->read_at + WQ_LASTS) {
		look(k);
		k->read_at = now;
	}
	return &k->disk;
}
