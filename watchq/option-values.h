/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that options have. What isn't one is said, with what was expected: 0, or the
 * exit status. */
#ifndef WQC_OPTION_VALUES_H
#define WQC_OPTION_VALUES_H

#include "options.h"

int option_unsigned(const char *option, const char *text, uint64_t min, uint64_t max, unsigned *to);

/* How long to wait between two looks, ns. */
int option_time(const char *option, const char *text, int64_t *to);
int option_pause(const char *option, const char *text, uint64_t *to);

/* The same, or 0: never. */
int option_pause_or_never(const char *option, const char *text, uint64_t *to);

/* A descriptor that is open for writing, which no command that is run will have unless it is
 * a standard one. */
int option_writable_fd(const char *option, const char *text, int *to);

/* COLUMN=VALUE, one more. */
int option_match(struct options *o, const char *text);

/* One of @n names: its place; -1: it is none. */
int option_one_of(const char *option, const char *word, const char *const *names, unsigned n);

/* Of --events (@is_list) or --raw-filter; names are those of the dialect. */
int option_rule(struct options *o, bool is_list, const char *text);

/* What rules and lists of events mean from here on. */
int option_dialect(struct options *o, const char *text);

#endif
