/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that grow. */
#ifndef WQC_BYTES_H
#define WQC_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
	char *bytes;		/* the caller's, to free */
	size_t len, size;
	bool failed;		/* there was no memory: something is missing */
};

void bytes_add(struct bytes *b, const void *more, size_t len);

#endif
