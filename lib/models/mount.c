// SPDX-License-Identifier: LGPL-2.1-or-later
/* Descriptions of mounts: immutable, shared by reference between the threads. */
#include "config.h"

#include <errno.h>
#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "models/mount.h"

/* What the public structure is the beginning of. */
struct counted_mount {
	struct wq_mount mount;
	_Atomic unsigned refs;
	_Atomic unsigned waiting;	/* events in a backlog */
	char text[];
};

bool wq_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- Options ---- */

/* Whether @list, "rw,nosuid", begins with that word, as the kernel has it. */
static bool is_first(const char *list, const char *word)
{
	size_t len = strlen(word);

	return list && strncmp(list, word, len) == 0 && (list[len] == '\0' || list[len] == ',');
}

/* Behind ro or rw at the beginning. */
static const char *rest(const char *list)
{
	if (!list)
		return "";
	if (is_first(list, "ro") || is_first(list, "rw"))
		list += 2;
	return *list == ',' ? list + 1 : list;
}

static char *put(char *p, const char *text)
{
	return memcpy(p, text, strlen(text) + 1), p + strlen(text);
}

/* findmnt(8) has ro or rw first, and then all others: lib/merge_optstr() of libmount
 * does the same. */
static char *put_options(char *p, const struct wq_mount *m)
{
	const char *lists[] = { rest(m->vfs_options), rest(m->fs_options) };
	unsigned i;

	p = put(p, m->readonly ? "ro" : "rw");
	for (i = 0; i < 2; i++) {
		if (!*lists[i])
			continue;
		*p++ = ',';
		p = put(p, lists[i]);
	}
	return p + 1;
}

/* ---- Making one ---- */

static size_t room(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Copies *@text to *@p, behind which it moves. */
static void copy(const char **text, char **p)
{
	if (!*text)
		return;
	put(*p, *text);
	*text = *p;
	*p += strlen(*p) + 1;
}

struct wq_mount *wq_mount_new(const struct wq_mount *m)
{
	size_t len = room(m->target) + room(m->source) + room(m->fstype) + room(m->root) +
		     room(m->vfs_options) + room(m->fs_options);
	bool known = m->vfs_options || m->fs_options;
	struct counted_mount *c = calloc(1, sizeof(*c) + len +
					 room(m->vfs_options) + room(m->fs_options) + sizeof("ro,"));
	char *p;

	if (!c)
		return NULL;
	c->mount = *m;
	m = &c->mount;
	p = c->text;
	copy(&c->mount.target, &p);
	copy(&c->mount.source, &p);
	copy(&c->mount.fstype, &p);
	copy(&c->mount.root, &p);
	copy(&c->mount.vfs_options, &p);
	copy(&c->mount.fs_options, &p);
	c->mount.readonly = is_first(m->vfs_options, "ro") || is_first(m->fs_options, "ro");
	c->mount.options = known ? p : NULL;
	if (known)
		p = put_options(p, m);
	c->mount.text_len = (size_t) (p - c->text);
	atomic_init(&c->refs, 1);
	atomic_init(&c->waiting, 0);
	return &c->mount;
}

struct wq_mount *wq_mount_with_target(const struct wq_mount *m, const char *target)
{
	struct wq_mount copy = *m;

	copy.target = target;
	return wq_mount_new(&copy);
}

struct wq_mount *wq_mount_ref(struct wq_mount *m)
{
	if (m)
		atomic_fetch_add_explicit(&((struct counted_mount *) m)->refs, 1, memory_order_relaxed);
	return m;
}

void wq_mount_unref(struct wq_mount *m)
{
	struct counted_mount *c = (struct counted_mount *) m;

	if (c && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
		free(c);
}

static size_t bytes_of(const struct wq_mount *m)
{
	return sizeof(struct counted_mount) + m->text_len;
}

size_t wq_mount_wait(struct wq_mount *m)
{
	struct counted_mount *c = (struct counted_mount *) m;

	return m && atomic_fetch_add_explicit(&c->waiting, 1, memory_order_relaxed) == 0 ? bytes_of(m) : 0;
}

size_t wq_mount_unwait(struct wq_mount *m)
{
	struct counted_mount *c = (struct counted_mount *) m;

	return m && atomic_fetch_sub_explicit(&c->waiting, 1, memory_order_relaxed) == 1 ? bytes_of(m) : 0;
}

bool wq_mount_same_attributes(const struct wq_mount *a, const struct wq_mount *b)
{
	return a->propagation == b->propagation && a->peer_group == b->peer_group &&
	       wq_same_text(a->vfs_options, b->vfs_options) && wq_same_text(a->fs_options, b->fs_options);
}

bool wq_mount_same(const struct wq_mount *a, const struct wq_mount *b)
{
	return a->id == b->id && a->parent == b->parent && a->old_id == b->old_id && a->ns == b->ns &&
	       a->major == b->major && a->minor == b->minor && wq_same_text(a->target, b->target) &&
	       wq_same_text(a->source, b->source) && wq_same_text(a->fstype, b->fstype) &&
	       wq_same_text(a->root, b->root) && wq_mount_same_attributes(a, b);
}

/* ---- By ID ---- */

struct wq_mount_map {
	void *root;		/* tsearch(3): of struct wq_mount */
	size_t bytes;
};

static int by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct wq_mount *) a)->id, y = ((const struct wq_mount *) b)->id;

	return x < y ? -1 : x > y;
}

struct wq_mount_map *wq_mount_map_new(void)
{
	return calloc(1, sizeof(struct wq_mount_map));
}

void wq_mount_map_clear(struct wq_mount_map *map)
{
	while (map->root)
		wq_mount_map_forget(map, (*(struct wq_mount **) map->root)->id);
}

void wq_mount_map_free(struct wq_mount_map *map)
{
	if (map)
		wq_mount_map_clear(map);
	free(map);
}

size_t wq_mount_map_bytes(const struct wq_mount_map *map)
{
	return map->bytes;
}

struct wq_mount *wq_mount_map_find(const struct wq_mount_map *map, uint64_t id)
{
	struct wq_mount key = { .id = id }, **found = tfind(&key, &map->root, by_id);

	return found ? *found : NULL;
}

int wq_mount_map_put(struct wq_mount_map *map, struct wq_mount *m)
{
	struct wq_mount **at;

	if (wq_mount_map_find(map, m->id) == m)
		return 0;
	at = tsearch(m, &map->root, by_id);
	if (!at)
		return -ENOMEM;
	if (*at != m) {
		map->bytes -= bytes_of(*at);
		wq_mount_unref(*at);
		*at = m;
	}
	map->bytes += bytes_of(wq_mount_ref(m));
	return 0;
}

void wq_mount_map_forget(struct wq_mount_map *map, uint64_t id)
{
	struct wq_mount *m = wq_mount_map_find(map, id);

	if (!m)
		return;
	tdelete(m, &map->root, by_id);
	map->bytes -= bytes_of(m);
	wq_mount_unref(m);
}
