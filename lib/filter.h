/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_FILTER_H
#define WQ_FILTER_H

#include "libwatchq.h"

/** What the kernel is to pass so that everything in @user and in @need comes
 * through: as tight as 16 rows allow, empty where @user is. @need may have rules
 * without INFO/MASK only, of types that the kernel posts. */
void wq_filter_compile(struct wq_filter *out, const struct wq_filter *user, const struct wq_filter *need);

/** Whether some record of that type and subtype may pass @f. */
bool wq_filter_may_pass(const struct wq_filter *f, uint32_t type, uint8_t subtype);

#endif
