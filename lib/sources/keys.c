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

#include "kernel/key-search.h"
#include "kernel/not-supported.h"
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
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, err), err,
			       "%s: no View permission on the key; its owner can give it with 'keyctl setperm'", spec);
	case EAGAIN:
		getrlimit(RLIMIT_NOFILE, &limit);
		return wq_fail(e, WQ_FAILURE, err,
			       "%s: this user's limit of watches is reached: %llu, over all processes; raise 'ulimit -n' (hard limit %llu)",
			       spec, (unsigned long long) limit.rlim_cur, (unsigned long long) limit.rlim_max);
	case EOPNOTSUPP:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, err), err,
			       "%s: this kernel posts no notifications of keys (CONFIG_KEY_NOTIFICATIONS is not set)", spec);
	case ENOSYS:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, err), err, "%s: this kernel has no keys (CONFIG_KEYS is not set)", spec);
	case EPERM:
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, err), err,
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
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "%s: the kernel has no group keyrings", spec);
	if (strcmp(spec, "@a") == 0)
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "%s: watchq instantiates no key, and so has no authorisation key", spec);
	return wq_fail(e, WQ_FAILURE, EINVAL, "%s: no such keyring; there are @s, @u and @us", spec);
}

/* A kernel that is asked for a type with a dot in front refuses with EPERM. */
static int not_found(struct wq_error *e, const char *spec, const char *type, int err)
{
	if (err == EPERM && *type == '.')
		return wq_fail(e, WQ_FAILURE, err,
			       "%s: keys of this type are the kernel's own, and not searched for; name it by its serial", spec);
	if (err == ENOKEY && *spec == '%')
		return wq_fail(e, WQ_FAILURE, err,
			       "%s: there is no such key in @s, @u or @us, nor in keyrings linked there; a key of another user is named UID:TYPE:DESCRIPTION",
			       spec);
	return wq_key_fail(e, spec, err);
}

/* TYPE:DESCRIPTION, or :DESCRIPTION of a keyring. Return where the description begins. */
static const char *split(const char *text, char type[WQ_UAPI_KEY_TYPE_MAX])
{
	const char *colon = strchr(text, ':');

	if (!colon || colon - text >= WQ_UAPI_KEY_TYPE_MAX)
		return NULL;
	strcpy(type, "keyring");
	if (colon != text)
		snprintf(type, WQ_UAPI_KEY_TYPE_MAX, "%.*s", (int) (colon - text), text);
	return colon + 1;
}

static int resolve_description(const char *spec, int32_t *serial, struct wq_error *e)
{
	char type[WQ_UAPI_KEY_TYPE_MAX];
	const char *desc = split(spec + 1, type);

	if (!desc)
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s: expected %%TYPE:DESCRIPTION or %%:KEYRING", spec);
	*serial = wq_key_search_own(type, desc);
	return *serial < 0 ? not_found(e, spec, type, -*serial) : 0;
}

/* UID:TYPE:DESCRIPTION. */
static int resolve_of_user(const char *spec, int32_t *serial, struct wq_error *e)
{
	char type[WQ_UAPI_KEY_TYPE_MAX], *colon;
	unsigned long long uid;
	struct wq_error why = { 0 };
	const char *desc;

	errno = 0;
	uid = strtoull(spec, &colon, 10);
	desc = *colon == ':' ? split(colon + 1, type) : NULL;
	if (!desc || errno || uid > UINT32_MAX)
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s: expected UID:TYPE:DESCRIPTION or UID::KEYRING", spec);
	*serial = wq_key_search_user((uint32_t) uid, type, desc, &why);
	if (*serial >= 0)
		return 0;
	return why.text[0] ? wq_fail(e, why.kind, why.err, "%s: %s", spec, why.text) : not_found(e, spec, type, -*serial);
}

int wq_key_resolve(const char *spec, int32_t *serial, struct wq_error *e)
{
	char *end;
	long long nr;

	if (*spec == '@')
		return resolve_special(spec, serial, e);
	if (*spec == '%')
		return resolve_description(spec, serial, e);
	if (isdigit((unsigned char) *spec) && strchr(spec, ':'))
		return resolve_of_user(spec, serial, e);

	/* No octal: a zero in front means nothing. */
	errno = 0;
	nr = strtoll(spec, &end, spec[0] == '0' && (spec[1] == 'x' || spec[1] == 'X') ? 16 : 10);
	if (!isdigit((unsigned char) *spec) || *end || errno)
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "%s: not a key; expected a serial number, @s, @u, @us, %%TYPE:DESCRIPTION, %%:KEYRING or UID:TYPE:DESCRIPTION", spec);
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
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, EPERM), EPERM,
			       "keyctl(2) is not permitted: a sandbox or container forbids it (seccomp)");
	if (n < 0 && errno == ENOSYS)
		return wq_fail(e, wq_error_kind_of(WQ_CALL_KEYCTL, ENOSYS), ENOSYS, "this kernel has no keys (CONFIG_KEYS is not set)");
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
