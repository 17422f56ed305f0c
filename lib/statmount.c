// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/retry.h"
#include "statmount.h"
#include "uapi-mounts.h"

#define WQ_BUF_FIRST	2048	/* bytes: paths and options are rarely longer, and the kernel allocates as many */
#define WQ_BUF_MAX	(16u << 20)
#define WQ_MASK \
	(WQ_UAPI_STATMOUNT_SB_BASIC | WQ_UAPI_STATMOUNT_MNT_BASIC | WQ_UAPI_STATMOUNT_MNT_ROOT | \
	 WQ_UAPI_STATMOUNT_MNT_POINT | WQ_UAPI_STATMOUNT_FS_TYPE | WQ_UAPI_STATMOUNT_MNT_OPTS | \
	 WQ_UAPI_STATMOUNT_FS_SUBTYPE | WQ_UAPI_STATMOUNT_SB_SOURCE)

struct wq_statmount {
	const struct wq_mount_ns *ns;
	struct wq_uapi_statmount *buf;
	size_t size;
	char vfs[128], type[128];
	char *fs;		/* room for its options */
	size_t fs_room;
};

struct wq_statmount *wq_statmount_new(const struct wq_mount_ns *ns)
{
	struct wq_statmount *sm = calloc(1, sizeof(*sm));

	if (!sm)
		return NULL;
	sm->ns = ns;
	sm->size = WQ_BUF_FIRST;
	sm->buf = malloc(sm->size);
	if (sm->buf)
		return sm;
	free(sm);
	return NULL;
}

void wq_statmount_free(struct wq_statmount *sm)
{
	if (!sm)
		return;
	free(sm->buf);
	free(sm->fs);
	free(sm);
}

/* ---- Options in words, as in mountinfo: fs/proc_namespace.c ---- */

struct word {
	uint32_t bit;
	const char *text;
};

static size_t put_words(char *to, size_t size, bool readonly, uint64_t flags,
			const struct word *words, unsigned n)
{
	size_t len = (size_t) snprintf(to, size, "%s", readonly ? "ro" : "rw");
	unsigned i;

	for (i = 0; i < n; i++)
		if (flags & words[i].bit)
			len += (size_t) snprintf(to + len, size - len, ",%s", words[i].text);
	return len;
}

static const char *vfs_options(struct wq_statmount *sm, uint64_t attr)
{
	static const struct word first[] = {
		{ WQ_UAPI_ATTR_NOSUID, "nosuid" }, { WQ_UAPI_ATTR_NODEV, "nodev" },
		{ WQ_UAPI_ATTR_NOEXEC, "noexec" }, { WQ_UAPI_ATTR_NOATIME, "noatime" },
		{ WQ_UAPI_ATTR_NODIRATIME, "nodiratime" },
	}, last[] = {
		{ WQ_UAPI_ATTR_NOSYMFOLLOW, "nosymfollow" }, { WQ_UAPI_ATTR_IDMAP, "idmapped" },
	};
	size_t len = put_words(sm->vfs, sizeof(sm->vfs), attr & WQ_UAPI_ATTR_RDONLY, attr, first, 5);
	unsigned i;

	if ((attr & WQ_UAPI_ATTR_ATIME) == WQ_UAPI_ATTR_RELATIME)
		len += (size_t) snprintf(sm->vfs + len, sizeof(sm->vfs) - len, ",relatime");
	for (i = 0; i < 2; i++)
		if (attr & last[i].bit)
			len += (size_t) snprintf(sm->vfs + len, sizeof(sm->vfs) - len, ",%s", last[i].text);
	return sm->vfs;
}

static bool is_octal(const char *p)
{
	return p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' && p[3] <= '7';
}

/* The filesystems write options as into mountinfo: a blank in one is \040. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (is_octal(text)) {
			*to++ = (char) ((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* NULL without memory. */
static const char *fs_options(struct wq_statmount *sm, uint32_t flags, const char *more)
{
	static const struct word words[] = {
		{ WQ_UAPI_SB_SYNCHRONOUS, "sync" }, { WQ_UAPI_SB_DIRSYNC, "dirsync" },
		{ WQ_UAPI_SB_LAZYTIME, "lazytime" },
	};
	size_t need = 64 + strlen(more), len;

	if (need > sm->fs_room) {
		free(sm->fs);
		sm->fs = malloc(2 * need);
		sm->fs_room = sm->fs ? 2 * need : 0;
	}
	if (!sm->fs)
		return NULL;
	len = put_words(sm->fs, sm->fs_room, flags & WQ_UAPI_SB_RDONLY, flags, words, 3);
	if (*more) {
		snprintf(sm->fs + len, sm->fs_room - len, ",%s", more);
		unescape(sm->fs + len);
	}
	return sm->fs;
}

/* ---- statmount(2) ---- */

