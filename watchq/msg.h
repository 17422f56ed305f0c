/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said on stderr: one line, "watchq: COMMAND: ...", control bytes
 * escaped, whoever they came from. */
#ifndef MSG_H
#define MSG_H

#include "libwatchq.h"

/* Exit statuses. */
enum {
	STATUS_OK	= 0,
	STATUS_FAILURE	= 1,
	STATUS_NOTSUPP	= 2,
	STATUS_TIMEOUT	= 3,
	STATUS_LOST	= 4,
	STATUS_COMMAND	= 125,	/* with --command: not its status, but a failure of ours */
};

enum verbosity { QUIET = -1, NORMAL, VERBOSE, DEBUG };

/* Which command speaks, and how much. */
void msg_set_command(const char *name);
void msg_set_verbosity(enum verbosity v);

/* Errors are said always, warnings unless quiet, notes if verbose. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The library's: a wq_log_fn. */
void msg_log(void *data, enum wq_log_level level, const char *text);

/* Wrong use: says so, points at --help, returns STATUS_FAILURE. */
int msg_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says a library's error and returns the exit status that goes with it. */
int msg_fail(const struct wq_error *e);

#endif
