// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <keyutils.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/not-supported.h"
#include "sources/keys.h"
#include "uapi.h"

static int fail(struct wq_error *e, const char *name, int err)
{
	switch (err) {
	case EINVAL:
		return wq_fail(e, WQ_FAILURE, err, "can't join a session keyring '%.40s...': a name has at most %d bytes",
			       name, WQ_UAPI_KEY_DESC_MAX - 1);
	case EDQUOT:
		return wq_fail(e, WQ_FAILURE, err,
			       "can't make a session keyring '%s': this user's quota of keys is used up; /proc/key-users shows it, /proc/sys/kernel/keys/maxkeys and maxbytes set it",
			       name);
	case ENOSYS:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, err), err,
			       "can't join a session keyring: this kernel has no keys (CONFIG_KEYS is not set)");
	case EPERM:
		if (*name == '.')
			return wq_fail(e, WQ_FAILURE, err,
				       "can't join a session keyring '%s': names with a dot in front are the kernel's own", name);
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, err), err,
			       "can't join a session keyring: keyctl(2) is not permitted: a sandbox or container forbids it (seccomp)");
	default:
		return wq_fail(e, WQ_FAILURE, err, "can't join a session keyring '%s': %s", name, strerror(err));
	}
}

int wq_join_session(const char *name, int32_t *serial, ssize_t *members, struct wq_error *e)
{
	bool named = *name && strcmp(name, "-") != 0;
	int32_t *list = NULL;

	*members = 0;
	*serial = keyctl_join_session_keyring(named ? name : NULL);
	if (*serial < 0)
		return fail(e, name, errno);
	*members = wq_key_members(*serial, &list);
	if (*members >= 0)
		free(list);
	return 0;
}
