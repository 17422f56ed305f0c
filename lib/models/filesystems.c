// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <poll.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/child.h"
#include "kernel/dev-node.h"
#include "models/filesystems.h"
#include "side.h"

#define WQ_TARGETS_MAX	16384	/* bytes: who needs more of them reads mountinfo */

struct wq_filesystems {
	struct wq_filesystem *first, **end;
	void *by_dev;		/* tsearch(3) */
	int fd;			/* of mountinfo: its own place in the stream of changes */
	char *targets, fsid[17];	/* of the one that was asked about last */
};

struct wq_filesystems *wq_filesystems_new(void)
{
	struct wq_filesystems *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->end = &t->first;
	t->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	return t;
}

/* ---- One of them ---- */

/* Where it was last is still to be said when it is nowhere. */
static void forget_mounts(struct wq_filesystem *fs)
{
	unsigned i;

	if (fs->nmounts) {
		free(fs->was_target);
		fs->was_target = fs->mounts[0].target;
	}
	for (i = 1; i < fs->nmounts; i++)
		free(fs->mounts[i].target);
	free(fs->mounts);
	fs->mounts = NULL;
	fs->nmounts = 0;
}

static void free_one(struct wq_filesystem *fs)
{
	forget_mounts(fs);
	free(fs->was_target);
	free(fs->source);
	free(fs->fstype);
	free(fs->options);
	free(fs);
}

static bool set(char **to, const char *text)
{
	char *copy;

	if (*to && text && strcmp(*to, text) == 0)
		return true;
	copy = text ? strdup(text) : NULL;
	if (text && !copy)
		return false;
	free(*to);
	*to = copy;
	return true;
}

static bool add_mount(struct wq_filesystem *fs, struct libmnt_fs *m)
{
	const char *target = mnt_fs_get_target(m);
	struct wq_fs_mount *more = realloc(fs->mounts, (fs->nmounts + 1) * sizeof(*more));

	if (!more)
		return false;
	fs->mounts = more;
	more[fs->nmounts] = (struct wq_fs_mount) { .id = mnt_fs_get_id(m), .target = target ? strdup(target) : NULL };
	if (!more[fs->nmounts].target)
		return false;
	fs->nmounts++;
	return true;
}

static bool has_option(const char *options, const char *name)
{
	char *value;
	size_t size;

	return options && mnt_optstr_get_option(options, name, &value, &size) == 0;
}

/* Some (btrfs) have a number of no device, and a device all the same. */
static bool is_on_device(const struct wq_filesystem *fs)
{
	if (fs->dev >> 20)
		return true;
	/* A process in a container may choose the source: no look-up leaves /dev. */
	return fs->source && strncmp(fs->source, "/dev/", 5) == 0 && wq_dev_node_number(fs->source + 5);
}

/* What it is, of the first of its mounts. */
static bool describe(struct wq_filesystem *fs, struct libmnt_fs *m)
{
	const char *source = mnt_fs_get_source(m), *options = mnt_fs_get_fs_options(m);
	bool new_source = !fs->source || !source || strcmp(fs->source, source) != 0;

	if (!set(&fs->source, source ? source : "none") || !set(&fs->fstype, mnt_fs_get_fstype(m)) ||
	    !set(&fs->options, options ? options : ""))
		return false;
	if (new_source)
		fs->has_device = is_on_device(fs);
	/* fs/ext4/super.c: EMERGENCY_RO; the superblock's own flag stays what it was. */
	fs->readonly = has_option(fs->options, "ro") || has_option(fs->options, "emergency_ro");
	fs->shutdown = has_option(fs->options, "shutdown");
	return true;
}

/* ---- The table ---- */

static int by_dev(const void *a, const void *b)
{
	uint64_t x = ((const struct wq_filesystem *) a)->dev, y = ((const struct wq_filesystem *) b)->dev;

	return x < y ? -1 : x > y;
}

void wq_filesystems_remove(struct wq_filesystems *t, struct wq_filesystem *fs)
{
	if (!fs->replaced)
		tdelete(fs, &t->by_dev, by_dev);
	*fs->at = fs->next;
	if (fs->next)
		fs->next->at = fs->at;
	else
		t->end = fs->at;
	free_one(fs);
}

void wq_filesystems_free(struct wq_filesystems *t)
{
	if (!t)
		return;
	while (t->first)
		wq_filesystems_remove(t, t->first);
	if (t->fd >= 0)
		close(t->fd);
	free(t->targets);
	free(t);
}

struct wq_filesystem *wq_filesystems_first(const struct wq_filesystems *t)
{
	return t->first;
}

