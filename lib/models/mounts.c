// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "models/mounts.h"

struct wq_mount_table {
	void *ids, *places;	/* tsearch(3) */
	struct wq_mount_node *first, *last, *cursor;
	size_t count;
	char *path;		/* the last that was asked for: its beginning is somewhere in it */
	size_t room;
};

static int by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct wq_mount_node *) a)->id, y = ((const struct wq_mount_node *) b)->id;

	return x < y ? -1 : x > y;
}

static int by_place(const void *a, const void *b)
{
	const struct wq_mount_node *x = a, *y = b;

	if (x->parent != y->parent)
		return (uintptr_t) x->parent < (uintptr_t) y->parent ? -1 : 1;
	return strcmp(x->rel, y->rel);
}

struct wq_mount_table *wq_mount_table_new(void)
{
	return calloc(1, sizeof(struct wq_mount_table));
}

void wq_mount_table_free(struct wq_mount_table *t)
{
	if (!t)
		return;
	while (t->last)
		wq_mount_table_remove(t, t->last);
	free(t->path);
	free(t);
}

size_t wq_mount_table_count(const struct wq_mount_table *t)
{
	return t->count;
}

struct wq_mount_node *wq_mount_table_find(struct wq_mount_table *t, uint64_t id)
{
	struct wq_mount_node key = { .id = id }, **found = tfind(&key, &t->ids, by_id);

	return found ? *found : NULL;
}

struct wq_mount_node *wq_mount_table_add(struct wq_mount_table *t, uint64_t id)
{
	struct wq_mount_node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->id = id;
	if (!tsearch(n, &t->ids, by_id)) {
		free(n);
		return NULL;
	}
	n->listed = true;
	n->prev = t->last;
	*(t->last ? &t->last->next : &t->first) = n;
	t->last = n;
	t->count++;
	return n;
}

/* ---- Places ---- */

static void leave_place(struct wq_mount_table *t, struct wq_mount_node *n)
{
	struct wq_mount_node **found = n->rel ? tfind(n, &t->places, by_place) : NULL;

	/* Another one may stand for that place. */
	if (found && *found == n)
		tdelete(n, &t->places, by_place);
}

/* @n is not in the table: if nothing is on it either, it goes, and so may what it is on. */
static void release(struct wq_mount_node *n)
{
	while (n && !n->listed && !n->children) {
		struct wq_mount_node *parent = n->parent;

		free(n->rel);
		free(n);
		if (parent)
			parent->children--;
		n = parent;
	}
}

static void leave_parent(struct wq_mount_node *n)
{
	struct wq_mount_node *parent = n->parent;

	n->parent = NULL;
	if (parent) {
		parent->children--;
		release(parent);
	}
}

void wq_mount_table_remove(struct wq_mount_table *t, struct wq_mount_node *n)
{
	if (t->cursor == n)
		t->cursor = n->next;
	leave_place(t, n);
	tdelete(n, &t->ids, by_id);
	*(n->prev ? &n->prev->next : &t->first) = n->next;
	*(n->next ? &n->next->prev : &t->last) = n->prev;
	t->count--;
	n->listed = false;
	wq_mount_unref(n->now);
	wq_mount_unref(n->told);
	n->now = n->told = NULL;
	release(n);
}

/* What is behind the path @of in @path; NULL: it isn't below it. */
static const char *below(const char *path, const char *of)
{
	size_t len = strcmp(of, "/") == 0 ? 0 : strlen(of);

	if (strncmp(path, of, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] == '/' && !path[len + 1] && len == 0 ? "" : path + len;
}

bool wq_mount_node_is_on(const struct wq_mount_node *n, const struct wq_mount_node *up)
{
	while (n && n != up)
		n = n->parent;
	return n;
}

int wq_mount_table_place(struct wq_mount_table *t, struct wq_mount_node *n, uint64_t parent_id,
			 const char *path, struct wq_mount_node **there)
{
	struct wq_mount_node *parent = parent_id == n->id ? NULL : wq_mount_table_find(t, parent_id);
	const char *of = NULL, *rel = path;
	struct wq_mount_node **at;
	char *copy;

	if (there)
		*there = NULL;
	/* What is known of the parent may be older than what is known of this: then it
	 * isn't where the path says, or even on this one. */
	if (parent && path && !wq_mount_node_is_on(parent, n))
		of = wq_mount_table_path(t, parent);
	rel = of ? below(path, of) : NULL;
	if (!rel) {
		parent = NULL;
		rel = path;
	}
	if (n->parent == parent && wq_same_text(n->rel, rel))
		return 0;
	copy = rel ? strdup(rel) : NULL;
	if (rel && !copy)
		return -ENOMEM;

	leave_place(t, n);
	if (parent)
		parent->children++;
	leave_parent(n);
	free(n->rel);
	n->parent = parent;
	n->rel = copy;
	if (!copy)
		return 1;
	at = tsearch(n, &t->places, by_place);
	if (!at)
		return -ENOMEM;
	if (*at != n && there)
		*there = *at;
	*at = n;
	return 1;
}

bool wq_mount_table_fits(struct wq_mount_table *t, const struct wq_mount_node *n, const char *path)
{
	const char *of = n->parent ? wq_mount_table_path(t, n->parent) : "/";

	return of && below(path, of);
}

/* Room for @need bytes, and the @used last ones stay the last ones. */
static char *make_room(struct wq_mount_table *t, size_t used, size_t need)
{
	size_t room = t->room ? t->room : 512;
	char *more;

	while (room < need)
		room *= 2;
	if (room == t->room)
		return t->path;
	more = malloc(room);
	if (!more)
		return NULL;
	if (used)
		memcpy(more + room - used, t->path + t->room - used, used);
	free(t->path);
	t->path = more;
	t->room = room;
	return more;
}

const char *wq_mount_table_path(struct wq_mount_table *t, const struct wq_mount_node *n)
{
	size_t used = 1;	/* the NUL */

	if (!make_room(t, 0, 2))
		return NULL;
	t->path[t->room - 1] = '\0';
	for (; n; n = n->parent) {
		size_t len = n->rel ? strlen(n->rel) : 0;

		if (!n->rel)
			return NULL;
		if (!n->parent && strcmp(n->rel, "/") == 0 && used > 1)
			break;
		if (!make_room(t, used, used + len))
			return NULL;
		used += len;
		memcpy(t->path + t->room - used, n->rel, len);
	}
	return used > 1 ? t->path + t->room - used : NULL;
}

/* ---- All of them ---- */

struct wq_mount_node *wq_mount_table_first(struct wq_mount_table *t)
{
	return t->first;
}

struct wq_mount_node *wq_mount_table_last(struct wq_mount_table *t)
{
	return t->last;
}

void wq_mount_table_rewind(struct wq_mount_table *t)
{
	t->cursor = t->first;
}

struct wq_mount_node *wq_mount_table_next(struct wq_mount_table *t)
{
	struct wq_mount_node *n = t->cursor;

	if (n)
		t->cursor = n->next;
	return n;
}
