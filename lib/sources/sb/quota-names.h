/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_SB_QUOTA_NAMES_H
#define WQ_SB_QUOTA_NAMES_H

#include <stdint.h>

/** Whose quota it is: include/uapi/linux/quota.h. */
enum wq_quota_owner { WQ_QUOTA_USER, WQ_QUOTA_GROUP, WQ_QUOTA_PROJECT };

/** Names of users, groups and projects, by getpwuid(3), getgrgid(3) and projid(5). A name service
 * may hang, so one thread asks, one question at a time. One owner thread. */
struct wq_quota_names;

/** NULL without memory. */
struct wq_quota_names *wq_quota_names_new(void);
void wq_quota_names_free(struct wq_quota_names *q);

/** The name of @id, valid until the next call; NULL: there is none, or the name service has not
 * answered within 20 ms. An answer that comes later is used from then on. Names are kept for a
 * minute, errors for a second. While an answer is awaited no other question is asked. */
const char *wq_quota_names_find(struct wq_quota_names *q, enum wq_quota_owner owner, uint64_t id);

#endif
