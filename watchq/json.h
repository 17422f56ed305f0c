/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON's pieces, written to where there is room. */
#ifndef WQC_JSON_H
#define WQC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digits.h"

/* Bytes that a text of @len bytes can become, quotes counted. */
#define WQC_JSON_TEXT_ROOM(len)	(6 * (size_t) (len) + 8)

#define WQC_JSON_SAFE_MAX	(UINT64_C(1) << 53)

/* Each returns where it stopped. */
/* Above 2^53 a string: else readers that take numbers for doubles change it. */
char *json_safe_unsigned(char *p, uint64_t v);
/* A string; @text must be UTF-8. Control characters are escaped, DEL and the C1
 * ones too: terminals obey those. */
char *json_string(char *p, const char *text, size_t len);
/* An array of the bytes' numbers. */
char *json_bytes(char *p, const char *text, size_t len);

bool is_utf8(const char *text, size_t len);

#endif
