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
#define WQ_NAME_SLOTS		128		/* names that are kept; one in each slot */
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
static bool ask_project(uint64_t id, char *name, size_t size)
{
	char line[256], *colon;
	bool found = false;
	FILE *f = fopen("/etc/projid", "re");

	while (f && !found && fgets(line, sizeof(line), f)) {
		colon = strchr(line, ':');
		if (*line == '#' || !colon || strtoull(colon + 1, NULL, 10) != id)
			continue;
		*colon = '\0';
		found = true;
		snprintf(name, size, "%s", line);
	}
	if (f)
		fclose(f);
	return found;
}

static bool ask_user(uint64_t id, char *name, size_t size)
{
	struct passwd pw, *user = NULL;
	char buf[4096];

	if (getpwuid_r((uid_t) id, &pw, buf, sizeof(buf), &user) || !user)
		return false;
	snprintf(name, size, "%s", user->pw_name);
	return true;
}

/* The buffer holds the members, too. */
static bool ask_group(uint64_t id, char *name, size_t size)
{
	struct group gr, *group = NULL;
	char buf[65536];

	if (getgrgid_r((gid_t) id, &gr, buf, sizeof(buf), &group) || !group)
		return false;
	snprintf(name, size, "%s", group->gr_name);
	return true;
}

static int ask(void *data)
{
	struct name *n = data;
	uint64_t id = n->key & ~(UINT64_C(3) << WQ_OWNER_SHIFT);

	switch (n->key >> WQ_OWNER_SHIFT) {
	case WQ_QUOTA_USER:
		n->known = ask_user(id, n->text, sizeof(n->text));
		break;
	case WQ_QUOTA_GROUP:
		n->known = ask_group(id, n->text, sizeof(n->text));
		break;
	default:
		n->known = ask_project(id, n->text, sizeof(n->text));
	}
	return 0;
}

/* ---- What is known ---- */

static struct name *slot_of(struct wq_quota_names *q, uint64_t key)
{
	return &q->slots[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (WQ_NAME_SLOTS - 1)];
}

static void keep(struct wq_quota_names *q, struct name *n)
{
	n->until = wq_now_boottime() + WQ_NAME_KEPT;
	*slot_of(q, n->key) = *n;
	free(n);
}

static void take_answers(struct wq_quota_names *q)
{
	struct wq_question question;
	bool late;
	int rc;

	while (wq_workers_take(q->workers, &question, &rc, &late))
		keep(q, question.data);
}

const char *wq_quota_names_find(struct wq_quota_names *q, enum wq_quota_owner owner, uint64_t id)
{
	uint64_t key = (uint64_t) owner << WQ_OWNER_SHIFT | id;
	struct name *n = slot_of(q, key), *asked;
	struct wq_question question = { .key = key, .ask = ask, .release = free };
	int rc, answer;

	take_answers(q);
	if (n->until && n->key == key && wq_now_boottime() < n->until)
		return n->known ? n->text : NULL;
	question.data = asked = calloc(1, sizeof(*asked));
	if (!asked)
		return NULL;
	asked->key = key;
	rc = wq_workers_ask(q->workers, &question, WQ_NAME_PATIENCE, &answer);
	if (rc == 0) {
		keep(q, asked);
		return n->known ? n->text : NULL;
	}
	if (rc != -EINPROGRESS)
		free(asked);
	return NULL;
}
