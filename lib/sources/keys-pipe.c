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

#define ID_MAX		255u
#define READ_SIZE	(64u << 10)	/* a queue of 512 records of 127 bytes */

struct keys_pipe {
	/* Owned by whoever calls drain(). */
	struct wq_queue queue;
	size_t got, done;		/* bytes in buf: read, pushed */
	uint64_t stamp;			/* when they were read */
	unsigned char buf[READ_SIZE];

	/* Owned by the engine's thread. */
	struct wq_keys_state *state;
};

/* A key to watch: several arguments may name the same one. */
struct wanted {
	int32_t serial;
	char *object;
	unsigned id;
};

static int keys_pipe_probe(struct wq_error *e)
{
	struct wq_queue q;
	int rc = wq_queue_open(&q, 1, e);

	if (rc)
		return rc;
	wq_queue_close(&q);
	return wq_key_notifications(e);
}

/* ---- Opening ---- */

/* "@s" and then "@s,%:ring": the names that a watch goes by. */
static int add_object(struct wanted *w, const char *spec)
{
	char *both;

	if (!w->object) {
		w->object = strdup(spec);
		return w->object ? 0 : -ENOMEM;
	}
	if (asprintf(&both, "%s,%s", w->object, spec) < 0)
		return -ENOMEM;
	free(w->object);
	w->object = both;
	return 0;
}

static int resolve_all(const struct wq_source_config *c, struct wanted *w, size_t *n,
		       struct wq_error *e)
{
	size_t i, j;

	for (i = 0; i < c->nobjects; i++) {
		int32_t serial;
		int rc = wq_key_resolve(c->objects[i], &serial, e);

		if (rc)
			return rc;
		for (j = 0; j < *n && w[j].serial != serial; j++)
			;
		/* There are no more IDs: the last is that of all further ones, too. */
		if (j == *n)
			w[(*n)++] = (struct wanted) {
				.serial = serial,
				.id = i < ID_MAX - c->first_id ? c->first_id + (unsigned) i : ID_MAX,
			};
		if (add_object(&w[j], c->objects[i]))
			return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	return 0;
}

/* Members are followed where what is shown may tell of them. */
static bool wants_members(const struct wq_filter *user)
{
	static const uint8_t of_members[] = { WQ_KEY_LINKED, WQ_KEY_UNLINKED, WQ_KEY_CLEARED };
	unsigned i;

	for (i = 0; i < sizeof(of_members); i++)
		if (wq_filter_may_pass(user, WQ_TYPE_KEY, of_members[i]))
			return true;
	return false;
}

static int set_filter(struct wq_source *s, bool members, struct wq_error *e)
{
	const struct wq_filter *user = wq_engine_filter(s->m);
	struct keys_pipe *p = s->priv;
	struct wq_filter need = { 0 }, f;

	if (!wq_filter_can_deliver(user))
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "nothing that the filter asks for can come from a notification pipe: it posts the types key and meta with subtypes below 32");
	/* A name must be learnt while its key is there, and anew when it changes. */
	if (wq_engine_wants_names(s->m))
		wq_filter_add_events(&need, members ?
				     "key/linked,key/unlinked,key/cleared,key/revoked,key/invalidated,key/setattr" :
				     "key/linked,key/setattr", NULL, NULL);
	wq_filter_compile(&f, user, &need);
	return wq_queue_set_filter(&p->queue, &f, e);
}

static void warn_of_session(struct wq_source *s, const struct wanted *w)
{
	struct wq_name *n = strcmp(w->object, "@s") == 0 ? wq_key_describe(w->serial) : NULL;

	if (n && strncmp(n->desc, "_uid_ses.", 9) == 0)
		wq_engine_log(s->m, WQ_LOG_WARNING,
			      "@s: this session has no keyring of its own, so this is the user's default one (%s); a program that adds to @s makes itself a new one, which is not seen here. 'keyctl session' starts a shell with one",
			      n->desc);
	wq_name_unref(n);
}

static int watch_all(struct wq_source *s, struct wanted *w, size_t n, struct wq_error *e)
{
	struct keys_pipe *p = s->priv;
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		const struct wq_watch *watch;

		rc = wq_key_watch(w[i].serial, p->queue.rfd, (int) w[i].id);
		if (rc)
			return wq_key_fail(e, w[i].object, -rc);
		watch = wq_engine_watch(s, (uint8_t) w[i].id, s->ops->source, s->ops->backend, w[i].object);
		if (!watch || wq_keys_state_add(p->state, w[i].serial, watch))
			return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
		wq_engine_log(s->m, WQ_LOG_INFO, "%s: watching key %d as %u", w[i].object, w[i].serial, w[i].id);
		warn_of_session(s, &w[i]);
	}
	return 0;
}

static void keys_pipe_close(struct wq_source *s)
{
	struct keys_pipe *p = s->priv;

	wq_queue_close(&p->queue);
	wq_keys_state_free(p->state);
	free(p);
	s->priv = NULL;
}

static int keys_pipe_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct keys_pipe *p = calloc(1, sizeof(*p));
	struct wanted *wanted = calloc(c->nobjects, sizeof(*wanted));
	bool names = wq_engine_wants_names(s->m);
	bool members = names && wants_members(wq_engine_filter(s->m));
	size_t n = 0, i;
	int rc;

	s->priv = p;
	if (!p || !wanted) {
		rc = wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
		free(p);
		free(wanted);
		return rc;
	}
	p->queue.rfd = p->queue.wfd = -1;
	memset(p->buf, 0xff, sizeof(p->buf));	/* in memory before the first read: drain.c */

	p->state = wq_keys_state_new(s, names, members);
	rc = p->state ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	if (!rc)
		rc = wq_key_notifications(e);
	if (!rc)
		rc = resolve_all(c, wanted, &n, e);
	/* Sized before the first watch: else records vanish without a LOSS. */
	if (!rc)
		rc = wq_queue_open(&p->queue, c->depth, e);
	if (!rc) {
		wq_engine_log(s->m, WQ_LOG_INFO, "queue of %u records%s", p->queue.depth,
			      c->depth == 0 && p->queue.depth < WQ_UAPI_MAX_DEPTH ?
			      ": all that the limit on this user's pipes leaves (/proc/sys/fs/pipe-user-pages-soft)" : "");
		s->depth = p->queue.depth;
		rc = set_filter(s, members, e);
	}
	if (!rc)
		rc = watch_all(s, wanted, n, e);
	if (!rc && wq_engine_drain(s, p->queue.rfd))
		rc = wq_fail(e, WQ_FAILURE, errno, "can't poll the queue: %s", strerror(errno));

	for (i = 0; i < n; i++)
		free(wanted[i].object);
	free(wanted);
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

const struct wq_source_ops wq_keys_pipe = {
	.source = "keys",
	.backend = "pipe",
	.probe = keys_pipe_probe,
	.open = keys_pipe_open,
	.drain = keys_pipe_drain,
	.apply = keys_pipe_apply,
	.doubt = keys_pipe_doubt,
	.snapshot = keys_pipe_snapshot,
	.tell = keys_pipe_tell,
	.close = keys_pipe_close,
};
