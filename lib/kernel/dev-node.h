/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_DEV_NODE_H
#define WQ_DEV_NODE_H

#include <stdbool.h>

/** Whether @name, relative to /dev, is a block device. The look-up follows links, but stays on the
 * filesystem of /dev, below it: @name may come from anybody. */
bool wq_is_block_device(const char *name);

#endif
