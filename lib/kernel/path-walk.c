// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/child.h"
#include "kernel/autofs.h"
#include "base/retry.h"
#include "kernel/not-supported.h"
#include "kernel/path-walk.h"
#include "uapi-mounts.h"

#define WQ_LINKS_MAX	40	/* as the kernel has it: path_resolution(7) */
#define WQ_EVENTS	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)

/* Where the walk is. */
struct place {
	struct wq_uapi_statx st;
	bool is_autofs;
};

struct walk {
	struct wq_path_walk *w;
	int inotify;
	pid_t pid;		/* of the process that asks */
	unsigned links;
	bool is_known;		/* w->path is what dir is */
	struct place at;
	char dir[WQ_WALK_MAX];	/* what the kernel is asked for: "" is the root, "." the working directory */
	char rest[WQ_WALK_MAX];	/* what comes after it */
};

/* ---- Texts ---- */

/* Append @n bytes of @text to @to. Return 0 or -ENAMETOOLONG. */
static int append(char to[static WQ_WALK_MAX], const char *text, size_t n)
{
	size_t len = strlen(to);

	if (len + n >= WQ_WALK_MAX)
		return -ENAMETOOLONG;
	memcpy(to + len, text, n);
	to[len + n] = '\0';
	return 0;
}

static int append_name(char to[static WQ_WALK_MAX], const char *name)
{
	int rc = append(to, "/", 1);

	return rc ? rc : append(to, name, strlen(name));
}

/* Remove the last name of @path. */
static void pop(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Put @link before what is still to come. */
static int prepend(char rest[static WQ_WALK_MAX], const char *link, size_t n)
{
	size_t len = strlen(rest);

	if (n + 1 + len >= WQ_WALK_MAX)
		return -ENAMETOOLONG;
	memmove(rest + n + 1, rest, len + 1);
	memcpy(rest, link, n);
	rest[n] = '/';
	if (len == 0)
		rest[n] = '\0';
	return 0;
}

/* Move the next name of @rest to @name. Return its length, 0 if there is none; -ENAMETOOLONG. */
static int take_name(char *rest, char name[static NAME_MAX + 1])
{
	size_t slashes = strspn(rest, "/"), len = strcspn(rest + slashes, "/");

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, rest + slashes, len);
	name[len] = '\0';
	memmove(rest, rest + slashes + len, strlen(rest + slashes + len) + 1);
	return (int) len;
}

/* What is not there: as it was written. */
static void add_rest(struct walk *k, const char *name)
{
	char next[NAME_MAX + 1];
	int rc = append_name(k->w->path, name);

	while (rc == 0 && (rc = take_name(k->rest, next)) > 0)
		rc = strcmp(next, ".") == 0 ? 0 : append_name(k->w->path, next);
	if (rc < 0)
		k->is_known = false;
}

/* ---- The kernel ---- */

/* Where there is no statx(2): old kernels, and sandboxes. */
static int stat_older(const char *path, int flag, struct wq_uapi_statx *to)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, flag | AT_NO_AUTOMOUNT))
		return -errno;
	*to = (struct wq_uapi_statx) {
		.mode = (uint16_t) st.st_mode, .rdev_major = major(st.st_rdev), .rdev_minor = minor(st.st_rdev),
		.dev_major = major(st.st_dev), .dev_minor = minor(st.st_dev),
	};
	return 0;
}

static int stat_at(const char *path, int flag, struct wq_uapi_statx *st)
{
	int flags = flag | AT_NO_AUTOMOUNT | WQ_UAPI_AT_STATX_DONT_SYNC;
	long rc;

	memset(st, 0, sizeof(*st));
	WQ_RETRY(rc, syscall(SYS_statx, AT_FDCWD, path, flags, WQ_UAPI_STATX_TYPE | WQ_UAPI_STATX_MNT_ID, st));
	if (rc == 0)
		return 0;
	return wq_not_supported(WQ_CALL_STATX, errno) ? stat_older(path, flag, st) : -errno;
}

