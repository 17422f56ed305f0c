/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_DETAIL_H
#define WQC_DETAIL_H

#include "libwatchq.h"

/* Writes all that the record of @ev says into @buf, without NUL; what has no room
 * ends with dots. Returns its length. */
size_t detail(char *buf, size_t size, const struct wq_event *ev);

/* Writes a device's number as MAJ:MIN, with up to 2 * WQC_NUMBER_ROOM bytes. Its end. */
char *put_maj_min(char *p, uint64_t dev);

#endif
