/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A doubly linked list with its tail, as <sys/queue.h> has, which musl lacks. */
#ifndef WQ_TAILQ_H
#define WQ_TAILQ_H

/** The list: of struct @type. */
#define WQ_TAILQ_HEAD(name, type)	struct name { struct type *first, **last; }
/** The field of each element. */
#define WQ_TAILQ_ENTRY(type)		struct { struct type *next, **previous; }

#define WQ_TAILQ_INIT(head)		((head)->first = NULL, (void) ((head)->last = &(head)->first))
#define WQ_TAILQ_FIRST(head)		((head)->first)
#define WQ_TAILQ_EMPTY(head)		(!(head)->first)
/** @item may not be removed on the way. */
#define WQ_TAILQ_FOREACH(item, head, field) \
	for ((item) = (head)->first; (item); (item) = (item)->field.next)

#define WQ_TAILQ_INSERT_TAIL(head, item, field) do {		\
	(item)->field.next = NULL;				\
	(item)->field.previous = (head)->last;			\
	*(head)->last = (item);					\
	(head)->last = &(item)->field.next;			\
} while (0)

#define WQ_TAILQ_REMOVE(head, item, field) do {				\
	if ((item)->field.next)						\
		(item)->field.next->field.previous = (item)->field.previous;	\
	else								\
		(head)->last = (item)->field.previous;			\
	*(item)->field.previous = (item)->field.next;			\
} while (0)

#endif
