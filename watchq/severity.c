// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>

#include "severity.h"

/* By name: types have other numbers in other dialects. */
static const struct {
	const char *type, *event;
	enum severity severity;
} kinds[] = {
	{ "meta", "loss", WQC_SEVERITY_LOSS },
	{ "meta", "ring_loss", WQC_SEVERITY_LOSS },
	{ "meta", "removal", WQC_SEVERITY_WARNING },
	{ "meta", "ready", WQC_SEVERITY_MARK },
	{ "meta", "quiet", WQC_SEVERITY_MARK },
	{ "key", "revoked", WQC_SEVERITY_WARNING },
	{ "key", "invalidated", WQC_SEVERITY_WARNING },
	{ "key", "expired", WQC_SEVERITY_WARNING },
	{ "mount", "readonly", WQC_SEVERITY_WARNING },
	{ "sb", "readonly", WQC_SEVERITY_WARNING },
	{ "sb", "error", WQC_SEVERITY_ERROR },
	{ "sb", "edquot", WQC_SEVERITY_WARNING },
	{ "sb", "network", WQC_SEVERITY_WARNING },
	{ "sb", "shutdown", WQC_SEVERITY_WARNING },
	{ "sb", "unanswered", WQC_SEVERITY_WARNING },
	{ "usb", "error", WQC_SEVERITY_ERROR },
};

enum severity severity_of(const struct wq_record *rec)
{
	const char *event = wq_record_event(rec);
	size_t i;

	if (!event)
		return WQC_SEVERITY_NONE;
	/* From 128 on it is what came and went. */
	if (strcmp(rec->type->name, "block") == 0)
		return rec->subtype_nr < 128 ? WQC_SEVERITY_ERROR : WQC_SEVERITY_NONE;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].event, event) == 0 && strcmp(kinds[i].type, rec->type->name) == 0)
			return kinds[i].severity;
	return WQC_SEVERITY_NONE;
}
