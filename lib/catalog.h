/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The catalog from within: look-ups that each record needs, without a call. */
#ifndef WQ_CATALOG_H
#define WQ_CATALOG_H

#include "libwatchq.h"

/** Types that the catalog knows: all numbers below. And notes, which stand apart. */
#define WQ_TYPES	6

extern const struct wq_type wq_types[WQ_TYPES];

/** As wq_type_by_nr(). */
static inline const struct wq_type *wq_catalog_type(uint32_t nr)
{
	return nr < WQ_TYPES ? &wq_types[nr] : wq_type_by_nr(nr);
}

/** As wq_subtype_by_nr(). Most tables begin at 0 and have no gaps. */
static inline const struct wq_subtype *wq_catalog_subtype(const struct wq_type *t, uint8_t nr)
{
	if (t && nr < t->nsubtypes && t->subtypes[nr].nr == nr)
		return &t->subtypes[nr];
	return wq_subtype_by_nr(t, nr);
}

#endif
