// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/worker.h"
#include "source.h"
#include "sources/sb/quota-names.h"

#define WQ_NAME_PATIENCE	20000000u	/* ns */
#define WQ_NAME_OVERDUE		2000000000u	/* ns */
#define WQ_NAME_KEPT		60000000000u	/* ns */
#define WQ_NAME_FAILED		1000000000u	/* ns until it is asked again after an error */
#define WQ_NAME_BUF_FIRST	1024u		/* bytes */
#define WQ_NAME_BUF_MAX		(1u << 20)	/* bytes: a group has its members in it, too */
#define WQ_NAME_SLOTS		128		/* names that are kept */
#define WQ_NAME_WAYS		4		/* slots for each hash */
#define WQ_OWNER_SHIFT		62		/* IDs have 32 bits: a key is the owner and the ID */

struct name {
	uint64_t key;
	uint64_t until;		/* ns of CLOCK_BOOTTIME; 0: a free slot */
	bool known;		/* false: it has none */
	char text[256];
};

struct wq_quota_names {
	struct wq_workers *workers;
	struct name slots[WQ_NAME_SLOTS];
};

struct wq_quota_names *wq_quota_names_new(void)
{
	struct wq_quota_names *q = calloc(1, sizeof(*q));

	if (q)
		q->workers = wq_workers_new(1, WQ_NAME_OVERDUE);
	if (q && q->workers)
		return q;
	free(q);
	return NULL;
}

void wq_quota_names_free(struct wq_quota_names *q)
{
	if (q)
		wq_workers_free(q->workers);
	free(q);
}

/* ---- Asking ---- */

/* projid(5): "name:ID". */
static int ask_project(struct name *n, uint64_t id)
{
	FILE *f = fopen("/etc/projid", "re");
	char line[256], *colon;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!n->known && fgets(line, sizeof(line), f)) {
		colon = strchr(line, ':');
		if (*line == '#' || !colon || strtoull(colon + 1, NULL, 10) != id)
			continue;
		*colon = '\0';
		n->known = true;
		snprintf(n->text, sizeof(n->text), "%s", line);
	}
	fclose(f);
	return 0;
}

static int look_up_user(struct name *n, uint64_t id, char *buf, size_t size)
{
	struct passwd pw, *user = NULL;
	int err = getpwuid_r((uid_t) id, &pw, buf, size, &user);

	n->known = user;
	if (user)
		snprintf(n->text, sizeof(n->text), "%s", user->pw_name);
	return err;
}

static int look_up_group(struct name *n, uint64_t id, char *buf, size_t size)
{
	struct group gr, *group = NULL;
	int err = getgrgid_r((gid_t) id, &gr, buf, size, &group);

	n->known = group;
	if (group)
		snprintf(n->text, sizeof(n->text), "%s", group->gr_name);
	return err;
}

/* ENOENT and ESRCH: getpwuid(3) says so of a name that is not there, too. */
static int ask_service(struct name *n, uint64_t id, int (*look_up)(struct name *n, uint64_t id, char *buf, size_t size))
{
	size_t size = WQ_NAME_BUF_FIRST;
	char *buf = NULL, *more;
	int err;

	do {
		more = realloc(buf, size);
		err = more ? look_up(n, id, more, size) : ENOMEM;
		buf = more ? more : buf;
		size *= 2;
	} while (err == EINTR || (err == ERANGE && size <= WQ_NAME_BUF_MAX));
	free(buf);
	return err == ENOENT || err == ESRCH ? 0 : -err;
}

static int ask(void *data)
{
	struct name *n = data;
	uint64_t id = n->key & ~(UINT64_C(3) << WQ_OWNER_SHIFT);

	switch (n->key >> WQ_OWNER_SHIFT) {
	case WQ_QUOTA_USER:
		return ask_service(n, id, look_up_user);
	case WQ_QUOTA_GROUP:
		return ask_service(n, id, look_up_group);
	default:
		return ask_project(n, id);
	}
}

/* ---- What is known ---- */

/* The slot that has @key, or that is to have it: a free one, or the one that is kept for the
 * shortest time. */
static struct name *slot_of(struct wq_quota_names *q, uint64_t key)
{
	struct name *set = &q->slots[((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (WQ_NAME_SLOTS / WQ_NAME_WAYS - 1)) * WQ_NAME_WAYS];
	struct name *oldest = set, *n;

	for (n = set; n < set + WQ_NAME_WAYS; n++) {
		if (n->until && n->key == key)
			return n;
		if (n->until < oldest->until)
			oldest = n;
	}
	return oldest;
}

/* An error says nothing of the name. */
static void keep(struct wq_quota_names *q, struct name *n, int rc)
{
	n->until = wq_now_boottime() + (rc ? WQ_NAME_FAILED : WQ_NAME_KEPT);
	*slot_of(q, n->key) = *n;
	free(n);
}

static void take_answers(struct wq_quota_names *q)
{
	struct wq_question question;
	bool late;
	int rc;

	while (wq_workers_take(q->workers, &question, &rc, &late))
		keep(q, question.data, rc);
}

/* Return whether @key need not be asked for now; *@name: NULL if it has none. */
static bool is_kept(struct wq_quota_names *q, uint64_t key, const char **name)
{
	const struct name *n = slot_of(q, key);

	if (!n->until || n->key != key || wq_now_boottime() >= n->until)
		return false;
	*name = n->known ? n->text : NULL;
	return true;
}

const char *wq_quota_names_find(struct wq_quota_names *q, enum wq_quota_owner owner, uint64_t id)
{
	uint64_t key = (uint64_t) owner << WQ_OWNER_SHIFT | id;
	struct wq_question question = { .key = key, .ask = ask, .release = free };
	const char *name = NULL;
	struct name *asked;
	int rc, answer;

	take_answers(q);
	if (is_kept(q, key, &name))
		return name;
	question.data = asked = calloc(1, sizeof(*asked));
	if (!asked)
		return NULL;
	asked->key = key;
	rc = wq_workers_ask(q->workers, &question, WQ_NAME_PATIENCE, &answer);
	if (rc == 0)
		keep(q, asked, answer);
	else if (rc != -EINPROGRESS)
		free(asked);
	return rc == 0 && is_kept(q, key, &name) ? name : NULL;
}
