// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"
#include <errno.h>
#include "source.h"
static int probe(const struct wq_source_config *c, struct wq_error *e) { (void) c; return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "not yet; wait"); }
const struct wq_source_ops wq_block_uevent = { .source = "block", .backend = "uevent", .part = 2, .type = WQ_TYPE_BLOCK, .posts = { 0x7ff, 0x1f }, .probe = probe };