struct wq_filesystem *wq_filesystems_find(const struct wq_filesystems *t, uint64_t dev)
{
	struct wq_filesystem key = { .dev = dev }, **found = tfind(&key, &t->by_dev, by_dev);

	return found ? *found : NULL;
}

static struct wq_filesystem *of_mount(const struct wq_filesystems *t, int id)
{
	struct wq_filesystem *fs;
	unsigned i;

	for (fs = t->first; fs; fs = fs->next)
		for (i = 0; i < fs->nmounts; i++)
			if (fs->mounts[i].id == id)
				return fs;
	return NULL;
}

static struct wq_filesystem *add(struct wq_filesystems *t, uint64_t dev)
{
	struct wq_filesystem *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return NULL;
	fs->dev = dev;
	if (!tsearch(fs, &t->by_dev, by_dev)) {
		free(fs);
		return NULL;
	}
	fs->at = t->end;
	*t->end = fs;
	t->end = &fs->next;
	return fs;
}

/* ---- Reading ---- */

/* Numbers are used again: of those without a device by any other, of a device by what it is
 * formatted with next. The source of one that has a device may change: btrfs has several. */
static bool is_another(const struct wq_filesystem *fs, struct libmnt_fs *m)
{
	const char *source = mnt_fs_get_source(m);

	return strcmp(fs->fstype, mnt_fs_get_fstype(m)) != 0 ||
	       (!fs->has_device && strcmp(fs->source, source ? source : "none") != 0);
}

static bool take(struct wq_filesystems *t, struct libmnt_fs *m)
{
	dev_t dev = mnt_fs_get_devno(m);
	uint64_t nr = (uint64_t) major(dev) << 20 | minor(dev);
	struct wq_filesystem *fs = wq_filesystems_find(t, nr);

	if (fs && !fs->nmounts && is_another(fs, m)) {
		tdelete(fs, &t->by_dev, by_dev);
		fs->replaced = true;
		fs = NULL;
	}
	if (!fs)
		fs = add(t, nr);
	return fs && (fs->nmounts || describe(fs, m)) && add_mount(fs, m);
}

bool wq_filesystems_changed(struct wq_filesystems *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLPRI };

	return poll(&p, 1, 0) == 1 && p.revents & POLLPRI;
}

static int read_once(struct wq_filesystems *t)
{
	struct libmnt_table *tb = mnt_new_table();
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct wq_filesystem *fs;
	struct libmnt_fs *m;
	int rc = tb && it ? 0 : -ENOMEM;
	/* Opened anew: it has paths from the root that the process had then. */
	FILE *file = rc ? NULL : fopen("/proc/self/mountinfo", "re");

	if (!rc && !file)
		rc = -errno;
	wq_filesystems_changed(t);	/* what changes from now on may not be read */
	if (!rc && mnt_table_parse_stream(tb, file, "/proc/self/mountinfo"))
		rc = errno ? -errno : -EIO;
	for (fs = rc ? NULL : t->first; fs; fs = fs->next)
		forget_mounts(fs);
	while (!rc && mnt_table_next_fs(tb, it, &m) == 0)
		if (!take(t, m))
			rc = -ENOMEM;
	if (file)
		fclose(file);
	mnt_free_iter(it);
	mnt_unref_table(tb);
	return rc;
}

int wq_filesystems_read(struct wq_filesystems *t)
{
	int rc;

	do
		rc = read_once(t);
	while (rc == -EINTR);
	return rc;
}

/* ---- What is known of one ---- */

/* That of which the device is another one than the source. */
static struct wq_filesystem *of_btrfs(const struct wq_filesystems *t, uint64_t dev)
{
	struct wq_filesystem *fs;

	for (fs = t->first; fs; fs = fs->next)
		if (fs->nmounts && strcmp(fs->fstype, "btrfs") == 0 && strncmp(fs->source, "/dev/", 5) == 0 &&
		    wq_dev_node_same_btrfs(wq_dev_node_number(fs->source + 5), dev))
			return fs;
	return NULL;
}

static struct wq_filesystem *of_device(const struct wq_filesystems *t, uint64_t dev, const char *path)
{
	struct wq_filesystem *fs = wq_filesystems_find(t, dev);

	/* Some (btrfs) have a number of no device, and the source that was named when it was mounted. */
	if (!fs || !fs->nmounts)
		for (fs = t->first; fs && (!fs->nmounts || strcmp(fs->source, path) != 0); fs = fs->next)
			;
	return fs ? fs : of_btrfs(t, dev);
}

/* The ID in mountinfo of the mount that @fd is on; -errno. System calls only: in a child. */
static int mount_id(int fd)
{
	char path[64], text[512], *id;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	id = strstr(text, "mnt_id:");
	return id ? (int) strtol(id + strlen("mnt_id:"), NULL, 10) : -ENODATA;
}

