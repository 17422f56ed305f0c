// SPDX-License-Identifier: LGPL-2.1-or-later
/* mounted:PATH, unmounted:PATH: that something is mounted there. ro:PATH, rw:PATH: that what is
 * at PATH can be written, by its mount and its filesystem. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conditions/condition.h"
#include "models/mount.h"
#include "mountinfo.h"
#include "paths.h"
#include "statmount.h"

/* Links on the way, which come and go without an event of mounts. */
static int parse(struct wq_condition *c, struct wq_error *e)
{
	return wq_condition_path(c, false, e);
}

/* ---- Looking ---- */

static int read_mounts(struct libmnt_table **tb, struct wq_error *e)
{
	*tb = mnt_new_table();
	errno = ENOMEM;
	if (*tb && mnt_table_parse_file(*tb, "/proc/self/mountinfo") == 0)
		return 0;
	mnt_unref_table(*tb);
	return wq_fail(e, WQ_FAILURE, errno ? errno : EIO, "can't read /proc/self/mountinfo: %s; /proc must be mounted",
		       strerror(errno ? errno : EIO));
}

/* c->path is what the path is now, as far as it can be known: what events name. */
static void resolve(struct wq_condition *c)
{
	free(c->path);
	c->path = wq_path_resolve(c->object, &c->there);
	if (c->path)
		wq_path_tidy(c->path);
}

/* The mount that the path leads to, as mountinfo numbers it, which may hide others; *root: it is where
 * that is mounted. 0: the path leads nowhere. -errno. */
static int mount_of(const struct wq_condition *c, bool *root, struct wq_error *e)
{
	uint64_t id;
	int rc = wq_statx_mount(c->object, &id, root);

	if (rc == -ENOTSUP)
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "%.300s: this kernel doesn't tell what a path is on; Linux 5.8 is needed",
			       c->object);
	return rc ? wq_condition_no_path(c, -rc, e) : (int) id;
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

static int describe(struct wq_condition *c, int id, struct wq_error *e)
{
	struct libmnt_table *tb;
	struct libmnt_fs *fs;
	struct wq_mount m;
	int rc = read_mounts(&tb, e);

	if (rc)
		return rc;
	fs = find(tb, id);
	if (fs) {
		wq_mountinfo_describe(fs, 0, &m);
		m.id = m.parent = 0;	/* the unique ones mountinfo has not */
		c->found.mount = wq_mount_new(&m);
		if (!c->found.mount)
			rc = wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	mnt_unref_table(tb);
	return rc;
}

/* What the path is on, or is @at, in c->found; NULL: nothing, or it isn't there. */
static int look(struct wq_condition *c, bool at, struct wq_error *e)
{
	bool root = false;
	int id;

	wq_condition_listen(c);
	resolve(c);
	id = mount_of(c, &root, e);
	if (id <= 0)
		return id;
	return at && !root ? 0 : describe(c, id, e);
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
	return (ev->mount && ev->mount->target && is_on_the_way(c, ev->mount)) ||
	       (ev->was && ev->was->target && is_on_the_way(c, ev->was));
}

const struct wq_condition_kind wq_condition_mounted = {
	.name = "mounted", .object = "PATH", .source = "mounts",
	.parse = parse, .look = look_mounted, .concerns = concerns, .is_about = is_about,
};

const struct wq_condition_kind wq_condition_unmounted = {
	.name = "unmounted", .object = "PATH", .source = "mounts",
	.parse = parse, .look = look_unmounted, .concerns = concerns, .is_about = is_about,
};

const struct wq_condition_kind wq_condition_ro = {
	.name = "ro", .object = "PATH", .source = "mounts",
	.parse = parse, .look = look_ro, .concerns = concerns, .is_about = is_about,
};

const struct wq_condition_kind wq_condition_rw = {
	.name = "rw", .object = "PATH", .source = "mounts",
	.parse = parse, .look = look_rw, .concerns = concerns, .is_about = is_about,
};
