// SPDX-License-Identifier: LGPL-2.1-or-later
/* Describing a key. */
#include "config.h"

#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <string.h>

#include "kernel/key-describe.h"
#include "models/names.h"
#include "uapi.h"

struct wq_name *wq_key_describe(int32_t serial)
{
	/* "%s;%d;%d;%08x;%s": type, uid, gid, permissions, description. The type has
	 * no ';', the description may. security/keys/keyctl.c: keyctl_describe_key() */
	char buf[WQ_UAPI_KEY_DESC_MAX + WQ_UAPI_KEY_TYPE_MAX + 64];
	long len = keyctl_describe(serial, buf, sizeof(buf));
	unsigned uid, gid, perm;
	int desc = 0;
	char *semi;

	if (len < 0)
		return NULL;
	if ((size_t) len > sizeof(buf)) {
		errno = EMSGSIZE;
		return NULL;
	}
	semi = strchr(buf, ';');
	if (!semi || sscanf(semi, ";%u;%u;%x;%n", &uid, &gid, &perm, &desc) != 3 || !desc) {
		errno = EPROTO;
		return NULL;
	}
	return wq_name_new((uint32_t) serial, uid, gid, perm, buf, (size_t) (semi - buf),
			   semi + desc, strlen(semi + desc));
}
