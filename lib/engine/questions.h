/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions of sources that may block: base/worker.h, for all sources of a monitor. */
#ifndef WQ_QUESTIONS_H
#define WQ_QUESTIONS_H

#include <stdint.h>

struct wq_error;
struct wq_monitor;

/** Start what asks in threads, if the caller of the library allows threads. Return 0 or -errno with *@e. */
int wq_questions_begin(struct wq_monitor *m, struct wq_error *e);

/** Give sources the answers that have come, and the questions that have had none for too long.
 * Return as wq_engine_emit(). */
int wq_questions_run(struct wq_monitor *m);

/** When a question will be overdue, ns of CLOCK_BOOTTIME; 0: none will be. */
uint64_t wq_questions_deadline(const struct wq_monitor *m);

#endif
