/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_PRINTABLE_H
#define WQC_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

/** Whether a character changes the direction of the text around it, so that a name looks like
 * another: UAX #9. */
bool is_bidi_control(unsigned long c);

/** How many of the @left bytes at @p are such a character in UTF-8; 0: none. */
size_t bidi_control_at(const char *p, size_t left);

/** How many of the @left bytes at @p, at least one, are a character that a terminal of this locale
 * may be sent as it is, in *@columns columns. 0: the first byte is to be escaped. Any thread. */
size_t printable(const char *p, size_t left, unsigned *columns);

#endif
