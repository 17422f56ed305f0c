// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <stddef.h>

#include "kernel/not-supported.h"

#define WQ_ERRS_MAX	6	/* errnos of a row, with the 0 that ends them */

/* EPERM is what container engines' seccomp profiles answer for calls that they do not know. */
static const int not_supported[][WQ_ERRS_MAX] = {
	[WQ_CALL_STATMOUNT] = { ENOSYS, EPERM, EACCES },
	[WQ_CALL_STATX] = { ENOSYS, EPERM },
	[WQ_CALL_FANOTIFY_INIT] = { ENOSYS, EINVAL, EPERM },	/* EINVAL: unknown flags */
	[WQ_CALL_FANOTIFY_MARK] = { ENOSYS, EINVAL, EPERM },
	[WQ_CALL_SOCKET] = { EPERM, EACCES, EPROTONOSUPPORT, EAFNOSUPPORT, ESOCKTNOSUPPORT },
	[WQ_CALL_PROC] = { ENOENT, EPERM, EACCES },
	[WQ_CALL_NS] = { EPERM, EACCES },
	[WQ_CALL_TRACEFS] = { EPERM, EACCES, EROFS },
	[WQ_CALL_TRACEFS_MOUNT] = { ENODEV, EPERM, ENOSYS },
	[WQ_CALL_SYSFS] = { 0 },
	[WQ_CALL_PIPE] = { ENOPKG, EINVAL, EPERM },	/* without CONFIG_WATCH_QUEUE; before Linux 5.8 */
	[WQ_CALL_KEYCTL] = { ENOSYS, EPERM, EOPNOTSUPP, EACCES },	/* EACCES: no permission on that key */
	[WQ_CALL_PATH] = { EPERM, EACCES },
};

bool wq_not_supported(enum wq_call call, int err)
{
	const int *p = not_supported[call];

	while (*p && *p != err)
		p++;
	return *p != 0;
}

enum wq_error_kind wq_error_kind_of(enum wq_call call, int err)
{
	return wq_not_supported(call, err) ? WQ_NOTSUPP : WQ_FAILURE;
}

bool wq_is_gone(enum wq_call call, int err)
{
	return err == ENOENT || (call == WQ_CALL_SYSFS && err == ENODEV);
}
