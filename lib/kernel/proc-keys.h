/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_KERNEL_PROC_KEYS_H
#define WQ_KERNEL_PROC_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libwatchq.h"

/** The listing of /proc/keys. The kernel prints descriptions raw: a newline in one lets its
 * owner forge a line. A line is evidence only where wq_proc_keys_check() says so. */
struct wq_proc_keys;

/** What a line says of a key. */
struct wq_proc_key {
	uint32_t serial;
	bool invalidated, revoked, expired;
	bool unique;			/* no other line has this serial */
	bool in_order;			/* serials ascend: less before, more after */
	uint64_t left;			/* s until the key expires, rounded down to unit */
	uint32_t unit;			/* s; 0: the key does not expire */
	uint32_t uid, gid, perm;
	const char *type;		/* 9 bytes at most: the kernel cuts the rest off */
	const char *text;		/* the description and what the type adds to it */
	size_t line;			/* its place in the file, from 0 */
};

enum wq_proc_key_verdict {
	WQ_PROC_KEY_GENUINE,
	WQ_PROC_KEY_FORGED,	/* or out of date: the kernel contradicts the line */
	WQ_PROC_KEY_UNCERTAIN,
};

/** Open /proc/keys as a stream's descriptor. Return it, or -errno with *@e: also where another
 * file is mounted over it, as container engines do. */
int wq_proc_keys_open(struct wq_error *e);
/** Read /proc/keys. Return 0; -errno with *@e. The caller frees *@out with wq_proc_keys_free(). */
int wq_proc_keys_read(struct wq_proc_keys **out, struct wq_error *e);
void wq_proc_keys_free(struct wq_proc_keys *pk);

/** The number of lines that look like a key's. */
size_t wq_proc_keys_count(const struct wq_proc_keys *pk);
/** The line @i, from 0; it lives as long as @pk. */
const struct wq_proc_key *wq_proc_keys_at(const struct wq_proc_keys *pk, size_t i);

/** Compare the line @i with what KEYCTL_DESCRIBE says of its serial. *@state is 0 or the errno of
 * that call, also if the line is no evidence. */
enum wq_proc_key_verdict wq_proc_keys_check(const struct wq_proc_keys *pk, size_t i, int *state);

/** Make a name of a genuine line, for keys that the kernel describes no more. Return NULL where
 * the line does not tell the description, or without memory. */
struct wq_name *wq_proc_keys_name(const struct wq_proc_key *k);

#endif
