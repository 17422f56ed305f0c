// SPDX-License-Identifier: LGPL-2.1-or-later
/* device:PATH, nodevice:PATH: that a path, which may be a link of udev's, leads to a device. */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>

#include "conditions/condition.h"
#include "sources/block.h"

static int parse(struct wq_condition *c, struct wq_error *e)
{
	return wq_condition_path(c, true, e);
}

static int describe(struct wq_condition *c, const struct wq_path_walk *w, struct wq_error *e)
{
	struct wq_side side = { .text_len = 0 };
	uint64_t dev = (uint64_t) w->major << 20 | w->minor;
	struct wq_device d;

	wq_side_set(&side, WQ_SIDE_DEV, dev);
	if (S_ISBLK(w->mode) && wq_block_read_dev(dev, &d) == 0) {
		wq_block_side(&side, &d);
		if (d.has_size)
			wq_side_set(&side, WQ_SIDE_SIZE, d.size * 512);
	}
	c->found.side = wq_side_new(&side);
	return c->found.side ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

/* 1: there is one. */
static int look(struct wq_condition *c, struct wq_error *e)
{
	const struct wq_path_walk *w;
	int rc = wq_condition_look_up(c, &w, e);

	if (rc)
		return rc < 0 ? rc : 0;
	if (!S_ISBLK(w->mode) && !S_ISCHR(w->mode))
		return 0;
	rc = describe(c, w, e);
	return rc ? rc : 1;
}

static int look_no(struct wq_condition *c, struct wq_error *e)
{
	int rc = look(c, e);

	return rc < 0 ? rc : !rc;
}

const struct wq_condition_kind wq_condition_device = {
	.name = "device", .object = "PATH", .parse = parse, .look = look,
};

const struct wq_condition_kind wq_condition_nodevice = {
	.name = "nodevice", .object = "PATH", .parse = parse, .look = look_no,
};
