/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a capture that is being read: capture.c, capture-notes.c. */
#ifndef WQ_CAPTURE_H
#define WQ_CAPTURE_H

#include "models/mount.h"
#include "note.h"
#include "record.h"
#include "source.h"

#define WQ_BUF_SIZE	(256u << 10)
#define WQ_NAMES_BUDGET	(64u << 20)	/* of each table; well-kept captures forget before: recorder.c */
#define WQ_MAX_WATCHES	4096		/* that a capture may define */
#define WQ_WORD_MAX	31		/* bytes of a source's, backend's or dialect's name */

struct capture {
	int fd;
	const char *name;
	struct wq_walk walk;
	bool ended;
	bool annotated;			/* a header note has come */
	bool polled;		/* the engine polls fd; a regular file can not be */
	bool started;			/* the first record has */
	bool headed;			/* and it is a header note */
	bool keep_going;		/* behind what can't be read, at the next header */
	bool skipping;			/* to it */
	uint64_t resumed;		/* offset of the header at which it went on; 0: it has not yet */
	unsigned char event_header[WQ_RECORD_MIN];	/* of an event note in one part */

	char refused[192];		/* why it is not decoded: of another dialect */

	/* From the notes. */
	struct wq_keys *names;
	struct wq_keys *paths;
	struct wq_mount_map *mounts;
	const struct wq_watch **watches;	/* by the capture's index */
	struct wq_note_parts *parts;
	struct wq_name *last;		/* of the record before's key; NULL behind a note */
	struct wq_name *last_path;	/* the same key's */
	struct wq_event next;		/* of the next record: what notes have said of it */

	unsigned char buf[WQ_BUF_SIZE];
};

/** Nothing is known of the next record. */
void wq_capture_forget_event(struct capture *c);
/** The note that has been put together: what is wrong with it, or NULL. Tags of the future
 * are passed over. */
const char *wq_capture_read_note(struct wq_source *s);
/** There is one event note before nearly every record: it is passed over where it stands, if
 * it is like all others; else it is for wq_capture_read_note(). */
void wq_capture_skip_event_note(struct capture *c);

/** Whether another header begins in the middle of the record of @len bytes at @offset, which was cut
 * then: to be asked with so many bytes behind it in the buffer, if the capture has them. */
#define WQ_CAPTURE_AHEAD	24
bool wq_capture_has_header_inside(const struct capture *c, uint64_t offset, size_t len);
/** The record at @offset can't be read: skip to the next header behind it. */
void wq_capture_skip_from(struct capture *c, uint64_t offset);
/** Go on skipping in what has been read. Return whether the walk is at a header now. */
bool wq_capture_find_header(struct capture *c);

static inline bool wq_capture_is_header(const struct wq_record *rec)
{
	return rec->type_nr == WQ_TYPE_NOTE && rec->subtype_nr == WQ_NOTE_HEADER;
}

#endif