static int call(struct wq_statmount *sm, uint64_t id)
{
	struct wq_uapi_mnt_id_req req = {
		.size = sm->ns->id ? sizeof(req) : WQ_UAPI_MNT_ID_REQ_24, .mnt_id = id, .param = WQ_MASK,
		.ns_id = sm->ns->id,
	};

	for (;;) {
		void *more;
		long rc;

		WQ_RETRY(rc, syscall(WQ_UAPI_SYS_STATMOUNT, &req, sm->buf, sm->size, 0));
		if (rc == 0)
			return 0;
		if (errno != EOVERFLOW || sm->size >= WQ_BUF_MAX)
			return -errno;
		more = realloc(sm->buf, 2 * sm->size);
		if (!more)
			return -ENOMEM;
		sm->buf = more;
		sm->size *= 2;
	}
}

/* The text at @offset, if the kernel gave what @bit stands for; else NULL. */
static const char *text(const struct wq_statmount *sm, uint32_t bit, uint32_t offset)
{
	size_t room = sm->size - sizeof(*sm->buf);

	if (!(sm->buf->mask & bit) || offset >= room || !memchr(sm->buf->str + offset, '\0', room - offset))
		return NULL;
	return sm->buf->str + offset;
}

/* "fuse.sshfs", as mountinfo has it. */
static const char *fs_type(struct wq_statmount *sm)
{
	const char *type = text(sm, WQ_UAPI_STATMOUNT_FS_TYPE, sm->buf->fs_type);
	const char *sub = text(sm, WQ_UAPI_STATMOUNT_FS_SUBTYPE, sm->buf->fs_subtype);

	if (!type || !sub || !*sub)
		return type;
	snprintf(sm->type, sizeof(sm->type), "%.60s.%.60s", type, sub);
	return sm->type;
}

static unsigned propagation(uint64_t flags)
{
	return (flags & WQ_UAPI_MS_SHARED ? WQ_PROPAGATION_SHARED : 0u) |
	       (flags & WQ_UAPI_MS_SLAVE ? WQ_PROPAGATION_SLAVE : 0u) |
	       (flags & WQ_UAPI_MS_UNBINDABLE ? WQ_PROPAGATION_UNBINDABLE : 0u);
}

int wq_statmount(struct wq_statmount *sm, uint64_t id, struct wq_mount *m)
{
	const struct wq_uapi_statmount *b;
	const char *point, *options;
	int rc = call(sm, id);

	if (rc)
		return rc;
	b = sm->buf;
	point = text(sm, WQ_UAPI_STATMOUNT_MNT_POINT, b->mnt_point);
	options = text(sm, WQ_UAPI_STATMOUNT_MNT_OPTS, b->mnt_opts);
	*m = (struct wq_mount) {
		.id = id, .parent = b->mnt_parent_id, .old_id = b->mnt_id_old,
		.major = b->sb_dev_major, .minor = b->sb_dev_minor,
		.propagation = propagation(b->mnt_propagation), .peer_group = b->mnt_peer_group,
		.ns = sm->ns->inode,
		.target = point && *point ? point : NULL,
		.root = text(sm, WQ_UAPI_STATMOUNT_MNT_ROOT, b->mnt_root),
		.source = text(sm, WQ_UAPI_STATMOUNT_SB_SOURCE, b->sb_source),
		.fstype = fs_type(sm),
		.vfs_options = vfs_options(sm, b->mnt_attr),
		.fs_options = fs_options(sm, b->sb_flags, options ? options : ""),
	};
	if (!m->source && b->mask & WQ_UAPI_STATMOUNT_MNT_BASIC)
		m->source = "";		/* the kernel leaves out what is empty, as in mount(2) */
	return m->fs_options ? 0 : -ENOMEM;
}

ssize_t wq_listmount(struct wq_statmount *sm, uint64_t after, uint64_t *ids, size_t max)
{
	struct wq_uapi_mnt_id_req req = {
		.size = sm->ns->id ? sizeof(req) : WQ_UAPI_MNT_ID_REQ_24, .mnt_id = WQ_UAPI_LSMT_ROOT,
		.param = after, .ns_id = sm->ns->id,
	};
	long n;

	WQ_RETRY(n, syscall(WQ_UAPI_SYS_LISTMOUNT, &req, ids, max, 0));
	return n < 0 ? -errno : n;
}

int wq_statx_mount(const char *path, uint64_t *id, bool *root)
{
	struct wq_uapi_statx st = { 0 };
	long rc;

	WQ_RETRY(rc, syscall(SYS_statx, AT_FDCWD, path, AT_NO_AUTOMOUNT | WQ_UAPI_AT_STATX_DONT_SYNC, WQ_UAPI_STATX_MNT_ID, &st));
	if (rc)
		return -errno;
	if (!(st.mask & WQ_UAPI_STATX_MNT_ID) || !(st.attributes_mask & WQ_UAPI_STATX_ATTR_MOUNT_ROOT))
		return -ENOTSUP;
	*id = st.mnt_id;
	*root = st.attributes & WQ_UAPI_STATX_ATTR_MOUNT_ROOT;
	return 0;
}
