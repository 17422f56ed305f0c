// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finding a key by its type and description. */
#include "config.h"

#include <errno.h>
#include <keyutils.h>
#include <string.h>

#include "kernel/key-describe.h"
#include "kernel/key-search.h"
#include "kernel/proc-keys.h"

int32_t wq_key_search_own(const char *type, const char *desc)
{
	static const key_serial_t rings[] = {
		KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING,
	};
	int err = ENOKEY;
	size_t i;

	for (i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		long serial = keyctl_search(rings[i], type, desc, 0);

		if (serial >= 0)
			return (int32_t) serial;
		/* The session's first; what is found nowhere else is as that one says. */
		if (err == ENOKEY)
			err = errno;
	}
	return -err;
}

static bool is_key(const struct wq_name *n, uint32_t uid, const char *type, const char *desc)
{
	return n->uid == uid && strcmp(n->type, type) == 0 && strcmp(n->desc, desc) == 0;
}

/* Whether the kernel says that the line's key is the one, or said so before it was dead. */
static int compare(const struct wq_proc_keys *pk, size_t i, uint32_t uid, const char *type, const char *desc)
{
	const struct wq_proc_key *k = wq_proc_keys_at(pk, i);
	struct wq_name *n;
	int state, rc;

	if (k->uid != uid || strncmp(k->type, type, strlen(k->type)) != 0)
		return -ENOKEY;
	if (wq_proc_keys_check(pk, i, &state) != WQ_PROC_KEY_GENUINE || state == ENOKEY)
		return -ENOKEY;
	n = state ? wq_proc_keys_name(k) : wq_key_describe((int32_t) k->serial);
	rc = n && is_key(n, uid, type, desc) ? -state : -ENOKEY;
	wq_name_unref(n);
	return rc;
}

int32_t wq_key_search_user(uint32_t uid, const char *type, const char *desc, struct wq_error *e)
{
	struct wq_proc_keys *pk;
	int32_t found = -ENOKEY;
	int rc = wq_proc_keys_read(&pk, e);
	size_t i;

	if (rc)
		return rc;
	for (i = 0; found < 0 && i < wq_proc_keys_count(pk); i++) {
		rc = compare(pk, i, uid, type, desc);
		if (rc == 0)
			found = (int32_t) wq_proc_keys_at(pk, i)->serial;
		else if (rc != -ENOKEY)
			found = rc;
	}
	wq_proc_keys_free(pk);
	return found;
}
