/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_KERNEL_KEY_DESCRIBE_H
#define WQ_KERNEL_KEY_DESCRIBE_H

#include <stdint.h>

struct wq_name;

/** Describe the key @serial (KEYCTL_DESCRIBE). Return a new name, or NULL with errno: ENOKEY if
 * the key does not exist or is invalidated, EACCES without View permission, EKEYREVOKED,
 * EKEYEXPIRED; see keyctl_describe(3). Any thread. */
struct wq_name *wq_key_describe(int32_t serial);

#endif
