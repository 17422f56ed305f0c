// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "msg.h"
#include "nls.h"
#include "util/printable.h"
#include "util/stderr-queue.h"

#define WQC_MSG_MAX	1024	/* bytes of a message, before control characters are escaped */

static const char *command;
static enum verbosity verbosity;

void msg_set_verbosity(enum verbosity v)
{
	verbosity = v;
}

/* "watchq: COMMAND: ": return its length. */
static size_t put_prefix(char *line, size_t size)
{
	int n = command ? snprintf(line, size, "watchq: %s: ", command) : snprintf(line, size, "watchq: ");

	return (size_t) n < size ? (size_t) n : size - 1;
}

static void say(const char *text)
{
	char line[64 + 4 * WQC_MSG_MAX + MB_LEN_MAX];	/* each byte may be escaped */
	size_t n = put_prefix(line, 64);

	while (*text && n < sizeof(line) - MB_LEN_MAX) {
		unsigned columns;
		size_t len = printable(text, strlen(text), &columns);

		if (len)
			memcpy(line + n, text, len);
		n += len ? len : (size_t) snprintf(line + n, sizeof(line) - n, "\\x%02x", (unsigned char) *text);
		text += len ? len : 1;
	}
	line[n++] = '\n';
	stderr_queue_write(line, n);
}

static size_t format_dropped(char *line, size_t size, unsigned long long n)
{
	size_t len = put_prefix(line, 64);
	int rest = snprintf(line + len, size - len, _("standard error was not read: messages dropped: %llu\n"), n);

	return (size_t) rest < size - len ? len + (size_t) rest : size - 1;
}

void msg_set_command(const char *name)
{
	command = name;
	stderr_queue_set_notice(format_dropped);
}

__attribute__((format(printf, 1, 0)))
static void vsay(const char *fmt, va_list ap)
{
	char text[WQC_MSG_MAX];

	wq_text_vformat(text, sizeof(text), fmt, ap);
	say(text);
}

void msg_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

void msg_warning(const char *fmt, ...)
{
	va_list ap;

	if (verbosity < WQC_NORMAL)
		return;
	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

void msg_note(const char *fmt, ...)
{
	va_list ap;

	if (verbosity < WQC_VERBOSE)
		return;
	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

void msg_log(void *data, enum wq_log_level level, const char *text)
{
	static const enum verbosity at[] = {
		[WQ_LOG_WARNING] = WQC_NORMAL, [WQ_LOG_INFO] = WQC_VERBOSE, [WQ_LOG_DEBUG] = WQC_DEBUG,
	};

	(void) data;
	if (verbosity >= at[level])
		say(text);
}

int msg_usage(const char *fmt, ...)
{
	char hint[256];
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
	if (command)
		snprintf(hint, sizeof(hint), _("Try 'watchq %s --help' for more information.\n"), command);
	else
		snprintf(hint, sizeof(hint), "%s", _("Try 'watchq --help' for more information.\n"));
	stderr_queue_write(hint, strlen(hint));
	return WQC_STATUS_FAILURE;
}

int msg_fail(const struct wq_error *e)
{
	say(e->text);
	return e->kind == WQ_NOTSUPP ? WQC_STATUS_NOTSUPP : WQC_STATUS_FAILURE;
}
