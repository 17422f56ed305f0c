/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The catalog from within: look-ups that each record needs, without a call. */
#ifndef WQ_CATALOG_H
#define WQ_CATALOG_H

#include "libwatchq.h"

/** All dialects, the default one first: catalog.c. */
#define WQ_DIALECTS	5
extern const struct wq_dialect wq_dialects[WQ_DIALECTS];

/** Notes: a type in every dialect. */
extern const struct wq_type wq_note_type;

/** As wq_type_by_nr(), but @d is not NULL. */
static inline const struct wq_type *wq_catalog_type(const struct wq_dialect *d, uint32_t nr)
{
	return nr < d->ntypes ? &d->types[nr] : nr == WQ_TYPE_NOTE ? &wq_note_type : NULL;
}

/** As wq_subtype_by_nr(). Most tables begin at 0 and have no gaps. */
static inline const struct wq_subtype *wq_catalog_subtype(const struct wq_type *t, uint8_t nr)
{
	if (t && nr < t->nsubtypes && t->subtypes[nr].nr == nr)
		return &t->subtypes[nr];
	return wq_subtype_by_nr(t, nr);
}

#endif
