/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Part of libwatchq.h: conditions, and waiting for them without a race. First have a monitor
 * watch (wq_conditions_watch(), wq_monitor_start()), then look (wq_condition_look()), then wait:
 * each event goes to wq_condition_event(), and what no event tells is looked at when
 * wq_condition_fd() is readable and wq_condition_heard() says so, or now and then where
 * wq_condition_needs_looks().
 */
#ifndef WQ_LIBWATCHQ_CONDITION_H
#define WQ_LIBWATCHQ_CONDITION_H

#include <stddef.h>
#include <stdint.h>

/* Included by libwatchq.h, which has wq_log_fn. */
struct wq_condition;
struct wq_error;
struct wq_event;
struct wq_monitor;

/** A condition: "mounted:/mnt", as watchq-wait(1) has them. Nothing is looked at yet; what it
 * names need not be there. 0; -EINVAL or -ENOMEM with *@e. */
int wq_condition_new(struct wq_condition **c, const char *text, struct wq_error *e);
void wq_condition_free(struct wq_condition *c);

/** For mounted:, unmounted:, ro: and rw: only filesystems of these @types count, a list as findmnt(8)
 * has it ("ext4,xfs", "noautofs"); copied. Return 0, -ENOMEM, or -EINVAL for other conditions. */
int wq_condition_set_types(struct wq_condition *c, const char *types);

/** What it was made of. */
const char *wq_condition_text(const struct wq_condition *c);

/** The kind with that place, from 0: its name, and what stands behind the colon in *@object. NULL
 * behind the last. */
const char *wq_condition_kind(unsigned i, const char **object);

/** Adds to @m the sources that tell of these @n conditions, as they are now; and the way to their paths
 * is listened to from the next look on. Where only looking tells of filesystems, that is done each
 * @sweep ns (0: never). How many sources; -errno with *@e. */
int wq_conditions_watch(struct wq_condition *const *c, size_t n, struct wq_monitor *m, uint64_t sweep,
			struct wq_error *e);

/** Let @n conditions look up paths in threads and child processes, at most 8 look-ups without an
 * answer. Before they are looked at. A path whose look-up has no answer is not met, and blocks
 * nothing; wq_condition_fd() is readable when the answer comes. @log takes a warning (NULL: none)
 * of a path that is not answered for two seconds, and another when it is. Without this call, each
 * look may block for ever where a server or a disk is dead. Return 0; -errno with *@e. */
int wq_conditions_use_threads(struct wq_condition *const *c, size_t n, wq_log_fn log, void *data,
			      struct wq_error *e);

/** Looks. 1: it is so, and *@state is an event of type meta, WQ_META_HOLDS, with what was found;
 * it and all in it is the condition's, until the next call. 0: it isn't. -errno with *@e: it can't
 * be known, or will never be so. */
int wq_condition_look(struct wq_condition *c, struct wq_event *state, struct wq_error *e);

/** Whether what @ev tells concerns it at all: cheap. */
bool wq_condition_concerns(const struct wq_condition *c, const struct wq_event *ev);

/** Whether @ev, which concerns it, says so much that it can be what has made it so. */
bool wq_condition_is_about(const struct wq_condition *c, const struct wq_event *ev);

/** An event that is about it. 1: with it, it was so, though it may not be any more: *@state is a copy
 * of *@ev, for as long as that is there; or as wq_condition_look(). */
int wq_condition_event(struct wq_condition *c, const struct wq_event *ev, struct wq_event *state, struct wq_error *e);

/** To be polled (POLLIN). -1: there is none. */
int wq_condition_fd(const struct wq_condition *c);

/** It polls so: takes what has been heard. Whether it is to be looked at. */
bool wq_condition_heard(struct wq_condition *c);

/** Whether nothing may tell that it has become so: then it is to be looked at now and then. */
bool wq_condition_needs_looks(const struct wq_condition *c);

#endif
