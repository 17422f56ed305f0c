/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON's pieces, written to where there is room. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that a text of @len bytes can become, quotes counted. */
#define JSON_TEXT_ROOM(len)	(6 * (size_t) (len) + 8)
#define JSON_NUMBER_ROOM	24

#define JSON_SAFE_MAX	(UINT64_C(1) << 53)

extern const char json_pairs[201];	/* 00 to 99 */

/* Each returns where it stopped. Numbers write up to eight bytes, whatever they
 * come to. */
char *json_unsigned(char *p, uint64_t v);
/* Above 2^53 a string: else readers that take numbers for doubles change it. */
char *json_safe_unsigned(char *p, uint64_t v);
/* Two digits, of a number below 100. */
static inline char *json_two(char *p, unsigned v)
{
	memcpy(p, json_pairs + 2 * v, 2);
	return p + 2;
}
/* Nanoseconds, less than a second, as six digits. */
static inline char *json_fraction(char *p, uint32_t ns)
{
	uint32_t us = ns / 1000, above = us / 100;

	p = json_two(json_two(p, us / 10000), above % 100);
	return json_two(p, us - 100 * above);
}
/* Nanoseconds, as seconds with six digits behind the point. */
char *json_seconds(char *p, uint64_t ns);
/* A string; @text must be UTF-8. Control characters are escaped, DEL and the C1
 * ones too: terminals obey those. */
char *json_string(char *p, const char *text, size_t len);
/* An array of the bytes' numbers. */
char *json_bytes(char *p, const char *text, size_t len);

bool is_utf8(const char *text, size_t len);

#endif
