// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which dialect the captures of a monitor are of: what was asked for, or what the
 * capture says. */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "monitor.h"

void wq_monitor_set_dialect(struct wq_monitor *m, const struct wq_dialect *d)
{
	m->dialect = d;
	m->dialect_asked = d != NULL;
}

const struct wq_dialect *wq_monitor_dialect(const struct wq_monitor *m)
{
	return m->dialect ? m->dialect : wq_dialect_at(0);
}

static void unknown(const char *name, char *why, size_t size)
{
	const struct wq_dialect *d;
	size_t n = (size_t) snprintf(why, size, "that is of the dialect '%.31s'; known are", name);
	unsigned i;

	for (i = 0; n < size && (d = wq_dialect_at(i)); i++)
		n += (size_t) snprintf(why + n, size - n, "%s %s", i ? "," : "", d->name);
}

int wq_engine_says_dialect(struct wq_monitor *m, const char *name, bool first, char *why, size_t size)
{
	const struct wq_dialect *says = wq_dialect_by_name(name);

	if (!says) {
		unknown(name, why, size);
		return -EINVAL;
	}
	if (!m->dialect) {
		/* What came before it has been read as the default one. */
		m->dialect = first ? says : wq_dialect_at(0);
		wq_filter_translate(&m->filter, m->dialect);
	}
	if (m->dialect == says)
		return 0;
	if (m->dialect_asked)
		snprintf(why, size, "that is of the dialect %s, not %s as was asked for; ask for %s, or for none",
			 says->name, m->dialect->name, says->name);
	else
		snprintf(why, size, "that is of the dialect %s, but what came before was read as %s; decode them apart",
			 says->name, m->dialect->name);
	return -EINVAL;
}
