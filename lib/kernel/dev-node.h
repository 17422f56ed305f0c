/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_DEV_NODE_H
#define WQ_DEV_NODE_H

#include <stdbool.h>
#include <stdint.h>

/** The number, major << 20 | minor, of the block device @name, relative to /dev; 0: it is none. The
 * look-up follows links, but stays on the filesystem of /dev, below it: @name may come from anybody. */
uint64_t wq_dev_node_number(const char *name);

/** Whether the block devices @a and @b, major << 20 | minor, belong to one btrfs filesystem that is
 * mounted: /sys/fs/btrfs. */
bool wq_dev_node_same_btrfs(uint64_t a, uint64_t b);

#endif
