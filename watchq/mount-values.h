/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_MOUNT_VALUES_H
#define WQC_MOUNT_VALUES_H

#include "columns.h"

/* Whether the column says something of mounts; MAJ:MIN does of devices, too. */
bool is_mount_column(enum column_id id);

/* What it says; @ev is a mount's. */
void mount_value(enum column_id id, const struct wq_event *ev, struct value *v);

#endif
