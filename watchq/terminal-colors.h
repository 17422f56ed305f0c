/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal-colors.d(5): what the user, or else the administrator, says of colours. */
#ifndef WQC_TERMINAL_COLORS_H
#define WQC_TERMINAL_COLORS_H

#include <stdbool.h>
#include <stddef.h>

/* What a terminal is sent before something coloured. */
struct color {
	size_t len;		/* bytes; 0: nothing */
	char bytes[64];
};

/* A colour that a scheme may set. */
struct scheme_color {
	const char *name;
	struct color color;
};

/* Where a utility looks. */
struct terminal_colors {
	const char *utility, *term;	/* borrowed; @term may be NULL: not known */
	int dir;		/* -1: there is none */
};

/* Opens the user's directory, or, where there is none, the system's. */
void terminal_colors_open(struct terminal_colors *t, const char *utility, const char *term);
void terminal_colors_close(struct terminal_colors *t);

/* Whether the files there turn colours off. */
bool terminal_colors_disabled(const struct terminal_colors *t);

/* Sets those of the @n @colors that the scheme there names, if there is one. Lines that
 * mean nothing are ignored. */
void terminal_colors_scheme(const struct terminal_colors *t, struct scheme_color *colors, unsigned n);

/* Sets @c to what @text means in a scheme: a colour's name, codes such as 01;31, or bytes
 * with escapes. False, and @c is as it was: it means nothing, or is too long. */
bool color_parse(struct color *c, const char *text);

#endif
