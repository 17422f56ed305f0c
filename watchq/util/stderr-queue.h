/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard error, which no caller waits for: what it does not take at once goes to a
 * bounded queue, and a thread of its own writes it. The thread starts when it is needed
 * first. Any thread may call these. */
#ifndef WQC_STDERR_QUEUE_H
#define WQC_STDERR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/** Set what reports dropped messages: @format writes one line for @n of them, with its
 * newline, into @size bytes, and returns its length. Without one they are not reported. */
void stderr_queue_set_notice(size_t (*format)(char *line, size_t size, unsigned long long n));

/** Write @len bytes, behind all that was written before. Drop them, and count one message,
 * if the queue is full or there is no memory. Wait 10 ms at most, and not again before
 * standard error has taken all. */
void stderr_queue_write(const char *text, size_t len);

/** Wait until all is written: as long as something is in each 100 ms, and 500 ms in all.
 * Return whether it is. */
bool stderr_queue_flush(void);

/** In a child, after fork(2), when there is no thread: write at once from now on. */
void stderr_queue_after_fork(void);

#endif
