// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conditions/condition.h"
#include "kernel/not-supported.h"
#include "monitor.h"
#include "paths.h"

static const struct wq_condition_kind *const kinds[] = {
	&wq_condition_mounted, &wq_condition_unmounted, &wq_condition_ro, &wq_condition_rw,
	&wq_condition_key, &wq_condition_nokey, &wq_condition_revoked, &wq_condition_expired,
	&wq_condition_linked,
	&wq_condition_device, &wq_condition_nodevice,
};

#define WQ_NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

const char *wq_condition_kind(unsigned i, const char **object)
{
	if (i >= WQ_NKINDS)
		return NULL;
	*object = kinds[i]->object;
	return kinds[i]->name;
}

/* ---- Making one ---- */

static int set_up(struct wq_condition *c, const char *text, struct wq_error *e)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t) (colon - text) : strlen(text), i;

	for (i = 0; i < WQ_NKINDS && !c->kind; i++)
		if (strlen(kinds[i]->name) == len && memcmp(kinds[i]->name, text, len) == 0)
			c->kind = kinds[i];
	if (!c->kind) {
		wq_fail(e, WQ_FAILURE, EINVAL, "unknown condition '%.*s'", (int) len, text);
		snprintf(e->word, sizeof(e->word), "%.*s", (int) (len < sizeof(e->word) ? len : sizeof(e->word) - 1), text);
		return -EINVAL;
	}
	if (!colon || !colon[1])
		return wq_fail(e, WQ_FAILURE, EINVAL, "%s: expected %s:%s", text, c->kind->name, c->kind->object);
	c->text = strdup(text);
	if (!c->text)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	c->object = c->text + len + 1;
	c->watch = (struct wq_watch) {
		.index = UINT_MAX, .source = c->kind->source ? c->kind->source : "block", .backend = "look",
	};
	return c->kind->parse(c, e);
}

int wq_condition_new(struct wq_condition **out, const char *text, struct wq_error *e)
{
	struct wq_condition *c = calloc(1, sizeof(*c));
	int rc = c ? set_up(c, text, e) : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");

	if (rc)
		wq_condition_free(c);
	else
		*out = c;
	return rc;
}

static void forget(struct wq_condition *c)
{
	wq_mount_unref(c->found.mount);
	wq_name_unref(c->found.name);
	wq_name_unref(c->found.member);
	wq_side_unref(c->found.side);
	memset(&c->found, 0, sizeof(c->found));
}

void wq_condition_free(struct wq_condition *c)
{
	if (!c)
		return;
	forget(c);
	wq_path_watch_free(c->way);
	free(c->path);
	free(c->types);
	wq_name_unref(c->known);
	free(c->key);
	free(c->type);
	free(c->desc);
	free(c->objects);
	free(c->text);
	free(c);
}

int wq_condition_set_types(struct wq_condition *c, const char *types)
{
	if (!c->kind->has_types)
		return -EINVAL;
	free(c->types);
	c->types = strdup(types);
	return c->types ? 0 : -ENOMEM;
}

int wq_condition_path(struct wq_condition *c, bool mounts, struct wq_error *e)
{
	int rc = wq_path_watch_new(&c->way, c->object, mounts);

	return rc ? wq_fail(e, WQ_FAILURE, -rc, "%s: can't listen for it: %s", c->object, strerror(-rc)) : 0;
}

int wq_conditions_use_threads(struct wq_condition *const *c, size_t n, wq_log_fn log, void *data,
			      struct wq_error *e)
{
	struct wq_path_threads *threads = calloc(1, sizeof(*threads));
	size_t i;
	int rc = threads ? 0 : -ENOMEM;

	if (!rc) {
		*threads = (struct wq_path_threads) { .refs = 1, .log = log, .log_data = data };
		for (i = 0; !rc && i < n; i++)
			rc = c[i]->way ? wq_path_watch_use_threads(c[i]->way, threads) : 0;
		if (--threads->refs == 0)
			free(threads);
	}
	return rc ? wq_fail(e, WQ_FAILURE, -rc, "can't start what looks up paths: %s", strerror(-rc)) : 0;
}

/* ---- Paths ---- */

/* A path leads nowhere, so far: what is not there may come, and a server that is dead or a disk with
 * errors may be unmounted and replaced. */
