// SPDX-License-Identifier: LGPL-2.1-or-later
/* The members of a keyring: by serial, and those with a name by that. */
#include "config.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "models/keyring.h"

struct wq_keyring {
	void *by_serial, *by_name;	/* trees of tsearch(3) */
	struct wq_member *first, *last;
	size_t count, nameless;		/* of those that are in it */
	wq_member_fn changed;
	void *data;
};

static int compare_serials(const void *a, const void *b)
{
	const struct wq_member *x = a, *y = b;

	return (x->serial > y->serial) - (x->serial < y->serial);
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

static int compare_names(const void *a, const void *b)
{
	const struct wq_name *x = ((const struct wq_member *) a)->name;
	const struct wq_name *y = ((const struct wq_member *) b)->name;
	int rc = compare_bytes(x->desc, x->desc_len, y->desc, y->desc_len);

	return rc ? rc : compare_bytes(x->type, x->type_len, y->type, y->type_len);
}

static struct wq_member *found(struct wq_member **node)
{
	return node ? *node : NULL;
}

struct wq_keyring *wq_keyring_new(wq_member_fn changed, void *data)
{
	struct wq_keyring *r = calloc(1, sizeof(*r));

	if (r) {
		r->changed = changed;
		r->data = data;
	}
	return r;
}

struct wq_member *wq_keyring_find(const struct wq_keyring *r, uint32_t serial)
{
	const struct wq_member key = { .serial = serial };

	return found(tfind(&key, &r->by_serial, compare_serials));
}

struct wq_member *wq_keyring_displaced(const struct wq_keyring *r, const struct wq_name *name)
{
	const struct wq_member key = { .name = (struct wq_name *) name };
	struct wq_member *m = found(tfind(&key, &r->by_name, compare_names));

	return m && m->serial != name->serial ? m : NULL;
}

bool wq_keyring_has_nameless(const struct wq_keyring *r)
{
	return r->nameless > 0;
}

/* In by_name are those alone that are in the keyring, one of each name. */
static void index_name(struct wq_keyring *r, struct wq_member *m)
{
	struct wq_member **node = m->name ? tsearch(m, &r->by_name, compare_names) : NULL;

	if (!m->name)
		r->nameless++;
	else if (node)
		*node = m;
}

static void unindex_name(struct wq_keyring *r, struct wq_member *m)
{
	struct wq_member **node = m->name ? tfind(m, &r->by_name, compare_names) : NULL;

	if (!m->name)
		r->nameless--;
	else if (node && *node == m)
		tdelete(m, &r->by_name, compare_names);
}

static struct wq_member *add(struct wq_keyring *r, uint32_t serial)
{
	struct wq_member *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->serial = serial;
	if (!tsearch(m, &r->by_serial, compare_serials)) {
		free(m);
		return NULL;
	}
	m->prev = r->last;
	*(r->last ? &r->last->next : &r->first) = m;
	r->last = m;
	return m;
}

static void forget(struct wq_keyring *r, struct wq_member *m)
{
	tdelete(m, &r->by_serial, compare_serials);
	*(m->next ? &m->next->prev : &r->last) = m->prev;
	*(m->prev ? &m->prev->next : &r->first) = m->next;
	wq_name_unref(m->name);
	free(m);
}

void wq_keyring_name(struct wq_keyring *r, struct wq_member *m, struct wq_name *name)
{
	if (m->in)
		unindex_name(r, m);
	wq_name_ref(name);
	wq_name_unref(m->name);
	m->name = name;
	if (m->in)
		index_name(r, m);
}

struct wq_member *wq_keyring_link(struct wq_keyring *r, uint32_t serial, struct wq_name *name)
{
	struct wq_member *m = wq_keyring_find(r, serial);

	if (!m)
		m = add(r, serial);
	if (!m)
		return NULL;
	if (!m->in) {
		m->in = true;
		r->count++;
		index_name(r, m);
		if (r->changed)
			r->changed(r->data, serial, true);
	}
	if (name)
		wq_keyring_name(r, m, name);
	return m;
}

void wq_keyring_unlink(struct wq_keyring *r, struct wq_member *m)
{
	uint32_t serial = m->serial;

	if (!m->in)
		return;
	unindex_name(r, m);
	m->in = false;
	r->count--;
	if (!m->told)
		forget(r, m);
	if (r->changed)
		r->changed(r->data, serial, false);
}

void wq_keyring_clear(struct wq_keyring *r)
{
	struct wq_member *m, *next;

	for (m = r->first; m; m = next) {
		next = m->next;
		wq_keyring_unlink(r, m);
	}
}

ssize_t wq_keyring_read(struct wq_keyring *r, const int32_t *serials, size_t n)
{
	struct wq_member *m, *next;
	ssize_t fresh = 0;
	size_t i;

	for (m = r->first; m; m = m->next)
		m->seen = false;
	for (i = 0; i < n; i++) {
		m = wq_keyring_find(r, (uint32_t) serials[i]);
		fresh += !m || !m->name;
		m = wq_keyring_link(r, (uint32_t) serials[i], NULL);
		if (!m)
			return -ENOMEM;
		m->seen = true;
	}
	for (m = r->first; m; m = next) {
		next = m->next;
		if (!m->seen)
			wq_keyring_unlink(r, m);
	}
	return fresh;
}

void wq_keyring_told(struct wq_keyring *r, struct wq_member *m)
{
	m->told = m->in;
	if (!m->in)
		forget(r, m);
}

void wq_keyring_all_told(struct wq_keyring *r)
{
	struct wq_member *m, *next;

	for (m = r->first; m; m = next) {
		next = m->next;
		wq_keyring_told(r, m);
	}
}

struct wq_member *wq_keyring_first(const struct wq_keyring *r)
{
	return r->first;
}

size_t wq_keyring_count(const struct wq_keyring *r)
{
	return r->count;
}

void wq_keyring_free(struct wq_keyring *r)
{
	if (!r)
		return;
	while (r->first) {
		if (r->first->in)
			unindex_name(r, r->first);
		forget(r, r->first);
	}
	free(r);
}
