/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of the generic netlink family VFS_DQUOT: include/uapi/linux/quota.h. */
#ifndef WQ_QUOTA_MESSAGE_H
#define WQ_QUOTA_MESSAGE_H

#include "libwatchq.h"

struct wq_quota_message {
	unsigned kind;		/* 0 user, 1 group, 2 project */
	uint64_t id;		/* whose quota it is */
	unsigned warning;	/* 1 to 10 */
	uint64_t dev;		/* major << 20 | minor */
};

/** Takes a message of @len bytes apart, of which the first are struct nlmsghdr. 0; -EBADMSG: it is
 * none, or lacks something. */
int wq_quota_parse(const void *message, size_t len, struct wq_quota_message *q);

/** "user"; "blocks hard": NULL: of a kind that is not known. */
const char *wq_quota_kind(unsigned kind);
const char *wq_quota_limit(unsigned warning);

#endif
