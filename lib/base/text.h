/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_BASE_TEXT_H
#define WQ_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Whether @c is within a character of UTF-8, not at its start. */
static inline bool wq_text_continues(char c)
{
	return ((unsigned char) c & 0xc0) == 0x80;
}

/**
 * Format a message as vsnprintf(3) does. Where a message does not fit into @size bytes (16 or
 * more), "..." replaces its middle: the object's name may be long, and the reason comes last.
 * Without memory its end is cut. Any thread.
 */
__attribute__((format(printf, 3, 0)))
static inline void wq_text_vformat(char *to, size_t size, const char *fmt, va_list ap)
{
	size_t head = size / 2, tail, len;
	char *whole;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(to, size, fmt, again);
	va_end(again);
	if (n < 0 || (size_t) n < size)
		return;
	len = (size_t) n;
	whole = malloc(len + 1);
	if (!whole)
		return;
	vsnprintf(whole, len + 1, fmt, ap);
	tail = len - (size - head - sizeof("..."));
	while (head > 0 && wq_text_continues(whole[head]))
		head--;
	while (tail < len && wq_text_continues(whole[tail]))
		tail++;
	memcpy(to, whole, head);
	memcpy(to + head, "...", 3);
	memcpy(to + head + 3, whole + tail, len - tail);
	to[head + 3 + len - tail] = '\0';
	free(whole);
}

/** The same, with the arguments themselves. */
__attribute__((format(printf, 3, 4)))
static inline void wq_text_format(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	wq_text_vformat(to, size, fmt, ap);
	va_end(ap);
}

#endif
