// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include "source.h"

static const struct wq_source_ops *const sources[] = {
	&wq_keys_pipe,
	&wq_keys_trace,
	&wq_keys_poll,
	&wq_mounts_fanotify,
	&wq_mounts_mountinfo,
	&wq_sb_fanotify,
	&wq_sb_mountinfo,
	&wq_sb_quota,
	&wq_block_trace,
	&wq_block_uevent,
};

const struct wq_source_ops *wq_source_at(unsigned i)
{
	return i < sizeof(sources) / sizeof(sources[0]) ? sources[i] : NULL;
}
