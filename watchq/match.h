/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --match: whether an event has the values that were asked for. */
#ifndef WQC_MATCH_H
#define WQC_MATCH_H

#include "options.h"

/* A wq_match_fn, whose data are the options. */
bool match_event(void *options, const struct wq_event *ev);

#endif
