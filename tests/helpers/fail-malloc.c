// SPDX-License-Identifier: GPL-2.0-or-later
/* libwqt-fail-malloc.so: for LD_PRELOAD. The allocation whose number WQT_FAIL_ALLOC is, from 1 on, fails;
 * only those of at least WQT_FAIL_SIZE bytes are counted. Commands that the process starts are spared. */
#include <stdlib.h>

#ifdef __GLIBC__
#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

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
	return fails(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(n * size) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails(size) ? NULL : __libc_realloc(p, size);
}
#endif
