// SPDX-License-Identifier: LGPL-2.1-or-later
/* mounted:PATH, unmounted:PATH: that something is mounted there. ro:PATH, rw:PATH: that what is
 * at PATH can be written, by its mount and its filesystem. */
#include "config.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "conditions/condition.h"
#include "kernel/mount-at.h"
#include "kernel/not-supported.h"
#include "models/mount.h"
#include "mountinfo.h"
#include "paths.h"

/* Links on the way, which come and go without an event of mounts. */
static int parse(struct wq_condition *c, struct wq_error *e)
{
	return wq_condition_path(c, false, e);
}

/* ---- Looking ---- */

static int read_mounts(struct libmnt_table **tb, struct wq_error *e)
{
	int err;

	*tb = wq_mount_at_read();
	if (*tb)
		return 0;
	err = errno ? errno : EIO;
	return wq_fail(e, wq_error_kind_of(WQ_CALL_PROC, err), err, "can't read /proc/self/mountinfo: %s%s", strerror(err),
		       err == ENOENT ? "; /proc must be mounted" : "");
}

static struct libmnt_fs *find(struct libmnt_table *tb, int id)
{
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *found = NULL;

	while (it && !found && mnt_table_next_fs(tb, it, &fs) == 0)
		if (mnt_fs_get_id(fs) == id)
			found = fs;
	mnt_free_iter(it);
	return found;
}

static int set_found(struct wq_condition *c, struct libmnt_fs *fs, struct wq_error *e)
{
	struct wq_mount m;

	if (c->types && !mnt_match_fstype(mnt_fs_get_fstype(fs), c->types))
		return 0;
	wq_mountinfo_describe(fs, 0, &m);
	m.id = m.parent = 0;	/* the unique ones mountinfo has not */
	c->found.mount = wq_mount_new(&m);
	return c->found.mount ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

static int describe(struct wq_condition *c, int id, struct wq_error *e)
{
	struct libmnt_table *tb;
	struct libmnt_fs *fs;
	int rc = read_mounts(&tb, e);

	if (rc)
		return rc;
	fs = find(tb, id);
	if (fs)
		rc = set_found(c, fs, e);
	mnt_unref_table(tb);
	return rc;
}

/* The look-up is pending. The list of mounts decides alone where a mount is at the very path, in
 * which no link is then; and, where the path was so until now, that none is any more. */
static int look_in_list(struct wq_condition *c, bool at, struct wq_error *e)
{
	char *path = wq_path_has_dotdot(c->object) ? NULL : wq_path_absolute(c->object);
	struct wq_mount_at found = { .fs = NULL };
	struct libmnt_table *tb;
	int rc = -EINPROGRESS;

	if (path && read_mounts(&tb, e) == 0) {
		found = wq_mount_at(tb, path);
		c->is_plain |= found.root;
		if (found.root)
			rc = set_found(c, found.fs, e);
		else if (at && c->is_plain)
			rc = 0;
		mnt_unref_table(tb);
	}
	free(path);
	return rc;
}

/* What the path is on, or is @at, in c->found; NULL: nothing, or it isn't there. */
static int look(struct wq_condition *c, bool at, struct wq_error *e)
{
	const struct wq_path_walk *w;
	int rc = wq_condition_look_up(c, &w, e);

	if (rc == -EINPROGRESS)
		return look_in_list(c, at, e);
	if (rc)
		return rc < 0 ? rc : 0;
	if (!w->has_mount)
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "%s: this kernel doesn't tell what a path is on; Linux 5.8 is needed",
			       c->object);
	return at && !w->root ? 0 : describe(c, (int) w->mount, e);
}

static int look_mounted(struct wq_condition *c, struct wq_error *e)
{
	int rc = look(c, true, e);

	return rc ? rc : c->found.mount != NULL;
}

static int look_unmounted(struct wq_condition *c, struct wq_error *e)
{
	int rc = look(c, true, e);

	return rc ? rc : c->found.mount == NULL;
}

static bool has_option(const char *options, const char *name)
{
	char *value;
	size_t len;

	return options && mnt_optstr_get_option(options, name, &value, &len) == 0;
}

/* ext4 may be read-only without saying "ro": fs/ext4/super.c, EMERGENCY_RO. */
static bool is_readonly(const struct wq_mount *m)
{
	return m->readonly || has_option(m->fs_options, "emergency_ro");
}

static int look_ro(struct wq_condition *c, struct wq_error *e)
{
	int rc = look(c, false, e);

	return rc ? rc : c->found.mount && is_readonly(c->found.mount);
}

static int look_rw(struct wq_condition *c, struct wq_error *e)
{
	int rc = look(c, false, e);

	return rc ? rc : c->found.mount && !is_readonly(c->found.mount);
}

/* ---- Events ---- */

/* "" is the root. */
static const char *tidy(const char *target)
{
	return strcmp(target, "/") == 0 ? "" : target;
}

static bool is_on_the_way(const struct wq_condition *c, const struct wq_mount *m)
{
	return m && (!m->target || !c->path || wq_path_is_in(c->path, tidy(m->target)));
}

static bool concerns(const struct wq_condition *c, const struct wq_event *ev)
{
	if (ev->rec.type_nr == WQ_TYPE_SB)
		return true;
	/* A link on the way may lead elsewhere, as soon as that is there. */
	return ev->rec.type_nr == WQ_TYPE_MOUNT &&
	       (!c->there || !ev->mount || is_on_the_way(c, ev->mount) || is_on_the_way(c, ev->was));
}

/* Of what was gone before it could be asked about, nobody knows where it was. */
static bool is_about(const struct wq_condition *c, const struct wq_event *ev)
{
	if (ev->rec.type_nr == WQ_TYPE_SB)
		return ev->side && ev->side->texts[WQ_SIDE_TARGET] && c->path &&
		       wq_path_is_in(c->path, tidy(ev->side->texts[WQ_SIDE_TARGET]));
	/* Of a type that does not count, it can only have hidden what does. */
	if (c->types && ev->mount && ev->mount->fstype && ev->rec.subtype_nr == WQ_MOUNT_NEW_MOUNT &&
	    c->kind == &wq_condition_mounted && !mnt_match_fstype(ev->mount->fstype, c->types))
		return false;
	return (ev->mount && ev->mount->target && is_on_the_way(c, ev->mount)) ||
	       (ev->was && ev->was->target && is_on_the_way(c, ev->was));
}

const struct wq_condition_kind wq_condition_mounted = {
	.name = "mounted", .object = "PATH", .source = "mounts", .has_types = true,
	.parse = parse, .look = look_mounted, .concerns = concerns, .is_about = is_about,
};

const struct wq_condition_kind wq_condition_unmounted = {
	.name = "unmounted", .object = "PATH", .source = "mounts", .has_types = true,
	.parse = parse, .look = look_unmounted, .concerns = concerns, .is_about = is_about,
};

const struct wq_condition_kind wq_condition_ro = {
	.name = "ro", .object = "PATH", .source = "mounts", .has_types = true,
	.parse = parse, .look = look_ro, .concerns = concerns, .is_about = is_about,
};

const struct wq_condition_kind wq_condition_rw = {
	.name = "rw", .object = "PATH", .source = "mounts", .has_types = true,
	.parse = parse, .look = look_rw, .concerns = concerns, .is_about = is_about,
};