static bool may_come(int err)
{
	static const int errs[] = {
		ENOENT, ENOTDIR, ELOOP, ENOTCONN, ESTALE, EIO, ENODEV, ENXIO, ECONNABORTED, ECONNREFUSED,
		ECONNRESET, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ESHUTDOWN, EINTR,
	};
	size_t i;

	for (i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
		if (errs[i] == err)
			return true;
	return false;
}

/* What is known of the path without a look-up. */
static void use_name(struct wq_condition *c)
{
	if (!c->path)
		c->path = wq_path_absolute(c->object);
	c->there = false;
}

static void use_found(struct wq_condition *c, const struct wq_path_walk *w)
{
	char *name = wq_path_absolute(c->object);

	free(c->path);
	c->path = *w->path ? strdup(w->path) : NULL;
	if (c->path)
		wq_path_normalize(c->path);
	c->there = !w->err;
	c->is_plain = c->there && c->path && name && strcmp(name, c->path) == 0 && !wq_path_has_dotdot(c->object);
	free(name);
}

int wq_condition_look_up(struct wq_condition *c, const struct wq_path_walk **found, struct wq_error *e)
{
	int rc = wq_path_watch_look(c->way, c->watched_way, found), err;

	if (rc) {
		use_name(c);
		return -EINPROGRESS;	/* also where it was not asked: it will be */
	}
	use_found(c, *found);
	err = (*found)->err;
	if (err == 0)
		return 0;
	if (may_come(err))
		return 1;
	return wq_fail(e, wq_error_kind_of(WQ_CALL_PATH, err), err, "%s: %s", c->object,
		       strerror(err));
}

const char *wq_condition_text(const struct wq_condition *c)
{
	return c->text;
}

int wq_condition_fd(const struct wq_condition *c)
{
	return c->way ? wq_path_watch_fd(c->way) : -1;
}

bool wq_condition_heard(struct wq_condition *c)
{
	return c->way && wq_path_watch_heard(c->way);
}

bool wq_condition_needs_looks(const struct wq_condition *c)
{
	return (c->way && wq_path_watch_is_deaf(c->way)) || (c->kind->needs_looks && c->kind->needs_looks(c));
}

/* ---- Watching ---- */

static bool is_any(struct wq_condition *const *c, size_t n, const char *source)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i]->kind->source && strcmp(c[i]->kind->source, source) == 0)
			return true;
	return false;
}

/* Whether one is about the filesystem, not the mount alone. */
static bool wants_sb(struct wq_condition *const *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i]->kind == &wq_condition_ro || c[i]->kind == &wq_condition_rw)
			return true;
	return false;
}

/* Whatever a condition can be about: not quotas, of which nothing is to be said then. */
static void set_filter(struct wq_monitor *m)
{
	struct wq_filter f = { 0 };

	wq_filter_add_raw(&f, "key", NULL);
	wq_filter_add_raw(&f, "mount", NULL);
	wq_filter_add_raw(&f, "sb:readonly,error,128-255", NULL);
	wq_monitor_set_filter(m, &f);
}

int wq_conditions_watch(struct wq_condition *const *c, size_t n, struct wq_monitor *m, uint64_t sweep,
			struct wq_error *e)
{
	int rc = wq_condition_keys_watch(c, n, m, e), sources = rc;
	size_t i;

	for (i = 0; i < n; i++)
		c[i]->watched_way = c[i]->way;
	if (rc >= 0 && is_any(c, n, "mounts")) {
		rc = wq_monitor_add(m, "mounts", NULL, NULL, 0, 1, 0, e);
		sources++;
	}
	if (rc >= 0 && wants_sb(c, n)) {
		wq_monitor_set_sweep(m, sweep);
		set_filter(m);
		rc = wq_monitor_add(m, "sb", NULL, NULL, 0, 1, 0, e);
		sources++;
	}
	return rc < 0 ? rc : sources;
}

/* ---- Looking ---- */

/* What was found, as an event. */
static void tell(struct wq_condition *c, struct wq_event *ev)
{
	*ev = (struct wq_event) {
		.boottime = wq_now_boottime(), .realtime = wq_now_realtime(), .watch = &c->watch,
		.mount = c->found.mount, .side = c->found.side,
		.has_key = c->found.key, .key = c->found.key, .key_name = c->found.name,
		.aux_kind = c->found.member_key ? WQ_AUX_KEY : WQ_AUX_NONE, .aux = c->found.member_key,
		.aux_name = c->found.member,
	};
	wq_record_build(c->rec, WQ_TYPE_META, WQ_META_HOLDS, 0, NULL, 0);
	wq_record_header(&ev->rec, c->rec, false);
}

int wq_condition_look(struct wq_condition *c, struct wq_event *state, struct wq_error *e)
{
	int rc;

	forget(c);
	rc = c->kind->look(c, e);
	if (rc == -EINPROGRESS)
		return 0;
	if (rc == 1)
		tell(c, state);
	return rc;
}

static bool is_loss(const struct wq_event *ev)
{
	return ev->rec.type_nr == WQ_TYPE_META &&
	       (ev->rec.subtype_nr == WQ_META_LOSS || ev->rec.subtype_nr == WQ_META_RING_LOSS);
}

bool wq_condition_concerns(const struct wq_condition *c, const struct wq_event *ev)
{
	return is_loss(ev) || (c->kind->concerns && c->kind->concerns(c, ev));
}

bool wq_condition_is_about(const struct wq_condition *c, const struct wq_event *ev)
{
	return !is_loss(ev) && c->kind->is_about(c, ev);
}

int wq_condition_event(struct wq_condition *c, const struct wq_event *ev, struct wq_event *state, struct wq_error *e)
{
	bool made = c->kind->makes && c->kind->makes(c, ev);
	int rc = made ? 1 : wq_condition_look(c, state, e);

	/* A key that has expired just behind another event has not by that one. */
	if (rc == 1 && (made || !c->kind->makes))
		*state = *ev;
	return rc;
}
