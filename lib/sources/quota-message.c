// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <linux/quota.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "sources/quota-message.h"

#define WQ_COUNT(a)	(sizeof(a) / sizeof((a)[0]))

int wq_quota_parse(const void *message, size_t len, struct wq_quota_message *q)
{
	static struct nla_policy policy[QUOTA_NL_A_MAX + 1] = {
		[QUOTA_NL_A_QTYPE] = { .type = NLA_U32 },
		[QUOTA_NL_A_EXCESS_ID] = { .type = NLA_U64 },
		[QUOTA_NL_A_WARNING] = { .type = NLA_U32 },
		[QUOTA_NL_A_DEV_MAJOR] = { .type = NLA_U32 },
		[QUOTA_NL_A_DEV_MINOR] = { .type = NLA_U32 },
	};
	struct nlattr *attrs[QUOTA_NL_A_MAX + 1];
	struct nlmsghdr *h = (struct nlmsghdr *) message;
	unsigned i;

	if (len < sizeof(*h) || h->nlmsg_len > len || !genlmsg_valid_hdr(h, 0) ||
	    genlmsg_hdr(h)->cmd != QUOTA_NL_C_WARNING || genlmsg_parse(h, 0, attrs, QUOTA_NL_A_MAX, policy))
		return -EBADMSG;
	for (i = QUOTA_NL_A_QTYPE; i <= QUOTA_NL_A_DEV_MINOR; i++)
		if (!attrs[i])
			return -EBADMSG;
	*q = (struct wq_quota_message) {
		.kind = nla_get_u32(attrs[QUOTA_NL_A_QTYPE]),
		.id = nla_get_u64(attrs[QUOTA_NL_A_EXCESS_ID]),
		.warning = nla_get_u32(attrs[QUOTA_NL_A_WARNING]),
		.dev = (uint64_t) nla_get_u32(attrs[QUOTA_NL_A_DEV_MAJOR]) << 20 | nla_get_u32(attrs[QUOTA_NL_A_DEV_MINOR]),
	};
	return 0;
}

const char *wq_quota_kind(unsigned kind)
{
	static const char *const names[] = { "user", "group", "project" };

	return kind < WQ_COUNT(names) ? names[kind] : NULL;
}

const char *wq_quota_limit(unsigned warning)
{
	static const char *const names[] = {
		[QUOTA_NL_IHARDWARN] = "inodes hard",
		[QUOTA_NL_ISOFTLONGWARN] = "inodes grace over",
		[QUOTA_NL_ISOFTWARN] = "inodes soft",
		[QUOTA_NL_BHARDWARN] = "blocks hard",
		[QUOTA_NL_BSOFTLONGWARN] = "blocks grace over",
		[QUOTA_NL_BSOFTWARN] = "blocks soft",
		[QUOTA_NL_IHARDBELOW] = "inodes hard below",
		[QUOTA_NL_ISOFTBELOW] = "inodes soft below",
		[QUOTA_NL_BHARDBELOW] = "blocks hard below",
		[QUOTA_NL_BSOFTBELOW] = "blocks soft below",
	};

	return warning < WQ_COUNT(names) ? names[warning] : NULL;
}
