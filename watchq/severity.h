/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How bad an event is: for colours, and the journal. */
#ifndef WQC_SEVERITY_H
#define WQC_SEVERITY_H

#include "libwatchq.h"

enum severity {
	WQC_SEVERITY_NONE,
	WQC_SEVERITY_MARK,		/* about the watching itself */
	WQC_SEVERITY_WARNING,	/* likely to matter */
	WQC_SEVERITY_LOSS,		/* records were lost */
	WQC_SEVERITY_ERROR,
};

enum severity severity_of(const struct wq_record *rec);

#endif
