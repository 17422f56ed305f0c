/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How bad an event is: for colours, and the journal. */
#ifndef SEVERITY_H
#define SEVERITY_H

#include "libwatchq.h"

enum severity {
	SEVERITY_NONE,
	SEVERITY_MARK,		/* about the watching itself */
	SEVERITY_WARNING,	/* likely to matter */
	SEVERITY_LOSS,		/* records were lost */
	SEVERITY_ERROR,
};

enum severity severity_of(const struct wq_record *rec);

#endif
