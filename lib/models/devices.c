// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <stdlib.h>

#include "models/devices.h"

#define WQ_CHAINS	1024	/* a machine with more devices than that is slower, and no more */

struct wq_devices {
	struct wq_device_node *first, *last;
	struct wq_device_node *chains[WQ_CHAINS];
};

struct wq_devices *wq_devices_new(void)
{
	return calloc(1, sizeof(struct wq_devices));
}

void wq_devices_free(struct wq_devices *t)
{
	if (!t)
		return;
	while (t->first)
		wq_devices_remove(t, t->first);
	free(t);
}

/* Disks of one kind differ in the upper bits of the minor number, their partitions below. */
static struct wq_device_node **chain(struct wq_devices *t, uint64_t dev)
{
	return &t->chains[(dev ^ dev >> 20) % WQ_CHAINS];
}

struct wq_device_node *wq_devices_find(struct wq_devices *t, uint64_t dev)
{
	struct wq_device_node *n = *chain(t, dev);

	while (n && n->now.dev != dev)
		n = n->chain;
	return n;
}

struct wq_device_node *wq_devices_add(struct wq_devices *t, uint64_t dev)
{
	struct wq_device_node *n = calloc(1, sizeof(*n)), **c = chain(t, dev);

	if (!n)
		return NULL;
	n->now.dev = dev;
	n->chain = *c;
	*c = n;
	n->prev = t->last;
	if (t->last)
		t->last->next = n;
	else
		t->first = n;
	t->last = n;
	return n;
}

void wq_devices_remove(struct wq_devices *t, struct wq_device_node *n)
{
	struct wq_device_node **c = chain(t, n->now.dev);

	while (*c != n)
		c = &(*c)->chain;
	*c = n->chain;
	if (n->prev)
		n->prev->next = n->next;
	else
		t->first = n->next;
	if (n->next)
		n->next->prev = n->prev;
	else
		t->last = n->prev;
	free(n);
}

struct wq_device_node *wq_devices_next(struct wq_devices *t, const struct wq_device_node *n)
{
	return n ? n->next : t->first;
}

const struct wq_device *wq_disk_partition(const struct wq_disk *disk, uint64_t sector)
{
	const struct wq_device *found = NULL;
	size_t i;

	for (i = 0; i < disk->nparts; i++) {
		const struct wq_device *p = &disk->parts[i];

		if (sector >= p->start && sector - p->start < p->size && (!found || p->start > found->start))
			found = p;
	}
	return found;
}
