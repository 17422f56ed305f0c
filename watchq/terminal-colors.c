// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libwatchq.h"
#include "terminal-colors.h"

#define WQC_PATIENCE	2000	/* ms that a look-up may take */

#define WQC_SYSTEM_DIR	"/etc/terminal-colors.d"
#define WQC_BLANKS	" \t\r\n"

/* ---- Sequences ---- */

static bool set_code(struct color *c, const char *code)
{
	char text[sizeof(c->bytes)];
	int len = snprintf(text, sizeof(text), "\033[%sm", code);

	if (len >= (int) sizeof(text))
		return false;
	memcpy(c->bytes, text, (size_t) len);
	c->len = (size_t) len;
	return true;
}

static bool set_named(struct color *c, const char *name)
{
	static const struct {
		const char *name, *code;
	} names[] = {
		{ "black", "30" }, { "blink", "5" }, { "blue", "34" }, { "bold", "1" },
		{ "brown", "33" }, { "cyan", "36" }, { "darkgray", "1;30" }, { "gray", "37" },
		{ "green", "32" }, { "halfbright", "2" }, { "lightblue", "1;34" }, { "lightcyan", "1;36" },
		{ "lightgray", "37" }, { "lightgreen", "1;32" }, { "lightmagenta", "1;35" }, { "lightred", "1;31" },
		{ "magenta", "35" }, { "red", "31" }, { "reset", "0" }, { "reverse", "7" }, { "yellow", "1;33" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return set_code(c, names[i].code);
	return false;
}

/* What stands for a byte behind a backslash; 0: nothing does. */
static char escaped(char c)
{
	static const char letters[] = "abefnrtv?_\\^#", bytes[] = "\a\b\033\f\n\r\t\v\177 \\^#";
	const char *at = c ? strchr(letters, c) : NULL;

	return at ? bytes[at - letters] : '\0';
}

/* What has an escape may not stand there without. */
static bool needs_escape(char c)
{
	return (unsigned char) c < 0x20 || c == 0x7f || c == '^';
}

static bool set_escaped(struct color *c, const char *text)
{
	struct color to = { .len = 0 };

	for (; *text; text++) {
		bool is_escape = *text == '\\';
		char byte = is_escape ? escaped(*++text) : *text;

		if (byte == '\0' || (!is_escape && needs_escape(byte)) || to.len == sizeof(to.bytes))
			return false;
		to.bytes[to.len++] = byte;
	}
	*c = to;
	return true;
}

bool color_parse(struct color *c, const char *text)
{
	if (text[strspn(text, "0123456789;")] == '\0')
		return *text && set_code(c, text);
	return strchr(text, '\\') ? set_escaped(c, text) : set_named(c, text);
}

/* ---- Files ---- */

static int open_dir(const char *parent, const char *below)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", parent, below) >= (int) sizeof(path))
		return -1;
	/* A home may be on a server that is dead; the system's folder is below nothing that is. */
	if (*below && wq_path_answers(path, WQC_PATIENCE) == -ETIMEDOUT)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void terminal_colors_open(struct terminal_colors *t, const char *utility, const char *term)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	*t = (struct terminal_colors) { .utility = utility, .term = term, .dir = -1 };
	if (config && *config)
		t->dir = open_dir(config, "/terminal-colors.d");
	else if (home && *home)
		t->dir = open_dir(home, "/.config/terminal-colors.d");
	if (t->dir < 0)
		t->dir = open_dir(WQC_SYSTEM_DIR, "");
}

void terminal_colors_close(struct terminal_colors *t)
{
	if (t->dir >= 0)
		close(t->dir);
	t->dir = -1;
}

enum { WQC_NO_FILE = -1, WQC_HAS_TERM = 1, WQC_HAS_UTILITY = 2 };

/* The most specific file of that type, its name in @name: what it has, or WQC_NO_FILE. */
static int find(const struct terminal_colors *t, const char *type, char name[static NAME_MAX + 1])
{
	struct stat st;
	int has;

	for (has = WQC_HAS_UTILITY | WQC_HAS_TERM; has >= 0; has--) {
		const char *utility = has & WQC_HAS_UTILITY ? t->utility : "";
		const char *at = has & WQC_HAS_TERM ? "@" : "", *term = has & WQC_HAS_TERM ? t->term : "";

		/* A slash would lead elsewhere. */
		if (!term || strchr(term, '/') ||
		    snprintf(name, NAME_MAX + 1, "%s%s%s%s%s", utility, at, term, has ? "." : "", type) > NAME_MAX)
			continue;
		if (fstatat(t->dir, name, &st, 0) == 0 && S_ISREG(st.st_mode))
			return has;
	}
	return WQC_NO_FILE;
}

bool terminal_colors_disabled(const struct terminal_colors *t)
{
	char name[NAME_MAX + 1];

	return t->dir >= 0 && find(t, "disable", name) > find(t, "enable", name);
}

/* A line of a scheme. */
static void take_line(char *line, struct scheme_color *colors, unsigned n)
{
	char *rest, *name = strtok_r(line, WQC_BLANKS, &rest), *text = strtok_r(NULL, WQC_BLANKS, &rest);
	unsigned i;

	/* A comment's first word is none of the names. */
	if (!name || !text)
		return;
	for (i = 0; i < n; i++)
		if (strcmp(colors[i].name, name) == 0)
			color_parse(&colors[i].color, text);
}

void terminal_colors_scheme(const struct terminal_colors *t, struct scheme_color *colors, unsigned n)
{
	char name[NAME_MAX + 1], *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *file;
	int fd;

	if (t->dir < 0 || find(t, "scheme", name) == WQC_NO_FILE)
		return;
	fd = openat(t->dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((len = getline(&line, &size, file)) >= 0)
		if (!memchr(line, '\0', (size_t) len))
			take_line(line, colors, n);
	free(line);
	fclose(file);
}
