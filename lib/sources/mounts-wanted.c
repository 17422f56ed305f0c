// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which mounts the user wants to see: by their path, type and options. */
#include "config.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/mount-at.h"
#include "kernel/path-walk.h"
#include "paths.h"
#include "sources/mounts.h"

#define WQ_PATIENCE	2000000000u	/* ns, of a look-up */
#define WQ_PATIENCE_NEXT	100000000u	/* ns, once another had no answer */

struct wanted_path {
	char *path;
	const struct wq_watch *watch;
};

struct wq_mounts_wanted {
	char *types, *options;		/* as findmnt(8) has them; NULL: any */
	const struct wq_watch *all;	/* NULL: only what is below the paths */
	struct wanted_path *paths;
	size_t n;
	bool has_hung;		/* a look-up has had no answer: the next ones have less time */
};

void wq_mounts_wanted_free(struct wq_mounts_wanted *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < w->n; i++)
		free(w->paths[i].path);
	free(w->paths);
	free(w->types);
	free(w->options);
	free(w);
}

/* ---- Paths ---- */

/* Return the path of a mount that is at @name, as the list of mounts has it; NULL: none is. No link
 * is in it then, and no look-up is needed. */
static char *path_of_mount(const char *name)
{
	char *path = wq_path_has_dotdot(name) ? NULL : wq_path_absolute(name);
	struct libmnt_table *tb = path ? wq_mount_at_read() : NULL;
	bool is_mount = tb && wq_mount_at(tb, path).root;

	mnt_unref_table(tb);
	if (!is_mount) {
		free(path);
		return NULL;
	}
	return path;
}

static int set_path(struct wq_mounts_wanted *w, struct wq_source *s, struct wanted_path *p, const char *name,
		    struct wq_error *e)
{
	struct wq_path_walk walk;
	int rc;

	p->path = path_of_mount(name);
	if (p->path)
		return 0;
	rc = wq_source_look_up(s, w->n, name, w->has_hung ? WQ_PATIENCE_NEXT : WQ_PATIENCE, &walk);
	if (rc == -EOPNOTSUPP)
		return wq_fail(e, WQ_NOTSUPP, EOPNOTSUPP, "%s: a look-up there may never return; allow threads, or name another path", name);
	if (rc == -ETIMEDOUT) {
		w->has_hung = true;
		wq_engine_log(s->m, WQ_LOG_WARNING, "%s: its filesystem does not answer; links in the path are not followed", name);
		p->path = wq_path_absolute(name);
	} else if (!rc) {
		if (walk.err && walk.err != ENOENT && walk.err != ENOTDIR && walk.err != ELOOP)
			return wq_fail(e, WQ_FAILURE, walk.err, "%s: %s", name, strerror(walk.err));
		p->path = *walk.path ? strdup(walk.path) : wq_path_absolute(name);
		if (walk.err && !walk.automount)
			wq_engine_log(s->m, WQ_LOG_WARNING, "%s: there is no such path; waiting for mounts there", name);
	}
	return p->path ? 0 : wq_fail(e, WQ_FAILURE, errno, "%s: %s", name, strerror(errno));
}

static int add_path(struct wq_mounts_wanted *w, struct wq_source *s, const char *name,
		    const struct wq_mount_ns *ns, uint8_t id, struct wq_error *e)
{
	struct wanted_path *p = &w->paths[w->n];
	int rc = 0;

	if (*ns->name && *name != '/')
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s: in another namespace paths begin with /", name);
	if (!*name)
		return wq_fail(e, WQ_FAILURE, ENOENT, "an empty path");
	errno = ENOMEM;
	if (*ns->name)
		p->path = wq_path_absolute(name);
	else
		rc = set_path(w, s, p, name, e);
	if (rc)
		return rc;
	if (!p->path)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	w->n++;
	wq_path_normalize(p->path);
	p->watch = wq_engine_watch(s, id, s->ops->source, s->ops->backend, name);
	return p->watch ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

static int set_up(struct wq_mounts_wanted *w, struct wq_source *s, const struct wq_source_config *c,
		  const struct wq_mount_ns *ns, struct wq_error *e)
{
	size_t i;
	int rc = 0;

	w->types = c->types ? strdup(c->types) : NULL;
	w->options = c->options ? strdup(c->options) : NULL;
	w->paths = calloc(c->nobjects + 1, sizeof(*w->paths));
	if (!w->paths || (c->types && !w->types) || (c->options && !w->options))
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	if (wq_source_last_id(c) > 255)
		return wq_fail(e, WQ_FAILURE, EINVAL, "IDs of watches go from 1 to 255");
	for (i = 0; !rc && i < c->nobjects; i++)
		rc = add_path(w, s, c->objects[i], ns, (uint8_t) wq_source_id(c, i), e);
	if (rc || c->nobjects)
		return rc;
	w->all = wq_engine_watch(s, (uint8_t) wq_source_id(c, 0), s->ops->source, s->ops->backend, "/");
	return w->all ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

struct wq_mounts_wanted *wq_mounts_wanted_new(struct wq_source *s, const struct wq_source_config *c,
					      const struct wq_mount_ns *ns, struct wq_error *e)
{
	struct wq_mounts_wanted *w = calloc(1, sizeof(*w));

	if (!w) {
		wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
		return NULL;
	}
	if (set_up(w, s, c, ns, e) == 0)
		return w;
	wq_mounts_wanted_free(w);
	return NULL;
}

/* ---- Matching ---- */

/* What isn't known matches nothing that was asked for. */
static bool matches(const struct wq_mounts_wanted *w, const struct wq_mount *m)
{
	return m && (!w->types || (m->fstype && mnt_match_fstype(m->fstype, w->types))) &&
	       (!w->options || (m->options && mnt_match_options(m->options, w->options)));
}

const struct wq_watch *wq_mounts_watch(const struct wq_mounts_wanted *w, const struct wq_mount *m,
				       const struct wq_mount *was)
{
	size_t i;

	/* Who waits for read-only ones is told that one of them is so no more. */
	if (!matches(w, m) && !matches(w, was))
		return NULL;
	if (w->all)
		return w->all;
	for (i = 0; m->target && i < w->n; i++) {
		const struct wanted_path *p = &w->paths[i];

		if (wq_path_is_in(m->target, p->path))
			return p->watch;
	}
	return NULL;
}

bool wq_mounts_selects(const struct wq_mounts_wanted *w)
{
	return !w->all || w->types || w->options;
}

bool wq_mounts_wants_paths(const struct wq_mounts_wanted *w)
{
	return !w->all;
}

const struct wq_watch *wq_mounts_wanted_watch(const struct wq_mounts_wanted *w, size_t i)
{
	if (w->all)
		return i ? NULL : w->all;
	return i < w->n ? w->paths[i].watch : NULL;
}
