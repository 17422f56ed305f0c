// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trace-memory: opens a trace of key calls again and again. Of the n-th opening the first n
 * allocations succeed, and no other, until all succeed. Prints how many openings failed, and its PID.
 *
 * trace-memory --supported: exits with 0 where allocations can be made to fail: with the GNU C
 * library, and without a sanitizer.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libwatchq.h"
#include "sources/keys-calls.h"
#include "trace.h"

#define WQT_MOST	10000

#if defined(__has_feature)
# if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#  define WQT_SANITIZED
# endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
# define WQT_SANITIZED
#endif

static long left = -1;		/* allocations that will succeed; -1: all */

#if defined(__GLIBC__) && !defined(WQT_SANITIZED)
# define WQT_SUPPORTED true
extern void *wqt_malloc(size_t size) __asm__("__libc_malloc");
extern void *wqt_calloc(size_t n, size_t size) __asm__("__libc_calloc");
extern void *wqt_realloc(void *p, size_t size) __asm__("__libc_realloc");

static bool fails(void)
{
	if (left != 0) {
		left -= left > 0;
		return false;
	}
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : wqt_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : wqt_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : wqt_realloc(p, size);
}
#else
# define WQT_SUPPORTED false
#endif

/* Return 0 or what failed, in @e. */
static int open_once(long allocations, struct wq_error *e)
{
	struct wq_key_calls *calls = NULL;
	struct wq_trace *t = NULL;
	int rc;

	left = allocations;
	rc = wq_trace_open(&t, 64, e);
	if (!rc)
		rc = wq_key_calls_open(&calls, t, e);
	left = -1;
	wq_key_calls_close(calls);
	wq_trace_close(t);
	return rc;
}

int main(int argc, char **argv)
{
	struct wq_error e = { 0 };
	long n;

	if (argc > 1 && strcmp(argv[1], "--supported") == 0)
		return WQT_SUPPORTED ? 0 : 1;
	if (open_once(-1, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	for (n = 0; n < WQT_MOST && open_once(n, &e); n++)
		if (e.err != ENOMEM) {
			fprintf(stderr, "after %ld allocations: %s\n", n, e.text);
			return 1;
		}
	printf("%ld %d\n", n, (int) getpid());
	return n == WQT_MOST;
}
