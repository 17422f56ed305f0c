// SPDX-License-Identifier: LGPL-2.1-or-later
/* keys by looking at them again and again, on kernels that post nothing. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "source.h"
#include "sources/keys.h"
#include "sources/keys-watched.h"

static int keys_poll_probe(const struct wq_source_config *c, struct wq_error *e)
{
	(void) c;
	return wq_key_permitted(e);
}

static void keys_poll_close(struct wq_source *s)
{
	wq_keys_state_free(s->priv);
	s->priv = NULL;
}

static int keys_poll_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_keys_config config = {
		.recursive = c->recursive, .all = c->all, .interval = c->interval, .queue_fd = -1,
	};
	int rc;

	if (!wq_engine_wants_names(s->m))
		wq_engine_want_names(s->m);
	s->priv = wq_keys_state_new(s, &config);
	if (!s->priv)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	rc = wq_keys_state_open(s->priv, c, e);
	if (rc) {
		keys_poll_close(s);
		return rc;
	}
	wq_engine_log(s->m, WQ_LOG_WARNING,
		      "backend poll looks at the keys every %g s: it can't see updates of payloads, nor changes that are undone between two looks, nor who made them",
		      (double) c->interval / 1e9);
	return 0;
}

/* Nothing is ever read from a queue. */
static int keys_poll_apply(struct wq_source *s, const struct wq_item *item)
{
	(void) s;
	(void) item;
	return 0;
}

static void keys_poll_doubt(struct wq_source *s)
{
	wq_keys_state_doubt(s->priv);
}

static int keys_poll_snapshot(struct wq_source *s, enum wq_mark mark, unsigned round)
{
	return wq_keys_state_snapshot(s->priv, mark, round);
}

static int keys_poll_tell(struct wq_source *s, enum wq_mark mark)
{
	return wq_keys_state_tell(s->priv, mark);
}

static uint64_t keys_poll_deadline(struct wq_source *s)
{
	return wq_keys_state_deadline(s->priv);
}

static int keys_poll_tick(struct wq_source *s)
{
	return wq_keys_state_tick(s->priv);
}

/* What changed since the last look, as by a command that has ended. */
static int keys_poll_finish(struct wq_source *s)
{
	return wq_keys_look(s->priv, WQ_LOOK_ALL);
}

const struct wq_source_ops wq_keys_poll = {
	.source = "keys",
	.backend = "poll",
	.about = "looks now and then: no updates, nothing that is undone at once, not who did it",
	.type = WQ_TYPE_KEY,
	.posts = { WQ_KEYS_CHANGES & ~(1u << WQ_KEY_UPDATED), WQ_KEYS_EXPIRED },
	.probe = keys_poll_probe,
	.open = keys_poll_open,
	.apply = keys_poll_apply,
	.doubt = keys_poll_doubt,
	.snapshot = keys_poll_snapshot,
	.tell = keys_poll_tell,
	.deadline = keys_poll_deadline,
	.tick = keys_poll_tick,
	.finish = keys_poll_finish,
	.close = keys_poll_close,
};
