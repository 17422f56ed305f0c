/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events that wait for who writes them: between the engine's thread and another.
 * For a program that runs the monitor in one thread and takes its events in
 * another; wq_monitor_new() is then given wq_backlog_push().
 */
#ifndef WQ_BACKLOG_H
#define WQ_BACKLOG_H

#include "libwatchq.h"

struct wq_backlog;

/** A backlog of @bytes (rounded up to a power of two) for events, and for the
 * names that only they hold. An event of a key takes 64; of anything else, or with a path or who
 * did it, 120.
 * NULL: see errno. */
struct wq_backlog *wq_backlog_new(size_t bytes);
/** Gives back what still waits, too. */
void wq_backlog_free(struct wq_backlog *b);

/** Engine: takes an event over; a wq_event_fn, @data is the backlog. 0, or
 * WQ_NO_ROOM: then nothing is taken until half of the backlog is written. */
int wq_backlog_push(void *data, const struct wq_event *ev);
/** Engine: after some events were pushed: wakes the writer, which would otherwise
 * run for each of them, in the engine's way where there is but one CPU. */
void wq_backlog_pushed(struct wq_backlog *b);
/** Engine: what is pushed from now on is the last, and may take the room that was kept
 * for it, some events': for wq_monitor_finish(). */
void wq_backlog_last(struct wq_backlog *b);
/** Engine: polls readable when there is room again after WQ_NO_ROOM. */
int wq_backlog_room_fd(const struct wq_backlog *b);
/** Engine: that has been seen. */
void wq_backlog_room_seen(struct wq_backlog *b);

/** Writer: the oldest event, and true; it stays until wq_backlog_done(). */
bool wq_backlog_next(struct wq_backlog *b, struct wq_event *ev);
void wq_backlog_done(struct wq_backlog *b);

/** Writer: polls readable when there is an event; to be polled between these two
 * only. before: true if there is one already. after: @readable is what poll(2)
 * said. */
int wq_backlog_fd(const struct wq_backlog *b);
bool wq_backlog_before_wait(struct wq_backlog *b);
void wq_backlog_after_wait(struct wq_backlog *b, bool readable);

#endif
