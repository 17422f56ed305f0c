// SPDX-License-Identifier: LGPL-2.1-or-later
/* keys through the notification pipe. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "models/keys.h"
#include "models/names.h"
#include "queue.h"
#include "ring.h"
#include "source.h"
#include "sources/keys.h"
#include "uapi.h"

#define NAMES_BUDGET	(16u << 20)	/* bytes of names that are kept */
#define READ_SIZE	(64u << 10)	/* a queue of 512 records of 127 bytes */

struct keys_pipe {
	/* Owned by whoever calls drain(). */
	struct wq_queue queue;
	size_t got, done;		/* bytes in buf: read, pushed */
	uint64_t stamp;			/* when they were read */
	unsigned char buf[READ_SIZE];

	/* Owned by the engine's thread. */
	struct wq_keys *names;		/* NULL: names aren't wanted */
	unsigned standing;		/* watches */
	int32_t standing_key[256];	/* by ID; 0: none stands */
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

/* ---- Names ---- */

static struct wq_name *look_up(struct keys_pipe *p, uint32_t serial)
{
	struct wq_name *n = wq_key_describe((int32_t) serial);

	struct wq_name *old;

	if (!n)
		return NULL;
	/* What the writer has made of the old one stays good if nothing changed. */
	old = wq_keys_find(p->names, serial);
	if (!old || !wq_name_equal(old, n))
		wq_keys_put(p->names, n);
	wq_name_unref(n);	/* the table has it now, or there is no memory */
	return wq_keys_find(p->names, serial);
}

/* The name of a key: kept from when it was first seen, since it may be gone. */
static struct wq_name *name_of(struct keys_pipe *p, uint32_t serial)
{
	struct wq_name *n;

	if (!p->names)
		return NULL;
	n = wq_keys_find(p->names, serial);
	return n ? n : look_up(p, serial);
}

/* What an event says anew: attributes that were set, and a link, which may be of
 * another key by a serial that was used before. */
static void look_again(struct keys_pipe *p, const struct wq_event *ev)
{
	struct wq_name *old, *n;

	if (ev->rec.subtype_nr == WQ_KEY_LINKED)
		look_up(p, ev->aux);
	if (ev->rec.subtype_nr != WQ_KEY_SETATTR || look_up(p, ev->key) || errno != EACCES)
		return;

	/* No View permission any more: what was known of them is wrong now. */
	old = wq_keys_find(p->names, ev->key);
	n = old ? wq_name_new(ev->key, WQ_PERM_UNKNOWN, WQ_PERM_UNKNOWN, WQ_PERM_UNKNOWN,
			      old->type, old->type_len, old->desc, old->desc_len) : NULL;
	if (n)
		wq_keys_put(p->names, n);
	wq_name_unref(n);
}

/* What is there when the watch has just begun to stand: records of it may come
 * when the kernel has forgotten it. */
static void learn_names(struct wq_source *s, const struct wanted *w)
{
	struct keys_pipe *p = s->priv;
	struct wq_name *n;
	int32_t *members;
	ssize_t count, i;

	if (!p->names)
		return;
	n = name_of(p, (uint32_t) w->serial);
	if (!n || strcmp(n->type, "keyring") != 0)
		return;
	if (strcmp(w->object, "@s") == 0 && strncmp(n->desc, "_uid_ses.", 9) == 0)
		wq_engine_log(s->m, WQ_LOG_WARNING,
			      "@s: this session has no keyring of its own, so this is the user's default one (%s); a program that adds to @s makes itself a new one, which is not seen here. 'keyctl session' starts a shell with one",
			      n->desc);

	count = wq_key_members(w->serial, &members);
	if (count < 0) {
		wq_engine_log(s->m, WQ_LOG_INFO,
			      "%s: can't list the members (%s): those that are there now have no names",
			      w->object, strerror((int) -count));
		return;
	}
	for (i = 0; i < count; i++)
		name_of(p, (uint32_t) members[i]);
	free(members);
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
		if (j == *n)
			w[(*n)++] = (struct wanted) { .serial = serial, .id = c->first_id + (unsigned) i };
		if (add_object(&w[j], c->objects[i]))
			return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	return 0;
}

static int set_filter(struct wq_source *s, struct wq_error *e)
{
	const struct wq_filter *user = wq_engine_filter(s->m);
	struct keys_pipe *p = s->priv;
	struct wq_filter need = { 0 }, f;

	if (!wq_filter_can_deliver(user))
		return wq_fail(e, WQ_FAILURE, EINVAL,
			       "nothing that the filter asks for can come from a notification pipe: it posts the types key and meta with subtypes below 32");
	/* A name must be learnt while its key is there, and anew when it changes. */
	if (p->names)
		wq_filter_add_events(&need, "key/linked,key/setattr", NULL, NULL);
	wq_filter_compile(&f, user, &need);
	return wq_queue_set_filter(&p->queue, &f, e);
}

static int watch_all(struct wq_source *s, struct wanted *w, size_t n, struct wq_error *e)
{
	struct keys_pipe *p = s->priv;
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		rc = wq_key_watch(w[i].serial, p->queue.rfd, (int) w[i].id);
		if (rc)
			return wq_key_fail(e, w[i].object, -rc);
		if (!wq_engine_watch(s, (uint8_t) w[i].id, s->ops->source, s->ops->backend, w[i].object))
			return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
		p->standing++;
		p->standing_key[w[i].id] = w[i].serial;
		wq_engine_log(s->m, WQ_LOG_INFO, "%s: watching key %d as %u", w[i].object, w[i].serial, w[i].id);
	}
	/* All watches first: what is learnt late can still be looked up. */
	for (i = 0; i < n; i++)
		learn_names(s, &w[i]);
	return 0;
}

