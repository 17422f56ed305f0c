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

/* READONLY is posted as well when something becomes writable: only its flag tells. */
static bool is_now_writable(const struct wq_record *rec)
{
	unsigned i;

	if (strcmp(rec->sub->name, "readonly") != 0)
		return false;
	for (i = 0; i < rec->type->nflags; i++)
		if (strcmp(rec->type->flags[i].name, "is-now-ro") == 0)
			return !(rec->info & rec->type->flags[i].bit);
	return false;
}

enum severity severity_of(const struct wq_record *rec)
{
	size_t i;

	if (!rec->sub)
		return WQC_SEVERITY_NONE;
	/* From 128 on it is what came and went. */
	if (strcmp(rec->type->name, "block") == 0)
		return rec->subtype_nr < 128 ? WQC_SEVERITY_ERROR : WQC_SEVERITY_NONE;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].event, rec->sub->name) == 0 && strcmp(kinds[i].type, rec->type->name) == 0)
			return is_now_writable(rec) ? WQC_SEVERITY_NONE : kinds[i].severity;
	return WQC_SEVERITY_NONE;
}
