/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where bytes go out: a buffer before a file descriptor. */
#ifndef WQC_SINK_H
#define WQC_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct sink {
	int fd;
	int (*wait)(void *data, int fd);	/* until fd takes more: 0, or -errno to give up */
	void *wait_data;
	bool regular;		/* never blocks for long */
	bool enlarged;		/* a pipe: as far as it may be */
	size_t len, size;
	char *buf;
};

/* @fd stays the caller's. 0 or -ENOMEM. */
int sink_open(struct sink *s, int fd, int (*wait)(void *data, int fd), void *wait_data);
void sink_close(struct sink *s);

/* Goes on with another file: what is in the buffer must have been flushed. */
void sink_set_fd(struct sink *s, int fd);

/* Writes out what is there. 0; -EPIPE: who read is gone; what wait() gave;
 * -errno. */
int sink_flush(struct sink *s);

/* Makes room where there isn't enough. */
char *sink_make_room(struct sink *s, size_t len, int *rc);

/* Room for @len bytes at least, or NULL and the reason in *@rc. */
static inline char *sink_room(struct sink *s, size_t len, int *rc)
{
	*rc = 0;
	return s->size - s->len >= len ? s->buf + s->len : sink_make_room(s, len, rc);
}

/* Appends. 0 or what sink_flush() returns. */
int sink_write(struct sink *s, const void *bytes, size_t len);

#endif