static void keys_pipe_close(struct wq_source *s)
{
	struct keys_pipe *p = s->priv;

	wq_queue_close(&p->queue);
	wq_keys_free(p->names);
	free(p);
	s->priv = NULL;
}

static int keys_pipe_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct keys_pipe *p = calloc(1, sizeof(*p));
	struct wanted *wanted = calloc(c->nobjects, sizeof(*wanted));
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

	if (wq_engine_wants_names(s->m)) {
		p->names = wq_keys_new(NAMES_BUDGET);
		rc = p->names ? 0 : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	} else {
		rc = 0;
	}
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
		rc = set_filter(s, e);
	}
	if (!rc)
		rc = watch_all(s, wanted, n, e);
	if (!rc && wq_engine_poll(s->m, p->queue.rfd))
		rc = wq_fail(e, WQ_FAILURE, errno, "can't poll the queue: %s", strerror(errno));

	for (i = 0; i < n; i++)
		free(wanted[i].object);
	free(wanted);
	if (rc)
		keys_pipe_close(s);
	return rc;
}

/* ---- Running ---- */

/* 1: the ring is full. */
static int push_rest(struct keys_pipe *p, unsigned source, struct wq_ring *ring, struct wq_error *e)
{
	struct wq_walk w = { .buf = p->buf, .len = p->got, .pos = p->done };
	struct wq_record rec;
	struct wq_bad bad;
	int rc;

	while ((rc = wq_walk_next(&w, &rec, &bad)) > 0) {
		struct wq_ring_item *it = wq_ring_reserve(ring, sizeof(*it) + rec.len);

		if (!it)
			return 1;
		it->boottime = p->stamp;
		it->source = source;
		it->len = rec.len;
		memcpy(it->data, rec.data, rec.len);
		wq_ring_commit(ring);
		p->done = w.pos;
	}
	if (rc < 0) {
		char text[256];

		return wq_fail(e, WQ_FAILURE, EBADMSG, "the kernel's records make no sense: %s",
			       wq_bad_text(&bad, text, sizeof(text)));
	}
	p->got = p->done = 0;
	return 0;
}

static int keys_pipe_drain(struct wq_source *s, struct wq_ring *ring, struct wq_error *e)
{
	struct keys_pipe *p = s->priv;
	ssize_t n;
	int rc;

	for (;;) {
		rc = push_rest(p, s->index, ring, e);
		if (rc)
			return rc;
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

static void watch_removed(struct wq_source *s, uint8_t id)
{
	struct keys_pipe *p = s->priv;

	if (!p->standing_key[id])
		return;
	p->standing_key[id] = 0;
	if (--p->standing == 0)
		wq_engine_source_ended(s);
}

/* A removal may be among what was lost: nothing else would ever tell of it. */
static void look_for_removed(struct wq_source *s)
{
	struct keys_pipe *p = s->priv;
	unsigned id;

	for (id = 1; id < 256; id++) {
		struct wq_name *n = p->standing_key[id] ? wq_key_describe(p->standing_key[id]) : NULL;

		if (p->standing_key[id] && !n && errno == ENOKEY) {
			wq_engine_log(s->m, WQ_LOG_WARNING, "%s: the key is gone; its removal is among what was lost",
				      s->by_id[id]->object);
			watch_removed(s, (uint8_t) id);
		}
		wq_name_unref(n);
	}
}

static int keys_pipe_apply(struct wq_source *s, const struct wq_item *item)
{
	struct keys_pipe *p = s->priv;
	const struct wq_record *rec = &item->rec;
	const struct wq_watch *watch = s->by_id[rec->id] ? s->by_id[rec->id] : s->self;
	struct wq_event ev;
	int rc;

	wq_engine_event(&ev, item, watch);
	ev.realtime = item->boottime + (uint64_t) wq_engine_clock(s->m);
	if (ev.has_key) {
		if (rec->type_nr == WQ_TYPE_KEY && p->names)
			look_again(p, &ev);
		/* Held: the second look-up may push the first out of the table. */
		ev.key_name = wq_name_ref(name_of(p, ev.key));
		if (ev.aux_kind == WQ_AUX_KEY)
			ev.aux_name = wq_name_ref(name_of(p, ev.aux));
	}
	rc = wq_engine_emit(s->m, &ev);
	if (rec->type_nr == WQ_TYPE_META && rec->subtype_nr == WQ_META_REMOVAL)
		watch_removed(s, rec->id);
	if (rec->type_nr == WQ_TYPE_META && rec->subtype_nr == WQ_META_LOSS)
		look_for_removed(s);
	return rc;
}

const struct wq_source_ops wq_keys_pipe = {
	.source = "keys",
	.backend = "pipe",
	.probe = keys_pipe_probe,
	.open = keys_pipe_open,
	.drain = keys_pipe_drain,
	.apply = keys_pipe_apply,
	.close = keys_pipe_close,
};
