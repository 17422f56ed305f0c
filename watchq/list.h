/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables that end: of columns, events, options, capabilities. */
#ifndef WQC_LIST_H
#define WQC_LIST_H

#include <stdio.h>

#include "output.h"

struct list;

/* Headings, NULL behind the last. '#' before one: numbers; '?': yes or no. NULL
 * without memory, which the other two calls take. */
struct list *list_new(const struct output_config *config, const char *heading, ...)
	__attribute__((sentinel));

/* A row: as many texts as there are headings; "" is nothing, null in JSON. */
void list_add(struct list *l, ...);

/* Prints it to standard output, frees it, and returns the exit status. */
int list_print(struct list *l);
/* The same to @to, as if that were no terminal. */
int list_print_to(struct list *l, FILE *to);

/* The columns that events of the dialect have; its events, of @types (NULL: all). */
int list_columns(const struct output_config *config, const struct wq_dialect *d);
int list_events(const struct output_config *config, const struct wq_dialect *d, const char *const *types);

#endif
