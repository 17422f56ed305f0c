/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes: what an annotated capture holds beside the records.
 *
 * A note is one record or several of type WQ_TYPE_NOTE. The subtype is its tag,
 * the ID's place in info holds the part's number (from 0), and flag 0 says that
 * another part follows. The parts' bodies, one behind the other, are the
 * payload: numbers in the file's byte order, texts with their NUL.
 */
#ifndef WQ_NOTE_H
#define WQ_NOTE_H

#include <sys/types.h>

#include "libwatchq.h"

enum wq_note_tag {
	WQ_NOTE_HEADER	= 0,	/* struct wq_note_header, dialect */
	WQ_NOTE_WATCH	= 1,	/* u16 index, u8 id, u8 has-object, source, backend, object */
	WQ_NOTE_KEY	= 2,	/* u32 serial, uid, gid, perm, type, description, maybe u64 expires */
	WQ_NOTE_FORGET	= 3,	/* u32 serial: no name is known from here on */
	WQ_NOTE_EVENT	= 4,	/* u64 boottime, u64 realtime, u16 watch, u8 mark: of the next record */
	WQ_NOTE_RESET	= 5,	/* every key's name and path, and every mount, is forgotten */
	WQ_NOTE_BY	= 6,	/* u32 pid, command, maybe u64 ktime: of the next record */
	WQ_NOTE_PATH	= 7,	/* u32 serial, path, from here on; "": none */
	WQ_NOTE_MOUNT	= 8,	/* what a mount is, from here on, till it is unmounted: note-mount.h */
	WQ_NOTE_WAS	= 9,	/* the same of what it was before the next record */
	WQ_NOTE_SIDE	= 10,	/* what the next record has no room for: side.h */
};

#define WQ_NOTE_MAGIC		"watchqcf"	/* 8 bytes, no NUL */
#define WQ_NOTE_VERSION		1
#define WQ_NOTE_ORDER		0x01020304u
#define WQ_NOTE_PART		(WQ_RECORD_MAX - WQ_RECORD_MIN)	/* payload bytes in a part */
#define WQ_NOTE_MAX		(256 * WQ_NOTE_PART)		/* payload bytes in all */
#define WQ_NOTE_MORE		0x00010000u	/* flag 0 of info */
#define WQ_NOTE_NO_WATCH	0xffffu

/* Fixed parts of payloads, in bytes. */
#define WQ_NOTE_HEADER_LEN	(8 + 4 + 2 + 2 + 16)	/* magic, order, version, 0, boot ID */
#define WQ_NOTE_WATCH_LEN	4
#define WQ_NOTE_KEY_LEN		16
#define WQ_NOTE_EVENT_LEN	19

/** Writes a note of @len bytes of payload, WQ_NOTE_MAX at most (-EMSGSIZE). */
int wq_note_write(enum wq_note_tag tag, const void *payload, size_t len,
		  wq_write_fn write, void *data);

/** A note that is being put together from its parts. */
struct wq_note_parts {
	unsigned tag;
	unsigned next;		/* number of the part that must come; 0: none has */
	size_t len;
	unsigned char payload[WQ_NOTE_MAX];
};

/** Adds a part: 1 when the note is whole; 0 when parts are missing; -EBADMSG
 * and *@what, in words, when it doesn't belong. */
int wq_note_add(struct wq_note_parts *n, const struct wq_record *rec, const char **what);

#endif
