// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <stdarg.h>

#include "base/text.h"
#include "libwatchq.h"

int wq_fail(struct wq_error *e, enum wq_error_kind kind, int err, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		e->err = err;
		e->kind = kind;
		e->word[0] = '\0';
		va_start(ap, fmt);
		wq_text_vformat(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
	}
	return -err;
}
