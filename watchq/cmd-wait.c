// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq wait: until something is so. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "msg.h"
#include "nls.h"
#include "options.h"
#include "suggest.h"
#include "wait.h"

/* What is wrong with a condition, and which may have been meant. */
static int wrong_condition(const struct wq_error *e)
{
	struct suggestion s = { .word = e->word };
	const char *name, *object;
	unsigned i;

	for (i = 0; e->word[0] && (name = wq_condition_kind(i, &object)); i++)
		suggest_offer(&s, name);
	return msg_usage("%s%s", e->text, suggest_text(&s));
}

/* 0, or the exit status, said. */
static int parse(struct wq_condition **conditions, const struct options *o, char *const *texts, size_t n)
{
	struct wq_error e = { 0 };
	bool of_mounts = false;
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		if (wq_condition_new(&conditions[i], texts[i], &e))
			return e.err == EINVAL ? wrong_condition(&e) : msg_fail(&e);
		rc = o->fs_types ? wq_condition_set_types(conditions[i], o->fs_types) : 0;
		if (rc == -ENOMEM) {
			msg_error(_("out of memory"));
			return WQC_STATUS_FAILURE;
		}
		of_mounts |= rc == 0;
	}
	if (o->fs_types && !of_mounts)
		return msg_usage(_("--types goes with mounted, unmounted, ro and rw: none is waited for"));
	return 0;
}

static int wait_run(const struct command *cmd, int argc, char **argv)
{
	struct wq_condition **conditions;
	struct options o;
	int first, status, i, n;

	status = options_parse(&o, cmd, argc, argv, &first);
	if (status || o.done)
		return status;
	n = argc - first;
	if (n == 0)
		return msg_usage(_("wait for what?"));
	conditions = calloc((size_t) n, sizeof(struct wq_condition *));
	if (!conditions) {
		msg_error(_("can't start: %s"), strerror(ENOMEM));
		return WQC_STATUS_FAILURE;
	}
	status = parse(conditions, &o, argv + first, (size_t) n);
	if (!status)
		status = wait_for(&o, conditions, (size_t) n);
	for (i = 0; i < n; i++)
		wq_condition_free(conditions[i]);
	free(conditions);
	return status;
}

const struct command cmd_wait = {
	.name = "wait",
	.synopsis = N_("[options] CONDITION..."),
	.help = N_("until something is so"),
	.description = N_("Wait until something is so, and return at once if it is already: mounted:PATH, unmounted:PATH,\n"
			  "ro:PATH, rw:PATH, key:KEY, nokey:KEY, revoked:KEY, expired:KEY, linked:KEYRING/TYPE:DESC,\n"
			  "device:PATH, nodevice:PATH."),
	.run = wait_run,
	.columns = "TIME,CONDITION,EVENT,DETAIL",
	.options = WQC_OPTIONS_WAIT,
};
