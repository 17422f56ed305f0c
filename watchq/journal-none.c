// SPDX-License-Identifier: GPL-2.0-or-later
/* Instead of what writes to the journal, where there was no libsystemd. */
#include "config.h"

#include "msg.h"
#include "nls.h"
#include "output.h"

static int no_journal(void)
{
	msg_error(_("--journal: this build has no libsystemd; build watchq where that is installed"));
	return WQC_STATUS_NOTSUPP;
}

/* Never begun. */
const struct output_ops output_journal = { .check = no_journal };
