/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Letter case and classes of ASCII alone, whatever the locale: in Turkish ones toupper(3)
 * and tolower(3) do not map 'i' and 'I' to each other. Use these for names of columns,
 * JSON keys, units and option values.
 */
#ifndef WQC_ASCII_H
#define WQC_ASCII_H

#include <stdbool.h>

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static inline char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_letter(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

#endif
