// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>

#include "severity.h"

/* By name: types have other numbers in other dialects. */
static const struct {
	const char *type, *event;
	enum severity severity;
} kinds[] = {
	{ "meta", "loss", SEVERITY_LOSS },
	{ "meta", "ring_loss", SEVERITY_LOSS },
	{ "meta", "removal", SEVERITY_WARNING },
	{ "meta", "ready", SEVERITY_MARK },
	{ "meta", "quiet", SEVERITY_MARK },
	{ "key", "revoked", SEVERITY_WARNING },
	{ "key", "invalidated", SEVERITY_WARNING },
	{ "key", "expired", SEVERITY_WARNING },
	{ "mount", "readonly", SEVERITY_WARNING },
	{ "sb", "readonly", SEVERITY_WARNING },
	{ "sb", "error", SEVERITY_ERROR },
	{ "sb", "edquot", SEVERITY_WARNING },
	{ "sb", "network", SEVERITY_WARNING },
	{ "sb", "shutdown", SEVERITY_WARNING },
	{ "usb", "error", SEVERITY_ERROR },
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
		return SEVERITY_NONE;
	/* From 128 on it is what came and went. */
	if (strcmp(rec->type->name, "block") == 0)
		return rec->subtype_nr < 128 ? SEVERITY_ERROR : SEVERITY_NONE;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].event, rec->sub->name) == 0 && strcmp(kinds[i].type, rec->type->name) == 0)
			return is_now_writable(rec) ? SEVERITY_NONE : kinds[i].severity;
	return SEVERITY_NONE;
}
