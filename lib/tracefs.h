/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_TRACEFS_H
#define WQ_TRACEFS_H

#include <stddef.h>

struct wq_error;

/** tracefs, through a descriptor of its root, and instances of our own in it:
 * places where events are recorded for us alone.
 * Documentation/trace/ftrace.rst: "Instances". */

/** An instance. It is removed when it is closed, or, after a kill, by the next
 * one that is made: its directory is locked as long as its owner lives. */
struct wq_tracefs {
	int root;		/* of tracefs; -1: closed */
	int dir;		/* of the instance */
	char name[48];		/* of the instance, in instances/ */
};

/** The root of tracefs: where it is mounted, or else a mount of our own that
 * nobody sees and that ends with the descriptor. A descriptor; -errno with *@e:
 * WQ_NOTSUPP where the kernel has none or these privileges don't do. */
int wq_tracefs_root(struct wq_error *e);

/** Makes an instance, and removes those of dead owners. 0 or -errno with *@e. */
int wq_tracefs_open(struct wq_tracefs *tf, struct wq_error *e);
/** Removes it. All files in it must be closed. */
void wq_tracefs_close(struct wq_tracefs *tf);

/** Writes @text to the file @path in the directory @dir. 0 or -errno. */
int wq_tracefs_write(int dir, const char *path, const char *text);
/** Reads all of the file @path in the directory @dir: *@text is malloc()ed, with
 * a NUL behind its *@len bytes. 0 or -errno. */
int wq_tracefs_read(int dir, const char *path, char **text, size_t *len);

/** Why the file @path of tracefs can't be used: -@err with *@e in words. */
int wq_tracefs_fail(struct wq_error *e, const char *path, int err);

#endif
