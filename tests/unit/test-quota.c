// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel warns of quotas, also if it lies. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "sources/quota-message.h"
#include "tap.h"

static unsigned char message[256];
static size_t len;

static void put(const void *bytes, size_t n)
{
	memcpy(message + len, bytes, n);
	len += n;
}

static void put_attr(uint16_t type, uint64_t value, uint16_t size)
{
	struct nlattr attr = { .nla_len = (uint16_t) (sizeof(attr) + size), .nla_type = type };
	uint32_t narrow = (uint32_t) value;

	put(&attr, sizeof(attr));
	put(size == 8 ? (void *) &value : (void *) &narrow, size);
}

/* As fs/quota/netlink.c makes it. */
static void build(void)
{
	struct nlmsghdr h = { .nlmsg_type = 27, .nlmsg_seq = 5 };
	struct genlmsghdr g = { .cmd = 1, .version = 1 };

	len = 0;
	put(&h, sizeof(h));
	put(&g, sizeof(g));
	put_attr(1, 2, 4);
	put_attr(2, UINT64_C(0x1234567890), 8);
	put_attr(3, 6, 4);
	put_attr(4, 7, 4);
	put_attr(5, 9, 4);
	put_attr(6, 1000, 8);
	h.nlmsg_len = (uint32_t) len;
	memcpy(message, &h, sizeof(h));
}

static int parse(size_t n, struct wq_quota_message *q)
{
	unsigned char *copy = malloc(n ? n : 1);
	int rc;

	memcpy(copy, message, n);
	rc = wq_quota_parse(copy, n, q);
	free(copy);
	return rc;
}

static void test_message(void)
{
	struct wq_quota_message q;

	build();
	ok(parse(len, &q) == 0 && q.kind == 2 && q.id == UINT64_C(0x1234567890) && q.warning == 6 &&
	   q.dev == (7u << 20 | 9), "a warning");
	ok(strcmp(wq_quota_kind(q.kind), "project") == 0 && strcmp(wq_quota_limit(q.warning), "blocks soft") == 0 &&
	   !wq_quota_kind(3) && !wq_quota_limit(0) && !wq_quota_limit(11), "in words");
}

static void test_lies(void)
{
	struct wq_quota_message q;
	unsigned wrong = 0, i, v;

	build();
	for (i = 0; i < len; i++)
		wrong += parse(i, &q) == 0;
	ok(wrong == 0, "cut anywhere it is none");
	for (i = 0; i < len; i++)
		for (v = 0; v < 256; v++) {
			build();
			message[i] = (unsigned char) v;
			parse(len, &q);
		}
	for (i = 1; i <= 5; i++) {
		size_t at = 20, n = len;

		build();
		for (v = 1; v < i; v++)
			at += v == 2 ? 12 : 8;
		message[at + 2] = 99;	/* another attribute */
		wrong += parse(n, &q) != -EBADMSG;
	}
	ok(wrong == 0, "without any of its numbers it is none");
	build();
	message[16] = 2;
	ok(parse(len, &q) == -EBADMSG, "nor of another command");
}

int main(void)
{
	test_message();
	test_lies();
	return tap_done();
}
