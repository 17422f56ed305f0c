// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "msg.h"
#include "nls.h"
#include "session.h"

int session_join(const char *name)
{
	struct wq_error e = { 0 };
	ssize_t members;
	int32_t serial;

	if (wq_join_session(name, &serial, &members, &e))
		return msg_fail(&e);
	msg_note(_("joined session keyring %d"), serial);
	if (members > 0)
		msg_warning(_("--session: there was a keyring '%s' that this user may search, so that is joined, with its %zd members"),
			    name, members);
	return WQC_STATUS_OK;
}
