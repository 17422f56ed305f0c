// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/retry.h"
#include "kernel/ns-file.h"
#include "statmount.h"
#include "uapi-mounts.h"

static int unique_id(int fd, uint64_t *id)
{
	struct wq_uapi_statx st = { 0 };

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | WQ_UAPI_AT_STATX_DONT_SYNC, WQ_UAPI_STATX_MNT_ID_UNIQUE, &st))
		return -errno;
	if (!(st.mask & WQ_UAPI_STATX_MNT_ID_UNIQUE))
		return -ENOTSUP;
	*id = st.mnt_id;
	return 0;
}

/* 0: it is mounted; -ENOENT: it is not; another -errno. */
static int ask(uint64_t id)
{
	struct wq_uapi_mnt_id_req req = { .size = WQ_UAPI_MNT_ID_REQ_24, .mnt_id = id };
	struct wq_uapi_statmount buf;
	long rc;

	WQ_RETRY(rc, syscall(WQ_UAPI_SYS_STATMOUNT, &req, &buf, sizeof(buf), 0));
	return rc ? -errno : 0;
}

int wq_ns_file_open(struct wq_ns_file *f, int ns)
{
	int rc = unique_id(ns, &f->mount);

	f->changes = -1;
	if (!rc)
		rc = ask(f->mount);
	if (rc)
		return rc;
	WQ_RETRY(f->changes, open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
	if (f->changes < 0)
		return -errno;
	/* It may have gone before changes were watched. */
	rc = ask(f->mount);
	if (rc)
		wq_ns_file_close(f);
	return rc;
}

void wq_ns_file_close(struct wq_ns_file *f)
{
	if (f->changes >= 0)
		close(f->changes);
	f->changes = -1;
}

bool wq_ns_file_is_gone(const struct wq_ns_file *f)
{
	return f->changes >= 0 && ask(f->mount) == -ENOENT;
}
