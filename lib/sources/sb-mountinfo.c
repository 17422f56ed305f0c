// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"
#include <errno.h>
#include "source.h"
static int probe(const struct wq_source_config *c, struct wq_error *e) { (void) c; return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "not yet; wait"); }
const struct wq_source_ops wq_sb_mountinfo = { .source = "sb", .backend = "mountinfo", .part = 1, .type = WQ_TYPE_SB, .posts = { 0x7ff, 0x1f }, .probe = probe };
