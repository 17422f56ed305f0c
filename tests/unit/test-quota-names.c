// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of users and groups, from a name service that is slow, fails, or has long entries. It is
 * this file's: a program's own getpwuid_r(3) and getgrgid_r(3) come before the C library's. */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sources/sb/quota-names.h"
#include "tap.h"

#define WQT_LONG	100000u			/* bytes of a long entry */
#define WQT_TIMELY	1500u			/* ms; a find waits for 20, on a machine that is not busy */
#define WQT_DEADLINE	30000u			/* ms */

/* Users of the service. */
enum { WQT_ALICE = 1, WQT_NOBODY, WQT_FAILS_ONCE, WQT_HANGS, WQT_LONG_ENTRY, WQT_ENDLESS };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hangs = true;
static unsigned calls, at_once, most_at_once, failures;

static int answer(unsigned id, const char **name)
{
	*name = NULL;
	switch (id) {
	case WQT_NOBODY:
		return ENOENT;
	case WQT_FAILS_ONCE:
		if (failures++ == 0)
			return EIO;
		*name = "once";
		return 0;
	case WQT_HANGS:
		while (hangs)
			pthread_cond_wait(&changed, &lock);
		*name = "late";
		return 0;
	default:
		*name = "alice";
		return 0;
	}
}

static int serve(unsigned id, size_t size, const char **name)
{
	int err;

	pthread_mutex_lock(&lock);
	calls++;
	at_once++;
	most_at_once = at_once > most_at_once ? at_once : most_at_once;
	err = answer(id, name);
	if ((id == WQT_LONG_ENTRY && size < WQT_LONG) || id == WQT_ENDLESS) {
		*name = NULL;
		err = ERANGE;
	}
	at_once--;
	pthread_mutex_unlock(&lock);
	return err;
}

int getpwuid_r(uid_t uid, struct passwd *pw, char *buf, size_t size, struct passwd **result)
{
	const char *name;
	int err = serve(uid, size, &name);

	*result = NULL;
	if (name) {
		strcpy(buf, name);
		*pw = (struct passwd) { .pw_name = buf, .pw_uid = uid };
		*result = pw;
	}
	return err;
}

int getgrgid_r(gid_t gid, struct group *gr, char *buf, size_t size, struct group **result)
{
	(void) gid;
	(void) size;
	strcpy(buf, "staff");
	*gr = (struct group) { .gr_name = buf };
	*result = gr;
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}

static bool is_named(struct wq_quota_names *q, unsigned uid, const char *name)
{
	const char *found = wq_quota_names_find(q, WQ_QUOTA_USER, uid);

	return name ? found && strcmp(found, name) == 0 : !found;
}

/* Whether it comes to be so; on a busy machine an answer may come after 20 ms. */
static bool becomes(struct wq_quota_names *q, unsigned uid, const char *name)
{
	uint64_t end = now_ms() + WQT_DEADLINE;

	while (!is_named(q, uid, name)) {
		if (now_ms() > end)
			return false;
		usleep(10000);
	}
	return true;
}

static unsigned calls_so_far(void)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = calls;
	pthread_mutex_unlock(&lock);
	return n;
}

static void answers(struct wq_quota_names *q)
{
	unsigned before;
	const char *group;

	ok(becomes(q, WQT_ALICE, "alice"), "a user");
	before = calls_so_far();
	ok(is_named(q, WQT_ALICE, "alice") && calls_so_far() == before, "it is asked for once");
	group = wq_quota_names_find(q, WQ_QUOTA_GROUP, WQT_ALICE);
	ok(group && strcmp(group, "staff") == 0, "a group of the same number");
	ok(is_named(q, WQT_NOBODY, NULL), "there is no such user");
	before = calls_so_far();
	usleep(1200000);
	ok(is_named(q, WQT_NOBODY, NULL) && calls_so_far() == before, "which is kept");
	ok(is_named(q, WQT_FAILS_ONCE, NULL), "an error: no name");
	ok(becomes(q, WQT_FAILS_ONCE, "once"), "which is not kept for long: then it has one");
	ok(becomes(q, WQT_LONG_ENTRY, "alice"), "an entry of %u bytes", WQT_LONG);
	ok(is_named(q, WQT_ENDLESS, NULL), "one that never fits");
}

static void hang(struct wq_quota_names *q)
{
	uint64_t start = now_ms();
	unsigned i, named = 0, before;

	for (i = 0; i < 100; i++)
		named += !is_named(q, WQT_HANGS, NULL);
	ok(!named && now_ms() - start < WQT_TIMELY, "it hangs: 100 events wait for %u ms in all", (unsigned) (now_ms() - start));
	before = calls_so_far();
	start = now_ms();
	for (i = 0; i < 100; i++)
		named += !is_named(q, 100 + i, NULL);
	ok(!named && calls_so_far() == before && now_ms() - start < WQT_TIMELY, "others are not asked for meanwhile, and do not wait");
	ok(is_named(q, WQT_ALICE, "alice"), "what is known is still known");
	pthread_mutex_lock(&lock);
	hangs = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	ok(becomes(q, WQT_HANGS, "late"), "it answers: later events have the name");
	ok(becomes(q, 100, "alice"), "and others are asked for again");
	ok(most_at_once == 1, "never two questions at once");
}

int main(void)
{
	struct wq_quota_names *q = wq_quota_names_new();

	if (!q)
		return 1;
	answers(q);
	hang(q);
	wq_quota_names_free(q);
	return tap_done();
}
