/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said on stderr: one line, "watchq: COMMAND: ...", control bytes
 * escaped, whoever they came from. */
#ifndef WQC_MSG_H
#define WQC_MSG_H

#include "libwatchq.h"

/* Exit statuses. */
enum {
	WQC_STATUS_OK	= 0,
	WQC_STATUS_FAILURE	= 1,
	WQC_STATUS_NOTSUPP	= 2,
	WQC_STATUS_TIMEOUT	= 3,
	WQC_STATUS_LOST	= 4,
	WQC_STATUS_COMMAND	= 125,	/* with --command: not its status, but a failure of ours */
};

enum verbosity { WQC_QUIET = -1, WQC_NORMAL, WQC_VERBOSE, WQC_DEBUG };

/* Which command speaks, and how much. */
void msg_set_command(const char *name);
void msg_set_verbosity(enum verbosity v);

/* Errors are said always, warnings unless quiet, notes if verbose. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The library's: a wq_log_fn. */
void msg_log(void *data, enum wq_log_level level, const char *text);

/* Wrong use: says so, points at --help, returns WQC_STATUS_FAILURE. */
int msg_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says a library's error and returns the exit status that goes with it. */
int msg_fail(const struct wq_error *e);

#endif
