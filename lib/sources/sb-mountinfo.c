// SPDX-License-Identifier: LGPL-2.1-or-later
/* sb by reading mountinfo: for anybody, but for the errors, which only fanotify tells of. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/not-supported.h"
#include "sources/sb.h"

static int sb_mountinfo_probe(const struct wq_source_config *c, struct wq_error *e)
{
	(void) c;
	if (access("/proc/self/mountinfo", R_OK))
		return wq_fail(e, wq_error_kind_of(WQ_CALL_PROC, errno), errno, "can't open /proc/self/mountinfo: %s; /proc must be mounted", strerror(errno));
	return 0;
}

static void sb_mountinfo_close(struct wq_source *s)
{
	wq_sb_close(s->priv);
	free(s->priv);
	s->priv = NULL;
}

static int sb_mountinfo_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_sb *sb = calloc(1, sizeof(*sb));
	int rc;

	s->priv = sb;
	if (!sb)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	rc = wq_sb_open(sb, s, c, e);
	if (rc)
		sb_mountinfo_close(s);
	return rc;
}

/* There is no queue: snapshot() and tick() look. */
static int sb_mountinfo_apply(struct wq_source *s, const struct wq_item *item)
{
	(void) s;
	(void) item;
	return 0;
}

static int sb_mountinfo_snapshot(struct wq_source *s, enum wq_mark mark, unsigned round)
{
	return wq_sb_snapshot(s->priv, mark, round);
}

static int sb_mountinfo_tell(struct wq_source *s, enum wq_mark mark)
{
	return wq_sb_tell(s->priv, mark);
}

static void sb_mountinfo_sweep(struct wq_source *s)
{
	wq_sb_sweep(s->priv);
}

static int sb_mountinfo_finish(struct wq_source *s)
{
	return wq_sb_finish(s->priv);
}

static uint64_t sb_mountinfo_deadline(struct wq_source *s)
{
	return wq_sb_deadline(s->priv);
}

static int sb_mountinfo_tick(struct wq_source *s)
{
	return wq_sb_tick(s->priv);
}

static int sb_mountinfo_answered(struct wq_source *s, struct wq_question *q, int answer, bool late)
{
	return wq_sb_path_answered(s->priv, q, answer, late);
}

static int sb_mountinfo_unanswered(struct wq_source *s, uint64_t key)
{
	return wq_sb_path_unanswered(s->priv, key);
}

const struct wq_source_ops wq_sb_mountinfo = {
	.source = "sb",
	.backend = "mountinfo",
	.about = "filesystems that come, go, or become read-only, by looking when mountinfo changes; no errors",
	.part = 1,
	.type = WQ_TYPE_SB,
	.posts = { 1u << WQ_SB_READONLY, WQ_SB_CHANGES },
	.probe = sb_mountinfo_probe,
	.open = sb_mountinfo_open,
	.apply = sb_mountinfo_apply,
	.snapshot = sb_mountinfo_snapshot,
	.tell = sb_mountinfo_tell,
	.sweep = sb_mountinfo_sweep,
	.deadline = sb_mountinfo_deadline,
	.tick = sb_mountinfo_tick,
	.answered = sb_mountinfo_answered,
	.unanswered = sb_mountinfo_unanswered,
	.finish = sb_mountinfo_finish,
	.close = sb_mountinfo_close,
};
