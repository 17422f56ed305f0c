// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sb by the kernel's warnings of quotas: generic netlink, family VFS_DQUOT, for anybody, in the
 * initial network namespace alone. The numbers of messages are in a row: a gap is a loss.
 */
#include "config.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/retry.h"
#include "kernel/not-supported.h"
#include "models/filesystems.h"
#include "sources/quota-message.h"
#include "sources/sb.h"
#include "sources/sb/quota-names.h"

#define WQ_FAMILY		"VFS_DQUOT"
#define WQ_GROUP		"events"
#define WQ_BUFFER		(1 << 20)	/* bytes: some thousand messages */
#define WQ_LEAST		256		/* bytes that a message takes of it: a struct sk_buff alone is as large */

struct sb_quota {
	struct nl_sock *sock;
	struct wq_filesystems *table;
	struct wq_sb_wanted *wanted;
	size_t nwanted;			/* 0: all, for which the watch is */
	const struct wq_watch *all;
	struct wq_quota_names *names;	/* NULL: none was asked for yet */
	bool has_seq;
	uint32_t seq;			/* of the last message */
	bool ends;			/* behind so many messages: */
	unsigned left;
};

/* ---- Whether it works ---- */

static int open_socket(struct nl_sock **sock, struct wq_error *e)
{
	struct nl_sock *k = nl_socket_alloc();
	int rc = -NLE_NOMEM, group = 0, err;

	/* libnl closes the socket when it can't connect. */
	errno = 0;
	if (k)
		WQ_RETRY(rc, genl_connect(k));
	if (!rc)
		WQ_RETRY(group, (errno = 0, genl_ctrl_resolve_grp(k, WQ_FAMILY, WQ_GROUP)));
	err = errno;
	if (rc || group < 0) {
		nl_socket_free(k);
		if (rc && !err)
			err = rc == -NLE_NOMEM ? ENOMEM : EIO;
		if (rc)
			return wq_fail(e, wq_error_kind_of(WQ_CALL_SOCKET, err), err, "generic netlink: can't connect: %s%s",
				       strerror(err), wq_not_supported(WQ_CALL_SOCKET, err) ? "; a sandbox must allow AF_NETLINK" : "");
		/* libnl has one code for a family that the kernel does not have and for a call that failed. */
		if (err && err != ENOENT)
			return wq_fail(e, WQ_FAILURE, err, "generic netlink: can't look up the family " WQ_FAMILY ": %s", strerror(err));
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "no warnings of quotas here (netlink family " WQ_FAMILY "); they take CONFIG_QUOTA_NETLINK_INTERFACE=y, and the initial network namespace");
	}
	nl_socket_disable_seq_check(k);
	rc = nl_socket_add_memberships(k, group, 0);
	if (!rc)
		rc = nl_socket_set_nonblocking(k);
	if (rc) {
		nl_socket_free(k);
		return wq_fail(e, WQ_FAILURE, EIO, "netlink: %s", nl_geterror(rc));
	}
	nl_socket_set_buffer_size(k, WQ_BUFFER, 0);	/* or what the limit allows */
	*sock = k;
	return 0;
}

static int sb_quota_probe(const struct wq_source_config *c, struct wq_error *e)
{
	struct nl_sock *sock;
	int rc = open_socket(&sock, e);

	(void) c;
	if (!rc)
		nl_socket_free(sock);
	return rc;
}

/* ---- Opening ---- */

static void sb_quota_close(struct wq_source *s)
{
	struct sb_quota *q = s->priv;

	wq_sb_wanted_free(q->wanted, q->nwanted);
	wq_filesystems_free(q->table);
	wq_quota_names_free(q->names);
	nl_socket_free(q->sock);
	free(q);
	s->priv = NULL;
}

static int open_all(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct sb_quota *q = s->priv;
	int rc = open_socket(&q->sock, e);

	if (rc)
		return rc;
	rc = wq_engine_poll(s->m, nl_socket_get_fd(q->sock));
	if (!rc)
		rc = wq_filesystems_read(q->table);
	if (rc)
		return wq_fail(e, WQ_FAILURE, -rc, "can't listen for quotas: %s", strerror(-rc));
	q->nwanted = c->nobjects;
	return wq_sb_wanted_new(&q->wanted, &q->all, s, c, q->table, e);
}

static int sb_quota_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct sb_quota *q = calloc(1, sizeof(*q));
	int rc;

	s->priv = q;
	if (q)
		q->table = wq_filesystems_new();
	if (!q || !q->table) {
		free(q);
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	rc = open_all(s, c, e);
	if (rc)
		sb_quota_close(s);
	return rc;
}

/* ---- Names ---- */

