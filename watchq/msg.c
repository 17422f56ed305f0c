// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "msg.h"
#include "nls.h"

static const char *command;
static enum verbosity verbosity;

void msg_set_command(const char *name)
{
	command = name;
}

void msg_set_verbosity(enum verbosity v)
{
	verbosity = v;
}

static void say(const char *text)
{
	char line[1024];
	size_t n = 0;

	for (; *text && n < sizeof(line) - 5; text++) {
		unsigned char c = (unsigned char) *text;

		/* C1 controls, too: U+0080 to U+009F. */
		if (c == 0xc2 && (unsigned char) text[1] >= 0x80 && (unsigned char) text[1] < 0xa0)
			n += (size_t) snprintf(line + n, sizeof(line) - n, "\\x%02x", (unsigned char) *++text);
		else if (c < 0x20 || c == 0x7f)
			n += (size_t) snprintf(line + n, sizeof(line) - n, "\\x%02x", c);
		else
			line[n++] = (char) c;
	}
	line[n] = '\0';
	if (command)
		fprintf(stderr, "watchq: %s: %s\n", command, line);
	else
		fprintf(stderr, "watchq: %s\n", line);
}

__attribute__((format(printf, 1, 0)))
static void vsay(const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
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
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
	if (command)
		fprintf(stderr, _("Try 'watchq %s --help' for more information.\n"), command);
	else
		fprintf(stderr, _("Try 'watchq --help' for more information.\n"));
	return WQC_STATUS_FAILURE;
}

int msg_fail(const struct wq_error *e)
{
	say(e->text);
	return e->kind == WQ_NOTSUPP ? WQC_STATUS_NOTSUPP : WQC_STATUS_FAILURE;
}
