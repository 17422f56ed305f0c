/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where events go: a format, and the file or standard output behind it. One
 * thread's at a time. */
#ifndef WQC_OUTLET_H
#define WQC_OUTLET_H

#include "options.h"
#include "output.h"
#include "sink.h"
#include "summary.h"

struct outlet {
	const struct options *o;
	struct output_config config;	/* that of the options, and what is found out later */
	struct sink sink;
	const struct output_ops *ops;
	void *state;
	struct summary *summary;	/* of the events that were written; NULL: not asked for */
};

/* Opens it; what it can't take at once it waits for with @wait, which gives up
 * with -EINTR or -ETIMEDOUT. 0, or the exit status, said. */
int outlet_open(struct outlet *out, const struct options *o, int (*wait)(void *data, int fd), void *data);
/* The events that were shown must be gone by then: their names hold what the
 * format made of them. */
void outlet_close(struct outlet *out);

/* Before the first event. These four: 0 or -errno. */
int outlet_begin(struct outlet *out);
int outlet_event(struct outlet *out, const struct wq_event *ev);
/* Whether outlet_event() writes anything for it. */
bool outlet_writes(const struct outlet *out, const struct wq_event *ev);
int outlet_flush(struct outlet *out);
/* Opens the output file anew; if it can't, says so and goes on with the old. */
int outlet_reopen(struct outlet *out);

/* Prints the summary, if one was asked for and anything has begun. */
void outlet_summary(const struct outlet *out);

/* What poll(2) tells of a reader that has gone: its descriptor, or -1: there is none. */
int outlet_fd(const struct outlet *out);

/* Says what went wrong, if that is an error of ours: 0 or -errno. Returns the
 * exit status. */
int outlet_status(const struct outlet *out, int rc);

#endif
