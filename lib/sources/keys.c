// SPDX-License-Identifier: LGPL-2.1-or-later
/* Naming keys, and asking the kernel about them. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sources/keys.h"
#include "uapi.h"

int wq_key_fail(struct wq_error *e, const char *spec, int err)
{
	struct rlimit limit = { 0 };

	switch (err) {
	case ENOKEY:
		return wq_fail(e, WQ_FAILURE, err, "%s: there is no such key; /proc/keys lists those you may view", spec);
	case EKEYEXPIRED:
		return wq_fail(e, WQ_FAILURE, err, "%s: the key has expired, and can't be watched any more", spec);
	case EKEYREVOKED:
		return wq_fail(e, WQ_FAILURE, err, "%s: the key is revoked, and can't be watched any more", spec);
	case EKEYREJECTED:
		return wq_fail(e, WQ_FAILURE, err, "%s: the key was rejected when it was made", spec);
	case EACCES:
		return wq_fail(e, WQ_NOTSUPP, err,
			       "%s: no View permission on the key; its owner can give it with 'keyctl setperm'", spec);
	case EAGAIN:
		getrlimit(RLIMIT_NOFILE, &limit);
		return wq_fail(e, WQ_FAILURE, err,
			       "%s: this user's limit of watches is reached: %llu, over all processes; raise 'ulimit -n' (hard limit %llu)",
			       spec, (unsigned long long) limit.rlim_cur, (unsigned long long) limit.rlim_max);
	case EOPNOTSUPP:
		return wq_fail(e, WQ_NOTSUPP, err,
			       "%s: this kernel posts no notifications of keys (CONFIG_KEY_NOTIFICATIONS is not set)", spec);
	case ENOSYS:
		return wq_fail(e, WQ_NOTSUPP, err, "%s: this kernel has no keys (CONFIG_KEYS is not set)", spec);
	case EPERM:
		return wq_fail(e, WQ_NOTSUPP, err,
			       "%s: keyctl(2) is not permitted: a sandbox or container forbids it (seccomp)", spec);
	case EBUSY:
		return wq_fail(e, WQ_FAILURE, err, "%s: the key is watched already through this queue", spec);
	default:
		return wq_fail(e, WQ_FAILURE, err, "%s: can't watch the key: %s", spec, strerror(err));
	}
}

static int resolve_special(const char *spec, int32_t *serial, struct wq_error *e)
{
	static const struct {
		const char *spec;
		key_serial_t id;
	} known[] = {
		{ "@s", KEY_SPEC_SESSION_KEYRING },
		{ "@u", KEY_SPEC_USER_KEYRING },
		{ "@us", KEY_SPEC_USER_SESSION_KEYRING },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(spec, known[i].spec) != 0)
			continue;
		*serial = keyctl_get_keyring_ID(known[i].id, 0);
		return *serial < 0 ? wq_key_fail(e, spec, errno) : 0;
	}
	if (strcmp(spec, "@t") == 0 || strcmp(spec, "@p") == 0)
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "%s: that is watchq's own keyring, in which nothing happens; name the other's by its serial", spec);
	if (strcmp(spec, "@g") == 0)
		return wq_fail(e, WQ_NOTSUPP, EINVAL, "%s: the kernel has no group keyrings", spec);
	if (strcmp(spec, "@a") == 0)
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "%s: watchq instantiates no key, and so has no authorisation key", spec);
	return wq_fail(e, WQ_FAILURE, EINVAL, "%s: no such keyring; there are @s, @u and @us", spec);
}

static int resolve_description(const char *spec, int32_t *serial, struct wq_error *e)
{
	const char *colon = strchr(spec, ':');
	char type[WQ_UAPI_KEY_TYPE_MAX] = "keyring";

	if (!colon || (size_t) (colon - spec) > sizeof(type))
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s: expected %%TYPE:DESCRIPTION or %%:KEYRING", spec);
	if (colon != spec + 1)
		snprintf(type, sizeof(type), "%.*s", (int) (colon - spec - 1), spec + 1);
	*serial = find_key_by_type_and_desc(type, colon + 1, 0);
	return *serial < 0 ? wq_key_fail(e, spec, errno) : 0;
}

int wq_key_resolve(const char *spec, int32_t *serial, struct wq_error *e)
{
	char *end;
	long long nr;

	if (*spec == '@')
		return resolve_special(spec, serial, e);
	if (*spec == '%')
		return resolve_description(spec, serial, e);

	errno = 0;
	nr = strtoll(spec, &end, 0);
	if (!isdigit((unsigned char) *spec) || *end || errno)
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "%s: not a key; expected a serial number, @s, @u, @us, %%TYPE:DESCRIPTION or %%:KEYRING", spec);
	if (nr < 1 || nr > INT32_MAX)
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s: serial numbers of keys go from 1 to %d", spec, INT32_MAX);
	*serial = (int32_t) nr;
	return 0;
}

ssize_t wq_key_members(int32_t keyring, int32_t **members)
{
	size_t room = 64 * sizeof(int32_t);

	for (;;) {
		int32_t *list = malloc(room);
		long len;

		if (!list)
			return -ENOMEM;
		len = keyctl_read(keyring, (char *) list, room);
		if (len < 0) {
			free(list);
			return -errno;
		}
		if ((size_t) len <= room) {
			*members = list;
			return len / (ssize_t) sizeof(int32_t);
		}
		free(list);
		room = (size_t) len + room;	/* it may be growing */
	}
}

/* libkeyutils 1.6.3 has no wrapper for these two. */
static long keyctl_call(int op, unsigned long a, unsigned long b, unsigned long c)
{
	return syscall(SYS_keyctl, op, a, b, c, 0);
}

int wq_key_watch(int32_t serial, int fd, int id)
{
	long rc = keyctl_call(WQ_UAPI_KEYCTL_WATCH_KEY, (unsigned long) serial,
			      (unsigned long) fd, (unsigned long) (long) id);

	return rc < 0 ? -errno : 0;
}

int wq_key_permitted(struct wq_error *e)
{
	unsigned char caps[2] = { 0 };
	long n = keyctl_call(WQ_UAPI_KEYCTL_CAPABILITIES, (unsigned long) caps, sizeof(caps), 0);

	if (n < 0 && errno == EPERM)
		return wq_fail(e, WQ_NOTSUPP, EPERM,
			       "keyctl(2) is not permitted: a sandbox or container forbids it (seccomp)");
	if (n < 0 && errno == ENOSYS)
		return wq_fail(e, WQ_NOTSUPP, ENOSYS, "this kernel has no keys (CONFIG_KEYS is not set)");
	return 0;
}

int wq_key_notifications(struct wq_error *e)
{
	unsigned char caps[2] = { 0 };
	long n = keyctl_call(WQ_UAPI_KEYCTL_CAPABILITIES, (unsigned long) caps, sizeof(caps), 0);
	int rc = wq_key_permitted(e);

	if (rc)
		return rc;
	if (n < 2 || !(caps[1] & WQ_UAPI_CAPS1_NOTIFICATIONS))
		return wq_fail(e, WQ_NOTSUPP, EOPNOTSUPP,
			       "this kernel posts no notifications of keys (CONFIG_KEY_NOTIFICATIONS is not set)");
	return 0;
}
