// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/autofs.h"
#include "paths.h"

#define WQ_BUFFER	65536	/* bytes: a line has two paths, escaped, and options of a page each */
#define WQ_FIELDS	5	/* ID, parent, device, root, target */

/* As the kernel escapes blanks and backslashes: \040. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] && text[3]) {
			*to++ = (char) ((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static bool is_dev(const char *field, unsigned major, unsigned minor)
{
	char *end;

	return strtoul(field, &end, 10) == major && *end == ':' && strtoul(end + 1, NULL, 10) == minor;
}

void wq_autofs_line(struct wq_autofs *a, char *line)
{
	const char *type = strstr(line, " - ");
	char *field[WQ_FIELDS];
	unsigned i;

	for (i = 0; i < WQ_FIELDS; i++) {
		field[i] = line;
		line = strchr(line, ' ');
		if (!line)
			return;
		*line++ = '\0';
	}
	if (type && is_dev(field[2], a->major, a->minor))
		a->is_autofs |= strncmp(type + 3, "autofs ", 7) == 0;
	if (!a->path || (a->mount && strtoull(field[1], NULL, 10) != a->mount))
		return;
	unescape(field[4]);
	a->leads_on |= wq_path_is_in(field[4], a->path);
}

static char *take_lines(struct wq_autofs *a, char *from)
{
	char *end;

	for (; (end = strchr(from, '\n')); from = end + 1) {
		*end = '\0';
		wq_autofs_line(a, from);
	}
	return from;
}

int wq_autofs_read(struct wq_autofs *a)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), rc = 0;
	char buf[WQ_BUFFER], *rest;
	size_t len = 0;
	ssize_t n;

	a->is_autofs = a->leads_on = false;
	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		rc = n < 0 ? -errno : 0;
		if (rc)
			break;
		buf[len + (size_t) n] = '\0';
		rest = take_lines(a, buf);
		len = strlen(rest);
		memmove(buf, rest, len + 1);
		if (len == sizeof(buf) - 1)
			len = 0;	/* longer than any line of the kernel's */
	}
	close(fd);
	return rc;
}
