// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

void bytes_add(struct bytes *b, const void *more, size_t len)
{
	if (b->size - b->len < len) {
		size_t size = 2 * (b->len + len);
		char *bytes = realloc(b->bytes, size);

		if (!bytes) {
			b->failed = true;
			return;
		}
		b->bytes = bytes;
		b->size = size;
	}
	if (len)
		memcpy(b->bytes + b->len, more, len);
	b->len += len;
}
