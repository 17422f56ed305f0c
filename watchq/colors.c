// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "colors.h"
#include "severity.h"

const char *const color_mode_names[WQC_COLOR__NR] = {
	[WQC_COLOR_AUTO] = "auto", [WQC_COLOR_ALWAYS] = "always", [WQC_COLOR_NEVER] = "never",
};

/* As a scheme would say it. */
static const struct {
	const char *name, *color;
} defaults[WQC_COLOR_IDS] = {
	[WQC_COLOR_NONE] = { "", "" },
	[WQC_COLOR_HEADER] = { "header", "bold" },
	[WQC_COLOR_LOSS] = { "loss", "1;31" },
	[WQC_COLOR_ERROR] = { "error", "red" },
	[WQC_COLOR_WARNING] = { "warning", "brown" },
	[WQC_COLOR_MARK] = { "mark", "halfbright" },
};

static const enum color_id of_severity[] = {
	[WQC_SEVERITY_NONE] = WQC_COLOR_NONE, [WQC_SEVERITY_MARK] = WQC_COLOR_MARK, [WQC_SEVERITY_WARNING] = WQC_COLOR_WARNING,
	[WQC_SEVERITY_LOSS] = WQC_COLOR_LOSS, [WQC_SEVERITY_ERROR] = WQC_COLOR_ERROR,
};

/* By itself only where somebody looks who has not said otherwise. */
static bool is_wanted(enum color_mode mode, int fd, const char *term, const struct terminal_colors *files)
{
	const char *no = getenv("NO_COLOR");

	if (mode != WQC_COLOR_AUTO)
		return mode == WQC_COLOR_ALWAYS;
	return isatty(fd) && term && strcmp(term, "dumb") != 0 && !(no && *no) && !terminal_colors_disabled(files);
}

void colors_init(struct colors *c, enum color_mode mode, int fd)
{
	const char *term = getenv("TERM");
	struct terminal_colors files;
	unsigned i;

	memset(c, 0, sizeof(*c));
	term = term && *term ? term : NULL;
	terminal_colors_open(&files, "watchq", term);
	c->on = is_wanted(mode, fd, term, &files);
	if (c->on) {
		for (i = WQC_COLOR_NONE; i < WQC_COLOR_IDS; i++) {
			c->ids[i].name = defaults[i].name;
			color_parse(&c->ids[i].color, defaults[i].color);
		}
		terminal_colors_scheme(&files, c->ids, WQC_COLOR_IDS);
	}
	terminal_colors_close(&files);
}

static const struct color *color_of(const struct colors *c, enum color_id id)
{
	return c->ids[id].color.len ? &c->ids[id].color : NULL;
}

const struct color *colors_event(const struct colors *c, const struct wq_event *ev)
{
	enum color_id id = of_severity[severity_of(&ev->rec)];

	/* An error that was found by looking is one all the same. */
	if (id == WQC_COLOR_NONE && ev->mark != WQ_MARK_NONE)
		id = WQC_COLOR_MARK;
	return color_of(c, id);
}

const struct color *colors_header(const struct colors *c)
{
	return color_of(c, WQC_COLOR_HEADER);
}