/* All that is mounted on an autofs is in mountinfo. An autofs has no device. */
static void ask_autofs(struct walk *k, struct wq_autofs *a)
{
	const struct wq_uapi_statx *st = &k->at.st;

	*a = (struct wq_autofs) {
		.major = st->dev_major, .minor = st->dev_minor, .path = k->is_known ? a->path : NULL,
		.mount = st->mask & WQ_UAPI_STATX_MNT_ID ? st->mnt_id : 0,
	};
	if (wq_autofs_read(a))
		a->is_autofs = false;
}

/* The walk is at k->dir. */
static int arrive(struct walk *k)
{
	struct wq_uapi_statx before = k->at.st;
	struct wq_autofs a = { .path = NULL };
	int rc = stat_at(*k->dir ? k->dir : "/", AT_SYMLINK_NOFOLLOW, &k->at.st);

	if (rc)
		return rc;
	if (k->at.st.dev_major) {
		k->at.is_autofs = false;
	} else if (k->at.st.dev_major != before.dev_major || k->at.st.dev_minor != before.dev_minor || !before.mode) {
		ask_autofs(k, &a);
		k->at.is_autofs = a.is_autofs;
	}
	return 0;
}

/* Return whether a look-up of w->path, a name in the directory where the walk is, would mount something. */
static bool would_mount(struct walk *k)
{
	struct wq_autofs a = { .path = k->w->path };

	if (k->at.st.attributes & WQ_UAPI_STATX_ATTR_AUTOMOUNT)
		return true;
	if (!k->at.is_autofs)
		return false;
	ask_autofs(k, &a);
	return a.is_autofs && !a.leads_on;
}

/* Watch the directory where the walk is: before a name in it is looked up. */
static void watch(struct walk *k, const char *name)
{
	if (k->inotify < 0)
		return;
	if (inotify_add_watch(k->inotify, *k->dir ? k->dir : "/", WQ_EVENTS | IN_ONLYDIR) < 0 && !k->w->watch_err)
		k->w->watch_err = errno;
	if (!*k->w->names || append(k->w->names, name, strlen(name)) || append(k->w->names, "/", 1))
		k->w->names[0] = '\0';
}

/* ---- Steps ---- */

static int start(struct walk *k, const char *path)
{
	bool is_relative = *path != '/';
	long n = 0;

	/* Not by the name of the working directory: another may be mounted there. */
	strcpy(k->dir, is_relative ? "." : "");
	k->w->path[0] = '\0';
	if (is_relative)
		n = syscall(SYS_getcwd, k->w->path, (unsigned long) WQ_WALK_MAX);
	k->is_known = n >= 0 && (!is_relative || k->w->path[0] == '/');
	if (!k->is_known || strcmp(k->w->path, "/") == 0)
		k->w->path[0] = '\0';
	return arrive(k);
}

static int go_up(struct walk *k)
{
	size_t len = strlen(k->dir);
	int rc = 0;

	pop(k->w->path);
	if (strcmp(k->dir, ".") == 0 || (len >= 3 && strcmp(k->dir + len - 3, "/..") == 0))
		rc = append_name(k->dir, "..");
	else
		pop(k->dir);
	return rc ? rc : arrive(k);
}

/* A number as text. Return its length. */
static size_t put_number(char *to, unsigned long nr)
{
	char digits[24];
	size_t n = 0, i;

	do
		digits[n++] = (char) ('0' + nr % 10);
	while (nr /= 10);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	to[n] = '\0';
	return n;
}

static bool is_in_proc(const struct walk *k)
{
	struct wq_uapi_statx proc;

	return !k->at.st.dev_major && stat_at("/proc", 0, &proc) == 0 && !proc.dev_major &&
	       proc.dev_minor == k->at.st.dev_minor;
}

/* Links in /proc/PID lead to where no text says: only the kernel can follow them. */
static int follow_magic(struct walk *k)
{
	k->is_known = false;
	return stat_at(k->dir, 0, &k->at.st);
}

/* Read the link at k->dir. Return its length, or -errno. */
static ssize_t read_link(struct walk *k, char link[static PATH_MAX])
{
	ssize_t n = readlink(k->dir, link, PATH_MAX);
	char own[24];

	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	if (n == PATH_MAX)
		return -ENAMETOOLONG;
	link[n] = '\0';
	/* /proc/self is the process that asks, not its child. */
	put_number(own, (unsigned long) getpid());
	return k->pid && strcmp(link, own) == 0 && is_in_proc(k) ? (ssize_t) put_number(link, (unsigned long) k->pid) : n;
}

