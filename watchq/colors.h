/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows of a table have which colour. */
#ifndef WQC_COLORS_H
#define WQC_COLORS_H

#include "libwatchq.h"
#include "terminal-colors.h"

enum color_mode { WQC_COLOR_AUTO, WQC_COLOR_ALWAYS, WQC_COLOR_NEVER, WQC_COLOR__NR };
extern const char *const color_mode_names[WQC_COLOR__NR];

/* Logical names: what a scheme calls them stands in colors.c. */
enum color_id { WQC_COLOR_NONE, WQC_COLOR_HEADER, WQC_COLOR_LOSS, WQC_COLOR_ERROR, WQC_COLOR_WARNING, WQC_COLOR_MARK, WQC_COLOR_IDS };

struct colors {
	bool on;		/* if not, the rest means nothing */
	struct scheme_color ids[WQC_COLOR_IDS];
};

/* Finds out whether a table to @fd has colours, and which. */
void colors_init(struct colors *c, enum color_mode mode, int fd);

/* That of a row, and of the headings. NULL: none. */
const struct color *colors_event(const struct colors *c, const struct wq_event *ev);
const struct color *colors_header(const struct colors *c);

/* Bytes that a row takes more with its colour, at most. */
#define WQC_COLORS_ROOM	(2 * sizeof(struct color))

/* Behind all that is coloured. */
#define WQC_COLOR_RESET	"\033[0m"

#endif
