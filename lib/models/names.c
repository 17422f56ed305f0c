// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names: immutable, shared by reference between the threads. */
#include "config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "models/names.h"

/* What the public structure is the beginning of. */
struct counted_name {
	struct wq_name name;
	_Atomic unsigned refs;
	_Atomic unsigned waiting;	/* events in a backlog */
	char text[];		/* type NUL desc NUL */
};

struct wq_name *wq_name_new(uint32_t serial, uint32_t uid, uint32_t gid, uint32_t perm,
			    const char *type, size_t type_len,
			    const char *desc, size_t desc_len)
{
	struct counted_name *c = calloc(1, sizeof(*c) + type_len + desc_len + 2);

	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	atomic_init(&c->waiting, 0);
	memcpy(c->text, type, type_len);
	memcpy(c->text + type_len + 1, desc, desc_len);
	c->name = (struct wq_name) {
		.serial = serial, .uid = uid, .gid = gid, .perm = perm,
		.type = c->text, .type_len = type_len,
		.desc = c->text + type_len + 1, .desc_len = desc_len,
	};
	return &c->name;
}

struct wq_name *wq_name_with_expiry(const struct wq_name *n, uint64_t expires)
{
	struct wq_name *copy = wq_name_new(n->serial, n->uid, n->gid, n->perm,
					   n->type, n->type_len, n->desc, n->desc_len);

	if (copy)
		copy->expires = expires;
	return copy;
}

struct wq_name *wq_name_ref(struct wq_name *n)
{
	if (n)
		atomic_fetch_add_explicit(&((struct counted_name *) n)->refs, 1, memory_order_relaxed);
	return n;
}

void wq_name_unref(struct wq_name *n)
{
	struct counted_name *c = (struct counted_name *) n;
	unsigned i;

	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (i = 0; i < WQ_NAME_CACHES; i++)
		free(n->cache[i]);
	free(c);
}

static size_t bytes_of(const struct wq_name *n)
{
	return sizeof(struct counted_name) + n->type_len + n->desc_len;
}

size_t wq_name_wait(struct wq_name *n)
{
	struct counted_name *c = (struct counted_name *) n;

	return n && atomic_fetch_add_explicit(&c->waiting, 1, memory_order_relaxed) == 0 ? bytes_of(n) : 0;
}

size_t wq_name_unwait(struct wq_name *n)
{
	struct counted_name *c = (struct counted_name *) n;

	return n && atomic_fetch_sub_explicit(&c->waiting, 1, memory_order_relaxed) == 1 ? bytes_of(n) : 0;
}

bool wq_name_equal(const struct wq_name *a, const struct wq_name *b)
{
	return a->expires == b->expires && wq_name_same_attributes(a, b);
}

bool wq_name_same_attributes(const struct wq_name *a, const struct wq_name *b)
{
	return a->serial == b->serial && a->uid == b->uid && a->gid == b->gid &&
	       a->perm == b->perm &&
	       a->type_len == b->type_len && a->desc_len == b->desc_len &&
	       memcmp(a->type, b->type, a->type_len) == 0 &&
	       memcmp(a->desc, b->desc, a->desc_len) == 0;
}
