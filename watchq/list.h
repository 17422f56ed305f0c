/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables that end: of columns, events, options, capabilities. */
#ifndef LIST_H
#define LIST_H

#include "output.h"

struct list;

/* Headings, NULL behind the last. '#' before one: numbers; '?': yes or no. NULL
 * without memory, which the other two calls take. */
struct list *list_new(enum format format, const char *heading, ...) __attribute__((sentinel));

/* A row: as many texts as there are headings; "" is nothing, null in JSON. */
void list_add(struct list *l, ...);

void list_noheadings(struct list *l, bool on);

/* Prints it to standard output, frees it, and returns the exit status. */
int list_print(struct list *l);

/* The columns that events have; the events of @types (NULL: all). */
int list_columns(enum format format);
int list_events(enum format format, const char *const *types);

#endif
