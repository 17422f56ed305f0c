// SPDX-License-Identifier: LGPL-2.1-or-later
/* Serial to name: a hash table with its entries in the order of their use. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "models/keys.h"

struct entry {
	struct wq_name *name;
	uint32_t serial;
	struct entry *next;		/* in the bucket */
	struct entry *newer, *older;	/* by use */
};

struct wq_keys {
	struct entry **buckets;
	size_t nbuckets;		/* a power of two */
	size_t count;
	size_t bytes, budget;
	uint64_t evicted;
	struct entry *newest, *oldest;
};

static size_t cost(const struct wq_name *n)
{
	return sizeof(struct entry) + sizeof(*n) + n->type_len + n->desc_len;
}

static struct entry **bucket(const struct wq_keys *k, uint32_t serial)
{
	/* Fibonacci hashing: serials are random, but a capture's need not be. */
	return &k->buckets[(serial * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (k->nbuckets - 1)];
}

static struct entry **find(const struct wq_keys *k, uint32_t serial)
{
	struct entry **p = bucket(k, serial);

	while (*p && (*p)->serial != serial)
		p = &(*p)->next;
	return p;
}

static void unlist(struct wq_keys *k, struct entry *e)
{
	*(e->newer ? &e->newer->older : &k->newest) = e->older;
	*(e->older ? &e->older->newer : &k->oldest) = e->newer;
}

static void list_newest(struct wq_keys *k, struct entry *e)
{
	e->newer = NULL;
	e->older = k->newest;
	*(k->newest ? &k->newest->newer : &k->oldest) = e;
	k->newest = e;
}

static void drop(struct wq_keys *k, struct entry **p)
{
	struct entry *e = *p;

	*p = e->next;
	unlist(k, e);
	k->count--;
	k->bytes -= cost(e->name);
	wq_name_unref(e->name);
	free(e);
}

static int grow(struct wq_keys *k)
{
	size_t old_n = k->nbuckets, i;
	struct entry **old = k->buckets;
	struct entry **wide = calloc(old_n * 2, sizeof(*wide));

	if (!wide)
		return -ENOMEM;
	k->buckets = wide;
	k->nbuckets = old_n * 2;
	for (i = 0; i < old_n; i++) {
		struct entry *e, *next;

		for (e = old[i]; e; e = next) {
			struct entry **b = bucket(k, e->serial);

			next = e->next;
			e->next = *b;
			*b = e;
		}
	}
	free(old);
	return 0;
}

struct wq_keys *wq_keys_new(size_t budget)
{
	struct wq_keys *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->budget = budget;
	k->nbuckets = 64;
	k->buckets = calloc(k->nbuckets, sizeof(*k->buckets));
	if (!k->buckets) {
		free(k);
		return NULL;
	}
	return k;
}

void wq_keys_clear(struct wq_keys *k)
{
	while (k->oldest)
		drop(k, find(k, k->oldest->serial));
}

void wq_keys_free(struct wq_keys *k)
{
	if (!k)
		return;
	wq_keys_clear(k);
	free(k->buckets);
	free(k);
}

struct wq_name *wq_keys_find(struct wq_keys *k, uint32_t serial)
{
	struct entry *e = *find(k, serial);

	if (!e)
		return NULL;
	/* The order of use is kept where a name may soon have to go. */
	if (e != k->newest && k->bytes > k->budget / 2) {
		unlist(k, e);
		list_newest(k, e);
	}
	return e->name;
}

int wq_keys_put(struct wq_keys *k, struct wq_name *n)
{
	struct entry *e = malloc(sizeof(*e)), **b;

	if (!e)
		return -ENOMEM;
	wq_keys_forget(k, n->serial);
	if (2 * k->count >= k->nbuckets && grow(k) && k->count >= 8 * k->nbuckets) {
		free(e);
		return -ENOMEM;
	}

	e->name = wq_name_ref(n);
	e->serial = n->serial;
	b = bucket(k, n->serial);
	e->next = *b;
	*b = e;
	list_newest(k, e);
	k->count++;
	k->bytes += cost(n);

	while (k->bytes > k->budget && k->oldest != e) {
		drop(k, find(k, k->oldest->serial));
		k->evicted++;
	}
	return 0;
}

void wq_keys_forget(struct wq_keys *k, uint32_t serial)
{
	struct entry **p = find(k, serial);

	if (*p)
		drop(k, p);
}

size_t wq_keys_bytes(const struct wq_keys *k)
{
	return k->bytes;
}

uint64_t wq_keys_evicted(const struct wq_keys *k)
{
	return k->evicted;
}
