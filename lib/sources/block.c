// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/retry.h"
#include "kernel/not-supported.h"
#include "kernel/path-walk.h"
#include "side.h"
#include "sources/block.h"

#define WQ_CLASS	"/sys/class/block"
#define WQ_PATIENCE	2000000000u	/* ns, of a path look-up */

/* ---- /sys ---- */

/* The first line of a file in that folder, without its newline. 0 or -errno. */
static int read_line(const char *dir, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd, err;

	if ((size_t) snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return -ENAMETOOLONG;
	WQ_RETRY(fd, open(path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;
	WQ_RETRY(n, read(fd, buf, size - 1));
	err = errno;
	close(fd);
	if (n < 0)
		return -err;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static int read_number(const char *dir, const char *name, uint64_t *nr)
{
	char text[32];
	int rc = read_line(dir, name, text, sizeof(text));

	if (!rc && sscanf(text, "%" SCNu64, nr) != 1)
		rc = -EBADMSG;
	return rc;
}

/* "8:1" and nothing behind it; 0 is no device's number. */
static uint64_t parse_dev(const char *text)
{
	unsigned ma, mi;
	int end = 0;

	if (sscanf(text, "%u:%u%n", &ma, &mi, &end) < 2 || text[end] || ma > 0xfff || mi > 0xfffff)
		return 0;
	return (uint64_t) ma << 20 | mi;
}

static int read_dev(const char *dir, const char *name, uint64_t *dev)
{
	char text[32];
	int rc = read_line(dir, name, text, sizeof(text));

	if (!rc && (*dev = parse_dev(text)) == 0)
		rc = -EBADMSG;
	return rc;
}

/* The last part of *@path, which is cut off. */
static void cut_name(char *path, char *name)
{
	char *slash = strrchr(path, '/');

	snprintf(name, WQ_DEVICE_NAME, "%.*s", WQ_DEVICE_NAME - 1, slash ? slash + 1 : path);
	if (slash)
		*slash = '\0';
}

int wq_block_read(const char *path, struct wq_device *d)
{
	char link[PATH_MAX];
	uint64_t nr;
	ssize_t n;
	int rc;

	WQ_RETRY(n, readlink(path, link, sizeof(link) - 1));
	*d = (struct wq_device) { .dev = 0 };
	if (n < 0)
		return -errno;
	link[n] = '\0';
	rc = read_dev(path, "dev", &d->dev);
	if (rc)
		return rc;
	/* ".../block/sda/sda1" */
	cut_name(link, d->name);
	rc = read_number(path, "partition", &nr);
	if (rc && !wq_is_gone(WQ_CALL_SYSFS, -rc))
		return rc;
	if (rc == 0) {
		cut_name(link, d->disk_name);
		rc = read_number(path, "start", &d->start);
		if (!rc)
			rc = read_dev(path, "../dev", &d->disk);
	} else {
		memcpy(d->disk_name, d->name, sizeof(d->disk_name));
		d->disk = d->dev;
		read_number(path, "diskseq", &d->seq);
		rc = 0;
	}
	if (!rc)
		rc = read_number(path, "size", &d->size);
	d->has_size = !rc;
	return rc;
}

int wq_block_read_dev(uint64_t dev, struct wq_device *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", (unsigned) (dev >> 20), (unsigned) (dev & 0xfffff));
	return wq_block_read(path, d);
}

/* Devices that have an entry in @path whose name begins so. */
static int list(const char *path, const char *begin, int (*fn)(void *data, const struct wq_device *d), void *data)
{
	struct dirent **entries;
	int n, i, rc = 0;

	WQ_RETRY(n, scandir(path, &entries, NULL, versionsort));
	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char link[sizeof(WQ_CLASS) + 1 + sizeof(entries[i]->d_name)];
		struct wq_device d;

		snprintf(link, sizeof(link), WQ_CLASS "/%s", name);
		if (!rc && name[0] != '.' && strncmp(name, begin, strlen(begin)) == 0) {
			rc = wq_block_read(link, &d);
			/* Removed meanwhile, or no device: an attribute, which is no link or has no "dev". */
			rc = rc == 0 ? fn(data, &d) : rc == -EINVAL || rc == -ENOTDIR || wq_is_gone(WQ_CALL_SYSFS, -rc) ? 0 : rc;
		}
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int wq_block_list(int (*fn)(void *data, const struct wq_device *d), void *data)
{
	return list(WQ_CLASS, "", fn, data);
}

int wq_block_partitions(const char *disk, int (*fn)(void *data, const struct wq_device *d), void *data)
{
	char path[sizeof(WQ_CLASS) + 1 + WQ_DEVICE_NAME];

	snprintf(path, sizeof(path), WQ_CLASS "/%s", disk);
	return list(path, disk, fn, data);
}

uint64_t wq_block_seqnum(void)
{
	uint64_t nr = 0;

	read_number("/sys/kernel", "uevent_seqnum", &nr);
	return nr;
}

void wq_block_side(struct wq_side *side, const struct wq_device *d)
{
	bool is_partition = wq_device_is_partition(d);

	wq_side_set_text(side, WQ_SIDE_DEVICE, d->disk_name);
	wq_side_set_text(side, WQ_SIDE_DEVTYPE, is_partition ? "partition" : "disk");
	if (is_partition)
		wq_side_set_text(side, WQ_SIDE_PARTITION, d->name);
}

/* ---- What the user wants to see ---- */

/* A path, or else the name or the number of a device. */
static int look_up(struct wq_source *s, uint64_t key, const char *object, struct wq_device *d, struct wq_error *e)
{
	char path[PATH_MAX];
	struct wq_path_walk walk;
	uint64_t dev;
	int rc = wq_source_look_up(s, key, object, WQ_PATIENCE, &walk), found = -ENOENT;

	if (!rc)
		rc = -walk.err;
	if (!rc && S_ISBLK(walk.mode)) {
		found = wq_block_read_dev((uint64_t) walk.major << 20 | walk.minor, d);
	} else if (!strchr(object, '/')) {
		dev = parse_dev(object);
		if (dev)
			found = wq_block_read_dev(dev, d);
		else if (*object && object[0] != '.' &&
			 (size_t) snprintf(path, sizeof(path), WQ_CLASS "/%s", object) < sizeof(path))
			found = wq_block_read(path, d);
	}
	if (!found)
		return 0;
	if (!rc && !S_ISBLK(walk.mode))
		return wq_fail(e, WQ_FAILURE, ENOTBLK, "%s: not a block device", object);
	if (rc == -EOPNOTSUPP)
		return wq_fail(e, WQ_NOTSUPP, EOPNOTSUPP, "%s: a look-up there may never return; allow threads, or name the device by its name or number", object);
	if (rc == -ETIMEDOUT)
		return wq_fail(e, WQ_FAILURE, ETIMEDOUT, "%s: its filesystem does not answer; name the device by its name or number, such as sda or 8:0", object);
	if (found != -ENOTDIR && !wq_is_gone(WQ_CALL_SYSFS, -found))
		return wq_fail(e, WQ_FAILURE, -found, "%s: can't read what /sys has of it: %s", object, strerror(-found));
	if (rc && rc != -ENOENT && rc != -ENOTDIR)
		return wq_fail(e, WQ_FAILURE, -rc, "%s: %s", object, strerror(-rc));
	return wq_fail(e, WQ_FAILURE, ENODEV, "%s: no such block device", object);
}

int wq_block_wanted_open(struct wq_block_wanted *w, struct wq_source *s, const struct wq_source_config *c,
			 struct wq_error *e)
{
	size_t i;
	int rc = 0;

	*w = (struct wq_block_wanted) { .all = NULL };
	if (c->nobjects == 0) {
		w->all = wq_engine_watch(s, (uint8_t) wq_source_id(c, 0), s->ops->source, s->ops->backend, "all");
		return w->all ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	if (wq_source_last_id(c) > 255)
		return wq_fail(e, WQ_FAILURE, E2BIG, "IDs of watches go to 255, and there are %zu devices", c->nobjects);
	w->watches = calloc(c->nobjects, sizeof(*w->watches));
	if (!w->watches)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	for (i = 0; i < c->nobjects && !rc; i++) {
		struct wq_block_watch *to = &w->watches[i];
		struct wq_device d;

		rc = look_up(s, i, c->objects[i], &d, e);
		if (rc)
			break;
		to->dev = d.dev;
		to->disk = d.disk;
		to->watch = wq_engine_watch(s, (uint8_t) wq_source_id(c, i), s->ops->source, s->ops->backend, c->objects[i]);
		if (!to->watch)
			rc = wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
		w->n++;
	}
	if (rc)
		wq_block_wanted_close(w);
	return rc;
}

void wq_block_wanted_close(struct wq_block_wanted *w)
{
	free(w->watches);
	*w = (struct wq_block_wanted) { .n = 0 };
}

const struct wq_watch *wq_block_watch(const struct wq_block_wanted *w, uint64_t disk, uint64_t part)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		const struct wq_block_watch *b = &w->watches[i];

		if (b->dev == (b->dev == b->disk ? disk : part))
			return b->watch;
	}
	return w->n ? NULL : w->all;
}