/* The walk is at a link, of which k->dir and w->path have the name. */
static int follow(struct walk *k, const struct place *from)
{
	char link[PATH_MAX];
	ssize_t n = read_link(k, link);
	int rc;

	if (n < 0)
		return (int) n;
	if (++k->links > WQ_LINKS_MAX)
		return -ELOOP;
	if ((link[0] == '/' || strstr(link, ":[")) && is_in_proc(k))
		return follow_magic(k);
	rc = prepend(k->rest, link, (size_t) n);
	if (rc)
		return rc;
	k->at = *from;
	pop(k->dir);
	pop(k->w->path);
	if (link[0] != '/')
		return 0;
	k->dir[0] = k->w->path[0] = '\0';
	k->is_known = true;
	return arrive(k);
}

static int enter(struct walk *k, const char *name)
{
	struct place from = k->at;
	int rc;

	watch(k, name);
	rc = append_name(k->dir, name);
	if (!rc)
		rc = append_name(k->w->path, name);
	if (rc)
		return rc;
	k->w->automount = would_mount(k);
	rc = k->w->automount ? -ENOENT : arrive(k);
	if (!rc && S_ISLNK(k->at.st.mode))
		return follow(k, &from);
	if (rc) {
		pop(k->w->path);
		add_rest(k, name);
	}
	return rc;
}

static int step(struct walk *k, const char *name)
{
	if (!S_ISDIR(k->at.st.mode)) {
		add_rest(k, name);
		return -ENOTDIR;
	}
	if (strcmp(name, ".") == 0)
		return 0;
	return strcmp(name, "..") == 0 ? go_up(k) : enter(k, name);
}

static int walk(struct walk *k, const char *path)
{
	char name[NAME_MAX + 1];
	bool is_dir = false;
	int rc, n;

	if (!*path)
		return -ENOENT;
	rc = append(k->rest, path, strlen(path));
	if (!rc)
		rc = start(k, path);
	while (!rc && (n = take_name(k->rest, name)) != 0) {
		rc = n < 0 ? n : step(k, name);
		is_dir = k->rest[0] == '/';
	}
	return rc ? rc : is_dir && !S_ISDIR(k->at.st.mode) ? -ENOTDIR : 0;
}

static void walk_as(struct wq_path_walk *w, const char *path, int inotify, pid_t pid)
{
	struct walk k = { .w = w, .inotify = inotify, .pid = pid };
	const struct wq_uapi_statx *st = &k.at.st;

	*w = (struct wq_path_walk) { .names = "/" };
	w->err = -walk(&k, path);
	if (!k.is_known)
		w->path[0] = '\0';
	else if (!w->path[0])
		strcpy(w->path, "/");
	if (w->err)
		return;
	w->has_mount = st->mask & WQ_UAPI_STATX_MNT_ID && st->attributes_mask & WQ_UAPI_STATX_ATTR_MOUNT_ROOT;
	w->root = st->attributes & WQ_UAPI_STATX_ATTR_MOUNT_ROOT;
	w->mount = st->mnt_id;
	w->mode = st->mode;
	w->major = st->rdev_major;
	w->minor = st->rdev_minor;
}

void wq_path_walk(struct wq_path_walk *w, const char *path, int inotify)
{
	walk_as(w, path, inotify, 0);
}

/* ---- In a child ---- */

struct call {
	const char *path;
	int inotify;
	pid_t pid;
};

static ssize_t run(void *data, void *out, size_t size)
{
	const struct call *c = data;

	walk_as(out, c->path, c->inotify, c->pid);
	return (ssize_t) size;
}

int wq_path_walk_in_child(struct wq_path_walk *w, const char *path, int inotify)
{
	struct call c = { .path = path, .inotify = inotify, .pid = getpid() };
	const struct wq_child_call call = { .fn = run, .data = &c, .keep = &inotify, .nkeep = inotify >= 0 };
	ssize_t n = wq_child_run(&call, w, sizeof(*w));

	return n < 0 ? (int) n : 0;
}
