// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/worker.h"
#include "engine/questions.h"
#include "kernel/mount-at.h"
#include "kernel/path-question.h"
#include "monitor.h"
#include "paths.h"

#define WQ_UNANSWERED_MAX	8
#define WQ_OVERDUE		2000000000u	/* ns */
#define WQ_SERIAL_SHIFT		48		/* a key of all sources: which source, and its own key below */

/* Keys of sources have fewer bits: a device number has 32. */
static uint64_t whole_key(const struct wq_source *s, uint64_t key)
{
	return (uint64_t) s->serial << WQ_SERIAL_SHIFT | key;
}

static struct wq_source *source_of(struct wq_monitor *m, uint64_t key)
{
	unsigned i;

	for (i = 0; i < m->nsources; i++)
		if (m->sources[i].source.serial == key >> WQ_SERIAL_SHIFT)
			return &m->sources[i].source;
	return NULL;
}

static uint64_t own_key(uint64_t key)
{
	return key & ((UINT64_C(1) << WQ_SERIAL_SHIFT) - 1);
}

int wq_questions_begin(struct wq_monitor *m, struct wq_error *e)
{
	int rc;

	if (!m->may_ask)
		return 0;
	m->workers = wq_workers_new(WQ_UNANSWERED_MAX, WQ_OVERDUE);
	rc = m->workers ? wq_engine_poll(m, wq_workers_fd(m->workers)) : -ENOMEM;
	return rc ? wq_fail(e, WQ_FAILURE, -rc, "can't start what asks filesystems: %s", strerror(-rc)) : 0;
}

int wq_source_ask(struct wq_source *s, const struct wq_question *q, uint64_t patience, int *rc)
{
	struct wq_question whole = *q;

	if (!s->m->workers) {
		*rc = q->ask(q->data);
		return 0;
	}
	whole.key = whole_key(s, q->key);
	return wq_workers_ask(s->m->workers, &whole, patience, rc);
}

bool wq_source_may_ask(const struct wq_source *s)
{
	return s->m->workers;
}

/* By the list of mounts alone. */
static bool path_may_hang(const char *path)
{
	char *absolute = wq_path_absolute(path);
	struct libmnt_table *tb = absolute ? wq_mount_at_read() : NULL;
	bool may_hang = tb && wq_mount_at(tb, absolute).may_hang;

	mnt_unref_table(tb);
	free(absolute);
	return may_hang;
}

int wq_source_look_up(struct wq_source *s, uint64_t key, const char *path, uint64_t patience,
		      struct wq_path_walk *walk)
{
	struct wq_path_question *q;
	struct wq_question question = { .key = key, .ask = wq_path_question_ask, .release = wq_path_question_free };
	int answer = 0, rc;

	if (!wq_source_may_ask(s) && path_may_hang(path))
		return -EOPNOTSUPP;
	question.data = q = wq_path_question_new(path, false, wq_source_may_ask(s));
	rc = q ? wq_source_ask(s, &question, patience, &answer) : -ENOMEM;
	if (rc == -EINPROGRESS)
		return -ETIMEDOUT;
	if (!rc && !answer)
		*walk = q->walk;
	wq_path_question_free(q);
	return rc == -ENOMEM ? rc : rc || answer ? -ETIMEDOUT : 0;
}

/* A source that was not opened has left; its answers are of no use. */
static int give(struct wq_monitor *m, struct wq_question *q, int answer, bool late)
{
	struct wq_source *s = source_of(m, q->key);
	int rc = 0;

	q->key = own_key(q->key);
	if (s && s->ops->answered)
		rc = s->ops->answered(s, q, answer, late);
	q->release(q->data);
	return rc == WQ_NO_ROOM ? 0 : rc;
}

int wq_questions_run(struct wq_monitor *m)
{
	struct wq_question q;
	int rc = 0, answer;
	uint64_t key;
	bool late;

	if (!m->workers)
		return 0;
	while (!rc && wq_workers_take(m->workers, &q, &answer, &late))
		rc = give(m, &q, answer, late);
	while (!rc && wq_workers_overdue(m->workers, m->now, &key)) {
		struct wq_source *s = source_of(m, key);

		/* What the filesystem would have reported is not known. */
		m->has_lost = true;
		rc = s && s->ops->unanswered ? wq_go_on(s->ops->unanswered(s, own_key(key))) : 0;
	}
	return rc;
}

uint64_t wq_questions_deadline(const struct wq_monitor *m)
{
	return m->workers ? wq_workers_deadline(m->workers) : 0;
}
