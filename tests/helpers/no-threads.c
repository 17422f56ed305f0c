// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * no-threads SOURCE OBJECT: watches OBJECT as a program does that allows the library no threads.
 * Prints why that is refused; exits with 0 if it is refused with EOPNOTSUPP.
 */
#include <errno.h>
#include <stdio.h>

#include "libwatchq.h"

static int take(void *data, const struct wq_event *ev)
{
	(void) data;
	(void) ev;
	return 0;
}

int main(int argc, char **argv)
{
	struct wq_error e = { 0 };
	struct wq_monitor *m;
	int rc;

	if (argc != 3 || wq_monitor_new(&m, take, NULL))
		return 2;
	rc = wq_monitor_add(m, argv[1], NULL, &argv[2], 1, 1, 0, &e);
	if (!rc)
		rc = wq_monitor_start(m, &e);
	printf("%s\n", rc < 0 ? e.text : "watched");
	wq_monitor_free(m);
	return rc < 0 && e.err == EOPNOTSUPP ? 0 : 1;
}
