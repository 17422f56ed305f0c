// SPDX-License-Identifier: LGPL-2.1-or-later
/* keys through the notification pipe. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drain.h"
#include "filter.h"
#include "models/names.h"
#include "queue.h"
#include "source.h"
#include "sources/keys.h"
#include "sources/keys-state.h"
#include "uapi.h"

#define WQ_ID_MAX	255u
#define WQ_READ_SIZE	(64u << 10)	/* a queue of 512 records of 127 bytes */

struct keys_pipe {
	/* Owned by whoever calls drain(). */
	struct wq_queue queue;
	size_t got, done;		/* bytes in buf: read, pushed */
	uint64_t stamp;			/* when they were read */
	unsigned char buf[WQ_READ_SIZE];

	/* Owned by the engine's thread. */
	struct wq_keys_state *state;
};

static int keys_pipe_probe(const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_queue q;
	int rc = wq_queue_open(&q, 1, e);

	(void) c;
	if (rc)
		return rc;
	wq_queue_close(&q);
	return wq_key_notifications(e);
}

/* ---- Opening ---- */

/* Which watches there are: the user's, from the first ID on, and one more for members
 * whose expiry alone is wanted. */
static uint8_t quiet_id(const struct wq_source_config *c)
{
	return wq_source_last_id(c) < WQ_ID_MAX ? WQ_ID_MAX : 0;
}

/* The kernel posts of those members what may change when they expire. */
static void add_quiet(struct wq_filter *f, const struct wq_source_config *c)
{
	char rule[64];
	size_t i;

	if (f->nrules == 0 && c->nobjects < WQ_FILTER_MAX)
		for (i = 0; i < c->nobjects; i++) {
			snprintf(rule, sizeof(rule), "key:*:0x%x/0xff00", wq_source_id(c, i) << WQ_UAPI_INFO_ID_SHIFT);
			wq_filter_add_raw(f, rule, NULL);
		}
	if (f->nrules && f->nrules < WQ_FILTER_MAX) {
		snprintf(rule, sizeof(rule), "key:setattr:0x%x/0xff00", WQ_ID_MAX << WQ_UAPI_INFO_ID_SHIFT);
		wq_filter_add_raw(f, rule, NULL);
	}
}

static int set_filter(struct wq_source *s, const struct wq_source_config *c, bool quiet, struct wq_error *e)
{
	const struct wq_filter *user = wq_engine_filter(s->m);
	struct keys_pipe *p = s->priv;
	struct wq_filter need = { 0 }, f;
	bool members = c->recursive || wq_keys_wants_members(s->m);

	if (!wq_filter_can_deliver(user) && !wq_keys_wants_expiry(s->m))
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "nothing that the filter asks for can come from a notification pipe: it posts the types key and meta with subtypes below 32");
	/* A name must be learnt while its key is there, and anew when it changes. */
	if (wq_engine_wants_names(s->m))
		wq_filter_add_events(&need, members ?
				     "key/linked,key/unlinked,key/cleared,key/revoked,key/invalidated,key/setattr" :
				     "key/linked,key/setattr", NULL, NULL);
	if (wq_keys_wants_expiry(s->m))
		wq_filter_add_events(&need, "key/updated", NULL, NULL);
	wq_filter_compile(&f, user, &need);
	if (quiet)
		add_quiet(&f, c);
	return wq_queue_set_filter(&p->queue, &f, e);
}

static void keys_pipe_close(struct wq_source *s)
{
	struct keys_pipe *p = s->priv;

	wq_queue_close(&p->queue);
	wq_keys_state_free(p->state);
	free(p);
	s->priv = NULL;
}

/* The queue, and what is known of the keys whose records come through it. */
static int open_state(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct keys_pipe *p = s->priv;
	bool quiet = wq_keys_wants_expiry(s->m) && !c->recursive && quiet_id(c);
	struct wq_keys_config config = {
		.recursive = c->recursive, .all = c->all, .interval = c->interval,
		.quiet_id = quiet ? WQ_ID_MAX : 0,
	};
	int rc = wq_queue_open(&p->queue, c->depth, e);

	if (rc)
		return rc;
	wq_engine_log(s->m, WQ_LOG_INFO, "queue of %u records%s", p->queue.depth,
		      c->depth == 0 && p->queue.depth < WQ_UAPI_MAX_DEPTH ?
		      ": all that the limit on this user's pipes leaves (/proc/sys/fs/pipe-user-pages-soft)" : "");
	s->depth = p->queue.depth;
	config.queue_fd = p->queue.rfd;
	p->state = wq_keys_state_new(s, &config);
	return p->state ? set_filter(s, c, quiet, e) : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
}

