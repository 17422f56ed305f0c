// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "path-watch.h"

#define WQ_LINKS_MAX	40	/* as the kernel has it: path_resolution(7) */
#define WQ_EVENTS	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)

struct wq_path_watch {
	char *path;
	int epfd;
	int wake, check;	/* mountinfo: polls so once for each change, whoever polls it */
	int inotify;	/* new with each arm(): what isn't on the way any more is forgotten */
	char *names;	/* that the way leads through, as "/a/b/" */
};

/* Without /proc, what is mounted on the way is not heard. */
static int open_mountinfo(struct wq_path_watch *w)
{
	w->wake = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (w->wake >= 0)
		w->check = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	return w->check < 0 && errno != ENOENT ? -errno : 0;
}

int wq_path_watch_new(struct wq_path_watch **out, const char *path, bool mounts)
{
	struct wq_path_watch *w = malloc(sizeof(*w));
	struct epoll_event ev = { .events = EPOLLPRI };
	int rc;

	if (!w)
		return -ENOMEM;
	*w = (struct wq_path_watch) { .path = strdup(path), .inotify = -1 };
	w->epfd = epoll_create1(EPOLL_CLOEXEC);
	w->wake = w->check = -1;
	rc = !w->path ? -ENOMEM : w->epfd < 0 ? -errno : mounts ? open_mountinfo(w) : 0;
	if (!rc && w->wake >= 0 && epoll_ctl(w->epfd, EPOLL_CTL_ADD, w->wake, &ev))
		rc = -errno;
	if (rc)
		wq_path_watch_free(w);
	else
		*out = w;
	return rc;
}

void wq_path_watch_free(struct wq_path_watch *w)
{
	if (!w)
		return;
	if (w->inotify >= 0)
		close(w->inotify);
	if (w->wake >= 0)
		close(w->wake);
	if (w->check >= 0)
		close(w->check);
	if (w->epfd >= 0)
		close(w->epfd);
	free(w->names);
	free(w->path);
	free(w);
}

int wq_path_watch_fd(const struct wq_path_watch *w)
{
	return w->epfd;
}

/* ---- Hearing ---- */

static bool is_on_the_way(const struct wq_path_watch *w, const struct inotify_event *ev)
{
	char name[NAME_MAX + 3];

	/* Of the directory itself; or nobody knows of what. */
	if (ev->len == 0 || !w->names)
		return true;
	snprintf(name, sizeof(name), "/%s/", ev->name);
	return strstr(w->names, name);
}

static bool has_new_mounts(const struct wq_path_watch *w)
{
	struct pollfd p = { .fd = w->check, .events = POLLPRI };

	return w->check >= 0 && poll(&p, 1, 0) > 0;
}

bool wq_path_watch_heard(struct wq_path_watch *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool heard = has_new_mounts(w);
	ssize_t n, at;

	while (w->inotify >= 0 && (n = read(w->inotify, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n;) {
			const struct inotify_event *ev = (const struct inotify_event *) (buf + at);

			heard |= is_on_the_way(w, ev);
			at += (ssize_t) (sizeof(*ev) + ev->len);
		}
	}
	return heard;
}

/* ---- The way ---- */

/* Without memory, all is heard. */
static void add_name(struct wq_path_watch *w, const char *name)
{
	char *more;

	if (asprintf(&more, "%s%s/", w->names ? w->names : "/", name) < 0)
		more = NULL;
	free(w->names);
	w->names = more;
}

/* A directory on the way: heard before what is in it is looked up. 1: it isn't there. */
static int watch_dir(struct wq_path_watch *w, const char *dir)
{
	if (inotify_add_watch(w->inotify, dir, WQ_EVENTS | IN_ONLYDIR) >= 0)
		return 0;
	return errno == ENOENT || errno == ENOTDIR ? 1 : -errno;
}

/* What @dir/@name is a link to, in @rest before what was to come behind it; 0: it is none. */
static ssize_t follow(const char *whole, char *rest, size_t size)
{
	char link[PATH_MAX], behind[2 * PATH_MAX];
	ssize_t n = readlink(whole, link, sizeof(link) - 1);

	if (n <= 0)
		return n < 0 && errno == ENAMETOOLONG ? -errno : 0;
	link[n] = '\0';
	snprintf(behind, sizeof(behind), "%s", rest);
	if ((size_t) snprintf(rest, size, "%s%s%s", link, *behind ? "/" : "", behind) >= size)
		return -ENAMETOOLONG;
	return n;
}

/* Watches each directory that @rest leads through, from @dir on, as far as they are there. */
static int watch_way(struct wq_path_watch *w, char *dir, char *rest, size_t size)
{
	unsigned links = 0;
	int rc = 0;

	while (*rest) {
		size_t slashes = strspn(rest, "/"), len, end = strlen(dir);
		char name[NAME_MAX + 1];

		memmove(rest, rest + slashes, strlen(rest + slashes) + 1);
		len = strcspn(rest, "/");
		if (len == 0)
			break;
		if (len > NAME_MAX || end + len + 2 > size)
			return -ENAMETOOLONG;
		rc = watch_dir(w, *dir ? dir : "/");
		if (rc)
			break;
		snprintf(name, sizeof(name), "%.*s", (int) len, rest);
		add_name(w, name);
		memmove(rest, rest + len, strlen(rest + len) + 1);
		snprintf(dir + end, size - end, "/%s", name);
		rc = (int) follow(dir, rest, size);
		if (rc < 0)
			break;
		if (rc > 0) {
			if (++links > WQ_LINKS_MAX)
				return 0;	/* it leads nowhere, until a link is another */
			dir[*rest == '/' ? 0 : end] = '\0';
		}
	}
	return rc < 0 ? rc : 0;
}

int wq_path_watch_arm(struct wq_path_watch *w)
{
	char dir[2 * PATH_MAX] = "", rest[2 * PATH_MAX];
	struct epoll_event ev = { .events = EPOLLIN };

	free(w->names);
	w->names = NULL;
	if (w->inotify >= 0)
		close(w->inotify);
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->inotify < 0)
		return -errno;
	if (epoll_ctl(w->epfd, EPOLL_CTL_ADD, w->inotify, &ev))
		return -errno;
	/* Not by the name of the working directory: another may be mounted there. And ".." is
	 * what it is on the disk: the kernel resolves it, in @dir, too. */
	if (*w->path != '/')
		strcpy(dir, ".");
	if ((size_t) snprintf(rest, sizeof(rest), "%s", w->path) >= sizeof(rest))
		return -ENAMETOOLONG;
	return watch_way(w, dir, rest, sizeof(rest));
}