/* NULL: there is none, it is not known, or it is not shown. */
static const char *name_of(struct wq_source *s, const struct wq_quota_message *msg)
{
	struct sb_quota *q = s->priv;

	if (!wq_engine_wants_quota_names(s->m) || !wq_source_may_ask(s) || msg->kind > WQ_QUOTA_PROJECT)
		return NULL;
	if (!q->names)
		q->names = wq_quota_names_new();
	return q->names ? wq_quota_names_find(q->names, (enum wq_quota_owner) msg->kind, msg->id) : NULL;
}

/* ---- Messages ---- */

static int tell(struct wq_source *s, const struct wq_quota_message *msg)
{
	struct sb_quota *q = s->priv;
	const struct wq_watch *watch = q->all;
	struct wq_side side = { .text_len = 0 };
	const struct wq_filesystem *fs;
	unsigned char rec[WQ_RECORD_MAX];
	char number[24];
	const char *limit = wq_quota_limit(msg->warning);
	int rc = wq_filesystems_changed(q->table) ? wq_filesystems_read(q->table) : 0;

	if (rc)
		return rc;
	fs = wq_filesystems_find(q->table, msg->dev);
	if (q->nwanted)
		watch = fs ? wq_sb_watch(q->wanted, q->nwanted, fs, NULL) : NULL;
	if (!watch)
		return 0;
	wq_record_build(rec, WQ_TYPE_SB, WQ_SB_EDQUOT, (uint32_t) watch->id << 8, &msg->dev, sizeof(msg->dev));
	wq_filesystem_side(q->table, fs, &side);
	wq_side_set(&side, WQ_SIDE_DEV, msg->dev);
	wq_side_set_text(&side, WQ_SIDE_QUOTA, wq_quota_kind(msg->kind));
	wq_side_set(&side, WQ_SIDE_QUOTA_ID, msg->id);
	wq_side_set_text(&side, WQ_SIDE_QUOTA_NAME, name_of(s, msg));
	snprintf(number, sizeof(number), "%u", msg->warning);
	wq_side_set_text(&side, WQ_SIDE_LIMIT, limit ? limit : number);
	return wq_engine_emit_side(s->m, rec, watch, WQ_MARK_NONE, &side, wq_now_boottime(), 0);
}

/* What has been received, of @len bytes: several messages, one behind the other. */
static int take(struct wq_source *s, const unsigned char *buf, int len)
{
	struct sb_quota *q = s->priv;
	struct nlmsghdr *h = (struct nlmsghdr *) buf;
	struct wq_quota_message msg;
	int rc = 0;

	for (; nlmsg_ok(h, len) && (!rc || rc == WQ_NO_ROOM); h = nlmsg_next(h, &len)) {
		if (wq_quota_parse(h, h->nlmsg_len, &msg))
			continue;
		if (q->has_seq && h->nlmsg_seq != q->seq + 1)
			rc = wq_engine_emit_loss(s);
		q->has_seq = true;
		q->seq = h->nlmsg_seq;
		if (!rc || rc == WQ_NO_ROOM)
			rc = tell(s, &msg);
	}
	return rc;
}

static int sb_quota_pull(struct wq_source *s, struct wq_error *e)
{
	struct sb_quota *q = s->priv;
	unsigned char *buf = NULL;
	struct sockaddr_nl from;
	int n, rc;

	if (q->ends && !q->left)
		return 0;
	q->left -= q->ends;
	n = nl_recv(q->sock, &from, &buf, NULL);
	if (n == 0 || n == -NLE_AGAIN)
		return 0;
	if (n == -NLE_NOMEM) {	/* ENOBUFS: there was no room for some; the numbers tell no more */
		q->has_seq = false;
		rc = wq_engine_emit_loss(s);
		return rc && rc != WQ_NO_ROOM ? rc : 1;
	}
	if (n < 0)
		return wq_fail(e, WQ_FAILURE, EIO, "can't read of quotas: %s", nl_geterror(n));
	/* Anybody may send to a netlink socket: the kernel has no port. */
	rc = from.nl_pid ? 0 : take(s, buf, n);
	free(buf);
	return rc && rc != WQ_NO_ROOM ? rc : 1;
}

/* No more than there is room for. */
static void sb_quota_last(struct wq_source *s)
{
	struct sb_quota *q = s->priv;
	int size;
	socklen_t len = sizeof(size);

	if (q->ends || getsockopt(nl_socket_get_fd(q->sock), SOL_SOCKET, SO_RCVBUF, &size, &len))
		return;
	q->ends = true;
	q->left = (unsigned) size / WQ_LEAST + 1;
}

const struct wq_source_ops wq_sb_quota = {
	.source = "sb",
	.backend = "quota",
	.about = "limits of quotas that are exceeded, and not any more: of users, groups and projects",
	.part = 2,
	.type = WQ_TYPE_SB,
	.posts = { 1u << WQ_SB_EDQUOT, 0 },
	.probe = sb_quota_probe,
	.open = sb_quota_open,
	.pull = sb_quota_pull,
	.last = sb_quota_last,
	.close = sb_quota_close,
};