static int keys_pipe_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct keys_pipe *p = calloc(1, sizeof(*p));
	int rc;

	s->priv = p;
	if (!p)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	p->queue.rfd = p->queue.wfd = -1;
	memset(p->buf, 0xff, sizeof(p->buf));	/* in memory before the first read: drain.c */

	rc = wq_key_notifications(e);
	/* Sized before the first watch: else records vanish without a LOSS. */
	if (!rc)
		rc = open_state(s, c, e);
	if (!rc)
		rc = wq_keys_state_open(p->state, c, e);
	if (!rc && wq_engine_drain(s, p->queue.rfd))
		rc = wq_fail(e, WQ_FAILURE, errno, "can't poll the queue: %s", strerror(errno));
	if (rc)
		keys_pipe_close(s);
	return rc;
}

/* ---- Running ---- */

/* 1: there is no room. */
static int push_rest(struct keys_pipe *p, unsigned source, struct wq_items *items, struct wq_error *e)
{
	struct wq_walk w = { .buf = p->buf, .len = p->got, .pos = p->done };
	struct wq_record rec;
	struct wq_bad bad;
	char text[256];
	int rc;

	while ((rc = wq_walk_next(&w, &rec, &bad)) > 0) {
		if (wq_items_push(items, source, p->stamp, rec.data, rec.len))
			return 1;
		p->done = w.pos;
	}
	if (rc < 0)
		return wq_fail(e, WQ_FAILURE, EBADMSG, "the kernel's records make no sense: %s",
			       wq_bad_text(&bad, text, sizeof(text)));
	p->got = p->done = 0;
	return 0;
}

static int keys_pipe_drain(struct wq_source *s, struct wq_items *items, struct wq_error *e)
{
	struct keys_pipe *p = s->priv;
	uint64_t enough = items->taken + 2 * p->queue.depth;
	ssize_t n;
	int rc;

	for (;;) {
		rc = push_rest(p, s->index, items, e);
		if (rc)
			return rc;
		if (items->taken >= enough)
			return 1;	/* they come as fast as they are read */
		n = wq_queue_read(&p->queue, p->buf, sizeof(p->buf));
		if (n == 0)
			return 0;
		if (n < 0)
			return wq_fail(e, WQ_FAILURE, (int) -n, "can't read the queue: %s", strerror((int) -n));
		p->stamp = wq_now_boottime();
		p->got = (size_t) n;
		p->done = 0;
	}
}

/* ---- The engine's side ---- */

static int keys_pipe_apply(struct wq_source *s, const struct wq_item *item)
{
	return wq_keys_state_apply(((struct keys_pipe *) s->priv)->state, item);
}

static void keys_pipe_doubt(struct wq_source *s)
{
	wq_keys_state_doubt(((struct keys_pipe *) s->priv)->state);
}

static int keys_pipe_snapshot(struct wq_source *s, enum wq_mark mark, unsigned round)
{
	return wq_keys_state_snapshot(((struct keys_pipe *) s->priv)->state, mark, round);
}

static int keys_pipe_tell(struct wq_source *s, enum wq_mark mark)
{
	return wq_keys_state_tell(((struct keys_pipe *) s->priv)->state, mark);
}

static uint64_t keys_pipe_deadline(struct wq_source *s)
{
	return wq_keys_state_deadline(((struct keys_pipe *) s->priv)->state);
}

static int keys_pipe_tick(struct wq_source *s)
{
	return wq_keys_state_tick(((struct keys_pipe *) s->priv)->state);
}

const struct wq_source_ops wq_keys_pipe = {
	.source = "keys",
	.backend = "pipe",
	.about = "records of the kernel, of all but expiry; not who did it",
	.type = WQ_TYPE_KEY,
	.posts = { WQ_KEYS_CHANGES, WQ_KEYS_EXPIRED },
	.probe = keys_pipe_probe,
	.open = keys_pipe_open,
	.drain = keys_pipe_drain,
	.apply = keys_pipe_apply,
	.doubt = keys_pipe_doubt,
	.snapshot = keys_pipe_snapshot,
	.tell = keys_pipe_tell,
	.deadline = keys_pipe_deadline,
	.tick = keys_pipe_tick,
	.close = keys_pipe_close,
};
