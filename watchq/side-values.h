/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_SIDE_VALUES_H
#define WQC_SIDE_VALUES_H

#include "columns.h"

/* Whether the column says something of filesystems or of block devices that their records
 * don't; of mounts and keys it may say something, too. */
bool is_side_column(enum column_id id);

/* Whether it may in events of that type. */
bool side_may_apply(enum column_id id, const struct wq_type *type);

/* What it says. */
void side_value(enum column_id id, const struct wq_event *ev, struct value *v);

#endif
