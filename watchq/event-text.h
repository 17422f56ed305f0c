/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event in one line for people. */
#ifndef WQC_EVENT_TEXT_H
#define WQC_EVENT_TEXT_H

#include "bytes.h"
#include "libwatchq.h"

/* Appends TYPE EVENT, of what, and what else there is to it: in one line of UTF-8. */
void event_text(struct bytes *b, const struct wq_event *ev);

#endif
