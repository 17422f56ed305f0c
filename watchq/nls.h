/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_NLS_H
#define WQC_NLS_H

/* Messages alone are translated: never names of columns, keys or events. */
#include <libintl.h>

#define _(text)		gettext(text)
#define N_(text)	(text)

#endif
