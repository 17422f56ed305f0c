/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows of a table have which colour. */
#ifndef COLORS_H
#define COLORS_H

#include "libwatchq.h"
#include "terminal-colors.h"

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR__NR };
extern const char *const color_mode_names[COLOR__NR];

/* Logical names: what a scheme calls them stands in colors.c. */
enum color_id { COLOR_NONE, COLOR_HEADER, COLOR_LOSS, COLOR_ERROR, COLOR_WARNING, COLOR_MARK, COLOR_IDS };

struct colors {
	bool on;		/* if not, the rest means nothing */
	struct scheme_color ids[COLOR_IDS];
};

/* Finds out whether a table to @fd has colours, and which. */
void colors_init(struct colors *c, enum color_mode mode, int fd);

/* That of a row, and of the headings. NULL: none. */
const struct color *colors_event(const struct colors *c, const struct wq_event *ev);
const struct color *colors_header(const struct colors *c);

/* Bytes that a row takes more with its colour, at most. */
#define COLORS_ROOM	(2 * sizeof(struct color))

/* Behind all that is coloured. */
#define COLOR_RESET	"\033[0m"

#endif
