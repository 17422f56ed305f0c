// SPDX-License-Identifier: GPL-2.0-or-later
/* libwqt-fail-malloc.so: for LD_PRELOAD. The allocation whose number WQT_FAIL_ALLOC is, from 1 on, fails;
 * only those of at least WQT_FAIL_SIZE bytes are counted. Commands that the process starts are spared. */
#include <stdlib.h>

#ifdef __GLIBC__
#include <errno.h>
#include <stddef.h>

/* Names of ours: those that begin with __ are reserved. */
extern void *wqt_libc_malloc(size_t size) __asm__("__libc_malloc");
extern void *wqt_libc_calloc(size_t n, size_t size) __asm__("__libc_calloc");
extern void *wqt_libc_realloc(void *p, size_t size) __asm__("__libc_realloc");

static int fails(size_t bytes)
{
	static long which = -1, least, count;
	const char *text;

	if (which < 0) {
		text = getenv("WQT_FAIL_SIZE");
		least = text ? atol(text) : 0;
		text = getenv("WQT_FAIL_ALLOC");
		which = text ? atol(text) : 0;
		unsetenv("WQT_FAIL_ALLOC");
	}
	if (!which || bytes < (size_t) least || __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) != which)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(size) ? NULL : wqt_libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(n * size) ? NULL : wqt_libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails(size) ? NULL : wqt_libc_realloc(p, size);
}
#endif
