/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for conditions: what cmd-wait.c does once it knows which. */
#ifndef WQC_WAIT_H
#define WQC_WAIT_H

#include "options.h"

/* Waits until all of @n conditions are so, or with @o->any one of them; shows what made each so.
 * Returns the exit status. */
int wait_for(const struct options *o, struct wq_condition *const *conditions, size_t n);

#endif
