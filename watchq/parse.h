/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that options have: each takes all of the text, or nothing. */
#ifndef WQC_PARSE_H
#define WQC_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "500ms", "2s", "1m30s", "0.5": nanoseconds; a number alone is seconds. False with errno: EINVAL, or
 * ERANGE. */
bool parse_time(const char *text, int64_t *ns);

/* A decimal number from @min to @max. */
bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *v);

/* A size in bytes, or with K, M, G (or KiB...) behind it, in @min to @max. */
bool parse_size(const char *text, uint64_t min, uint64_t max, size_t *size);

#endif
