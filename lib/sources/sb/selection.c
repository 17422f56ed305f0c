// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which filesystems the user named: by paths, whose look-up may never return. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/worker.h"
#include "kernel/fs-type.h"
#include "paths.h"
#include "sources/sb.h"

/* ns: a server may be slow, and not dead. Each backend of sb asks. */
#define WQ_PATH_PATIENCE	1000000000u
#define WQ_PATH_PATIENCE_SERVER	300000000u

void wq_sb_wanted_free(struct wq_sb_wanted *wanted, size_t n)
{
	size_t i;

	for (i = 0; wanted && i < n; i++) {
		free(wanted[i].source);
		free(wanted[i].fstype);
	}
	free(wanted);
}

static int set_wanted(struct wq_sb_wanted *w, const struct wq_filesystem *fs, struct wq_error *e)
{
	free(w->source);
	free(w->fstype);
	w->dev = fs->dev;
	w->source = strdup(fs->source);
	w->fstype = strdup(fs->fstype);
	return w->source && w->fstype ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

/* ---- Paths ---- */

/* A path to be looked up, and where it leads. */
struct path_question {
	struct wq_fs_place place;
	char path[];
};

static int ask_path(void *data)
{
	struct path_question *d = data;

	return wq_fs_locate_in_child(d->path, &d->place, 0);
}

/* Without an answer: what its name says. */
static int by_name(struct wq_source *s, struct wq_sb_wanted *w, const char *path, struct wq_filesystem *fs,
		   struct wq_error *e)
{
	if (!fs)
		return wq_fail(e, WQ_FAILURE, ETIMEDOUT, "%s: the path look-up does not return; name the place of a mount that findmnt(8) shows", path);
	w->by_name = true;
	wq_engine_log(s->m, WQ_LOG_WARNING, "%s: the filesystem does not answer; by its name, it is %.40s on %s",
		      path, fs->fstype, fs->mounts[0].target);
	return set_wanted(w, fs, e);
}

static int look_up(struct wq_source *s, struct wq_sb_wanted *w, size_t i, const char *path,
		   const struct wq_filesystems *table, struct wq_error *e)
{
	struct path_question *d = malloc(sizeof(*d) + strlen(path) + 1);
	struct wq_question q = { .key = WQ_SB_KEY_PATH | i, .ask = ask_path, .release = free, .data = d };
	char *absolute = wq_path_absolute(path);
	struct wq_filesystem *fs = absolute ? wq_filesystems_of_name(table, absolute) : NULL;
	bool may_hang = fs && wq_fs_type_may_hang(fs->fstype);
	int rc, answer;

	free(absolute);
	if (!d)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	strcpy(d->path, path);
	if (!wq_source_may_ask(s) && may_hang) {
		free(d);
		return wq_fail(e, WQ_NOTSUPP, EOPNOTSUPP, "%s: a look-up on %.40s may never return; allow threads, or name another path", path, fs->fstype);
	}
	rc = wq_source_ask(s, &q, may_hang ? WQ_PATH_PATIENCE_SERVER : WQ_PATH_PATIENCE, &answer);
	if (rc == -EINPROGRESS)
		return by_name(s, w, path, fs, e);
	if (!rc && answer)
		rc = wq_fail(e, WQ_FAILURE, -answer, "%s: %s", path, strerror(-answer));
	else if (rc)
		rc = by_name(s, w, path, fs, e);
	else
		rc = wq_filesystems_at(table, path, &d->place, &fs, e);
	free(d);
	return rc || w->by_name ? rc : set_wanted(w, fs, e);
}

/* What a path leads to may be another filesystem than its name says. */
static int use_place(struct wq_sb *sb, struct wq_sb_wanted *w, const struct path_question *d)
{
	struct wq_filesystem *fs;
	struct wq_error e;
	int rc = wq_filesystems_at(sb->table, d->path, &d->place, &fs, &e);

	w->by_name = false;
	if (rc || fs->dev == w->dev)
		return 0;
	rc = set_wanted(w, fs, &e);
	for (fs = wq_filesystems_first(sb->table); !rc && fs; fs = fs->next)
		fs->watch = wq_sb_watch(sb->wanted, sb->nwanted, fs, sb->all);
	return rc;
}

int wq_sb_path_unanswered(struct wq_sb *sb, uint64_t key)
{
	uint64_t i = key & ~WQ_SB_KEY_KIND;
	struct wq_filesystem *fs = i < sb->nwanted ? wq_filesystems_find(sb->table, sb->wanted[i].dev) : NULL;

	return fs ? wq_sb_unanswered(sb, fs) : 0;
}

int wq_sb_path_answered(struct wq_sb *sb, const struct wq_question *q, int answer, bool late)
{
	uint64_t i = q->key & ~WQ_SB_KEY_KIND;
	struct wq_sb_wanted *w = i < sb->nwanted ? &sb->wanted[i] : NULL;
	struct wq_filesystem *fs = w ? wq_filesystems_find(sb->table, w->dev) : NULL;
	int rc = fs && late ? wq_sb_answered(sb, fs) : 0;

	if (!w || answer || (rc && rc != WQ_NO_ROOM))
		return rc;
	return use_place(sb, w, q->data);
}

/* ---- What is watched, of all paths ---- */

int wq_sb_wanted_new(struct wq_sb_wanted **out, const struct wq_watch **all, struct wq_source *s,
		     const struct wq_source_config *c, const struct wq_filesystems *table, struct wq_error *e)
{
	struct wq_sb_wanted *wanted = calloc(c->nobjects + 1, sizeof(*wanted));
	size_t i;
	int rc = 0;

	*out = wanted;
	if (!wanted)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	if (wq_source_last_id(c) > 255)
		return wq_fail(e, WQ_FAILURE, E2BIG, "no more than 255 watches have an ID");
	if (c->nobjects == 0) {
		*all = wq_engine_watch(s, (uint8_t) wq_source_id(c, 0), s->ops->source, s->ops->backend, "all");
		return *all ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	for (i = 0; i < c->nobjects && !rc; i++) {
		rc = look_up(s, &wanted[i], i, c->objects[i], table, e);
		if (rc)
			break;
		wanted[i].watch = wq_engine_watch(s, (uint8_t) wq_source_id(c, i), s->ops->source, s->ops->backend,
						  c->objects[i]);
		if (!wanted[i].watch)
			rc = wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	return rc;
}

const struct wq_watch *wq_sb_watch(const struct wq_sb_wanted *wanted, size_t n, const struct wq_filesystem *fs,
				   const struct wq_watch *all)
{
	size_t i;

	if (n == 0)
		return fs->has_device ? all : NULL;
	for (i = 0; i < n; i++) {
		if (wanted[i].dev != fs->dev || wanted[i].gone)
			continue;
		if (fs->dev >> 20 || (strcmp(wanted[i].source, fs->source) == 0 &&
				      strcmp(wanted[i].fstype, fs->fstype) == 0))
			return wanted[i].watch;
	}
	return NULL;
}
