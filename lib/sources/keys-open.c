// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the user named: looking it up, and watching it. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/proc-keys.h"
#include "sources/keys.h"
#include "sources/keys-watched.h"

#define WQ_ID_MAX		255u

/* A key to watch: several arguments may name the same one. */
struct wanted {
	int32_t serial;
	char *object;
	unsigned id;
};

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
				.id = wq_source_id(c, i) < WQ_ID_MAX ? wq_source_id(c, i) : WQ_ID_MAX,
			};
		if (add_object(&w[j], c->objects[i]))
			return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	return 0;
}

static void warn_of_session(struct wq_source *s, const struct wanted *w)
{
	struct wq_name *n = strcmp(w->object, "@s") == 0 ? wq_key_describe(w->serial) : NULL;

	if (n && strncmp(n->desc, "_uid_ses.", 9) == 0)
		wq_engine_log(s->m, WQ_LOG_WARNING,
			      "@s: this session has no keyring of its own: watching the user's default one (%s), to which a program that adds to @s adds nothing; 'watchq keys --all' watches all keys, 'keyctl session' starts a shell with a keyring",
			      n->desc);
	wq_name_unref(n);
}

void wq_keys_new_root(struct wq_keys_state *st, struct wq_watched *w)
{
	w->root = w->shown = true;
	w->there_told = false;
	st->standing++;
	wq_keys_doubt(st, w, WQ_DOUBT_NOW);
	if (st->config.all)
		wq_keys_hear(st, w);
}

/* 0, or -errno of the kernel's refusal. */
static int hear_root(struct wq_keys_state *st, struct wq_watched *w)
{
	struct wq_name *n;
	int rc;

	if (st->config.queue_fd >= 0) {
		rc = wq_keys_hear(st, w);
		/* Of many keys, some may be looked at. */
		return rc == -EAGAIN && st->config.recursive ? 0 : rc;
	}
	n = wq_key_describe(w->serial);
	rc = n ? 0 : -errno;
	wq_name_unref(n);
	return rc;
}

static int open_root(struct wq_keys_state *st, const struct wanted *want, struct wq_error *e)
{
	struct wq_source *s = st->s;
	const struct wq_watch *watch = wq_engine_watch(s, (uint8_t) want->id, s->ops->source, s->ops->backend,
						       want->object);
	struct wq_watched *w = watch ? wq_keys_new_watched(st, want->serial, watch) : NULL;
	int rc;

	if (!w)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	wq_keys_new_root(st, w);
	rc = hear_root(st, w);
	if (rc)
		return wq_key_fail(e, want->object, -rc);
	wq_engine_log(s->m, WQ_LOG_INFO, "%s: watching key %d as %u", want->object, want->serial, want->id);
	warn_of_session(s, want);
	return 0;
}

static int open_all(struct wq_keys_state *st, const struct wq_source_config *c, struct wq_error *e)
{
	struct wq_source *s = st->s;
	int rc = wq_proc_keys_open(e);

	if (rc < 0)
		return rc;
	close(rc);
	st->all_watch = wq_engine_watch(s, (uint8_t) wq_source_id(c, 0), s->ops->source, s->ops->backend, "all");
	rc = st->all_watch ? wq_keys_expiry_read(st) : -ENOMEM;
	if (rc)
		return wq_fail(e, WQ_FAILURE, -rc, "/proc/keys: can't read: %s", strerror(-rc));
	wq_engine_log(s->m, WQ_LOG_INFO, "all: watching %zu keys of /proc/keys as %u", st->nall, wq_source_id(c, 0));
	return 0;
}

int wq_keys_state_open(struct wq_keys_state *st, const struct wq_source_config *c, struct wq_error *e)
{
	struct wanted *wanted = calloc(c->nobjects + 1, sizeof(*wanted));
	size_t n = 0, i;
	int rc;

	if (!wanted)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	if (st->config.all) {
		rc = open_all(st, c, e);
	} else {
		rc = resolve_all(c, wanted, &n, e);
		for (i = 0; i < n && !rc; i++)
			rc = open_root(st, &wanted[i], e);
	}
	for (i = 0; i < n; i++)
		free(wanted[i].object);
	free(wanted);
	return rc;
}