int wq_fs_locate(const char *path, struct wq_fs_place *place)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	*place = (struct wq_fs_place) { 0 };
	if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode))
		place->device = (uint64_t) major(st.st_rdev) << 20 | minor(st.st_rdev);
	else
		place->mount = mount_id(fd);
	close(fd);
	return 0;
}

static ssize_t locate(void *path, void *place, size_t size)
{
	int rc = wq_fs_locate(path, place);

	return rc ? rc : (ssize_t) size;
}

int wq_fs_locate_in_child(const char *path, struct wq_fs_place *place, unsigned timeout)
{
	const struct wq_child_call call = { .fn = locate, .data = (void *) path, .timeout = timeout };
	ssize_t n = wq_child_run(&call, place, sizeof(*place));

	return n < 0 ? (int) n : 0;
}

int wq_filesystems_of_path(const struct wq_filesystems *t, const char *path, struct wq_filesystem **fs,
			   struct wq_error *e)
{
	struct wq_fs_place place;
	int rc = wq_fs_locate(path, &place);

	return rc ? wq_fail(e, WQ_FAILURE, -rc, "%s: %s", path, strerror(-rc)) : wq_filesystems_at(t, path, &place, fs, e);
}

struct wq_filesystem *wq_filesystems_of_name(const struct wq_filesystems *t, const char *path)
{
	struct wq_filesystem *fs, *found = NULL;
	size_t longest = 0;
	int last = -1;
	unsigned i;

	for (fs = t->first; fs; fs = fs->next)
		for (i = 0; i < fs->nmounts; i++) {
			const char *target = fs->mounts[i].target;
			size_t len = strcmp(target, "/") == 0 ? 0 : strlen(target);

			if (strncmp(path, target, len) != 0 || (path[len] && path[len] != '/') || len < longest ||
			    (found && len == longest && fs->mounts[i].id < last))
				continue;
			found = fs;
			longest = len;
			last = fs->mounts[i].id;
		}
	return found;
}

int wq_filesystems_at(const struct wq_filesystems *t, const char *path, const struct wq_fs_place *place,
		      struct wq_filesystem **fs, struct wq_error *e)
{
	if (place->device) {
		*fs = of_device(t, place->device, path);
		return *fs ? 0 : wq_fail(e, WQ_FAILURE, ENOENT, "%s: no filesystem of that device is mounted in this mount namespace; name it when it is", path);
	}
	*fs = place->mount < 0 ? NULL : of_mount(t, place->mount);
	return *fs ? 0 : wq_fail(e, WQ_FAILURE, ENOENT, "%s: the filesystem that it is on is not mounted in this mount namespace; name a path below a mount that findmnt(8) shows", path);
}

/* All places, a newline between two. */
static const char *join_targets(struct wq_filesystems *t, const struct wq_filesystem *fs)
{
	unsigned i, n;
	size_t len = 1;
	char *p;

	for (i = 0; i < fs->nmounts && len <= WQ_TARGETS_MAX; i++)
		len += strlen(fs->mounts[i].target) + 1;
	n = i;
	free(t->targets);
	p = t->targets = malloc(len);
	if (!p)
		return NULL;
	*p = '\0';
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s%s", i ? "\n" : "", fs->mounts[i].target);
	return t->targets;
}

void wq_filesystem_side(struct wq_filesystems *t, const struct wq_filesystem *fs, struct wq_side *side)
{
	unsigned i;

	if (!fs) {
		wq_side_set_text(side, WQ_SIDE_TARGET, NULL);
		wq_side_set_text(side, WQ_SIDE_SOURCE, NULL);
		wq_side_set_text(side, WQ_SIDE_FSTYPE, NULL);
		return;
	}
	wq_side_set(side, WQ_SIDE_DEV, fs->dev);
	wq_side_set_text(side, WQ_SIDE_TARGET, fs->nmounts ? fs->mounts[0].target : fs->was_target);
	if (fs->nmounts)
		wq_side_set_text(side, WQ_SIDE_TARGETS, join_targets(t, fs));
	wq_side_set_text(side, WQ_SIDE_SOURCE, fs->source);
	wq_side_set_text(side, WQ_SIDE_FSTYPE, fs->fstype);
	wq_side_set_text(side, WQ_SIDE_FS_OPTIONS, fs->options);
	for (i = 0; i < sizeof(fs->fsid) && fs->has_fsid; i++)
		sprintf(t->fsid + 2 * i, "%02x", fs->fsid[i]);
	if (fs->has_fsid)
		wq_side_set_text(side, WQ_SIDE_FSID, t->fsid);
}
