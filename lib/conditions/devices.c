// SPDX-License-Identifier: LGPL-2.1-or-later
/* device:PATH, nodevice:PATH: that a path, which may be a link of udev's, leads to a device. */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "conditions/condition.h"
#include "sources/block.h"

static int parse(struct wq_condition *c, struct wq_error *e)
{
	return wq_condition_path(c, true, e);
}

static int describe(struct wq_condition *c, const struct stat *st, struct wq_error *e)
{
	struct wq_side side = { .text_len = 0 };
	uint64_t dev = (uint64_t) major(st->st_rdev) << 20 | minor(st->st_rdev);
	struct wq_device d;

	wq_side_set(&side, WQ_SIDE_DEV, dev);
	if (S_ISBLK(st->st_mode) && wq_block_read_dev(dev, &d) == 0) {
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
	struct stat st;
	int rc;

	wq_condition_listen(c);
	if (stat(c->object, &st))
		return wq_condition_no_path(c, errno, e);
	if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
		return 0;
	rc = describe(c, &st, e);
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
