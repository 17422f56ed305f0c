/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Part of libwatchq.h: records, and the catalog of what they mean. */
#ifndef WQ_LIBWATCHQ_RECORD_H
#define WQ_LIBWATCHQ_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Records: lib/record.c --------------------------------------------- */

/** A record's length in bytes: the header, and what seven bits can say. */
#define WQ_RECORD_MIN	8
#define WQ_RECORD_MAX	127

/** Types of records. 0 and 1: include/uapi/linux/watch_queue.h. 2 to 5 were
 * never merged: their numbers are those of the default dialect. */
enum wq_type_nr {
	WQ_TYPE_META	= 0,
	WQ_TYPE_KEY	= 1,
	WQ_TYPE_MOUNT	= 2,
	WQ_TYPE_SB	= 3,
	WQ_TYPE_BLOCK	= 4,
	WQ_TYPE_USB	= 5,
	WQ_TYPE_NOTE	= 0xfffff0,	/* ours: notes in annotated captures */
};

enum wq_meta_nr {
	WQ_META_REMOVAL		= 0,
	WQ_META_LOSS		= 1,
	WQ_META_RING_LOSS	= 128,	/* ours, and all above */
	WQ_META_READY		= 129,
	WQ_META_QUIET		= 130,
	WQ_META_HOLDS		= 131,	/* a condition is so, as was found by looking: libwatchq-condition.h */
};

enum wq_key_nr {
	WQ_KEY_INSTANTIATED	= 0,
	WQ_KEY_UPDATED		= 1,
	WQ_KEY_LINKED		= 2,
	WQ_KEY_UNLINKED		= 3,
	WQ_KEY_CLEARED		= 4,
	WQ_KEY_REVOKED		= 5,
	WQ_KEY_INVALIDATED	= 6,
	WQ_KEY_SETATTR		= 7,
	WQ_KEY_EXPIRED		= 128,	/* ours */
};

/* The published series' numbers. */
enum wq_mount_nr {
	WQ_MOUNT_NEW_MOUNT	= 0,
	WQ_MOUNT_UNMOUNT	= 1,
	WQ_MOUNT_EXPIRY		= 2,
	WQ_MOUNT_READONLY	= 3,
	WQ_MOUNT_SETATTR	= 4,
	WQ_MOUNT_MOVE_FROM	= 5,
	WQ_MOUNT_MOVE_TO	= 6,
};
enum wq_sb_nr {
	WQ_SB_READONLY		= 0,
	WQ_SB_ERROR		= 1,
	WQ_SB_EDQUOT		= 2,
	WQ_SB_NETWORK		= 3,
	WQ_SB_READWRITE		= 128,	/* ours, and all above */
	WQ_SB_SHUTDOWN		= 129,
	WQ_SB_MOUNTED		= 130,
	WQ_SB_UNMOUNTED		= 131,
	WQ_SB_UNANSWERED	= 132,
	WQ_SB_ANSWERED		= 133,
};
#define WQ_SB_IS_NOW_RO		0x00010000u	/* flag 0 of info */

enum wq_block_nr {
	WQ_BLOCK_TIMEOUT	= 1,
	WQ_BLOCK_NO_SPACE	= 2,
	WQ_BLOCK_RECOVERABLE_TRANSPORT = 3,
	WQ_BLOCK_CRITICAL_TARGET = 4,
	WQ_BLOCK_CRITICAL_NEXUS	= 5,
	WQ_BLOCK_CRITICAL_MEDIUM = 6,
	WQ_BLOCK_PROTECTION	= 7,
	WQ_BLOCK_KERNEL_RESOURCE = 8,
	WQ_BLOCK_DEVICE_RESOURCE = 9,
	WQ_BLOCK_IO		= 10,
	WQ_BLOCK_ADD		= 128,	/* ours, and all above */
	WQ_BLOCK_REMOVE		= 129,
	WQ_BLOCK_CHANGE		= 130,
	WQ_BLOCK_RESIZE		= 131,
	WQ_BLOCK_MEDIA		= 132,
};
/* The flags of mounts. */
#define WQ_MOUNT_IN_SUBTREE	0x00010000u	/* flag 0 of info */
#define WQ_MOUNT_IS_NOW_RO	0x00020000u	/* flag 1 */

struct wq_type;
struct wq_subtype;
struct wq_alias;
struct wq_dialect;

/** One record, decoded as far as its header. It points into the caller's
 * bytes and is good as long as they are. */
struct wq_record {
	const unsigned char *data;	/* the first byte; any alignment */
	const struct wq_type *type;	/* NULL: unknown to the catalog */
	const struct wq_subtype *sub;	/* NULL: unknown to the catalog */
	uint32_t type_nr;		/* 24 bits */
	uint32_t info;
	uint8_t subtype_nr;
	uint8_t len;			/* bytes in all, 8 to 127 */
	uint8_t id;			/* ID of the watch; 0: none */
	bool swapped;			/* in the byte order that is not this machine's */
};

enum wq_bad_kind {
	WQ_BAD_LENGTH,	/* the length is below 8 */
	WQ_BAD_CUT,	/* it runs past the end */
	WQ_BAD_BODY,	/* the body is shorter than its type's */
	WQ_BAD_NOTE,	/* a note that makes no sense */
	WQ_BAD_DIALECT,	/* a capture that is not of the dialect it is read in */
};

/** Why a record is bad. */
struct wq_bad {
	uint64_t offset;	/* of the record, in bytes from the start */
	enum wq_bad_kind kind;
	unsigned expected;	/* bytes */
	unsigned found;		/* bytes */
	const char *what;	/* the record's event, or what is wrong with the note or
				 * capture; or NULL */
};

/** Walks over the records in a buffer. It reads nothing behind the end. */
struct wq_walk {
	const unsigned char *buf;
	size_t len;		/* bytes in buf */
	size_t pos;		/* where the next record starts */
	uint64_t base;		/* offset of buf[0] in the stream */
	const struct wq_dialect *dialect;	/* NULL: the default one */
	bool swapped;		/* other byte order */
	bool more;		/* further bytes may follow buf */
};

/** The next record: 1 and *@rec; 0 at the end; -EAGAIN where @w->more is set
 * and the rest is the beginning of a record (@w->pos stays on it); -EBADMSG
 * and *@bad where the bytes are no record (@w->pos stays on it: where the next
 * record might start isn't known). */
int wq_walk_next(struct wq_walk *w, struct wq_record *rec, struct wq_bad *bad);

/** Writes *@bad as a sentence into @buf of @size bytes; returns @buf. */
const char *wq_bad_text(const struct wq_bad *bad, char *buf, size_t size);

/** Builds a record in host byte order in @buf (of WQ_RECORD_MAX bytes):
 * header, then @body. @info gives the ID and the type's own bits; the length is
 * put in. Returns the length in bytes, or -EMSGSIZE. */
int wq_record_build(unsigned char *buf, uint32_t type, uint8_t subtype,
		    uint32_t info, const void *body, size_t body_len);

/** Decodes the header of one whole record at @data, in the default dialect and
 * without checking its body. Returns the length that it claims, 0 to 127. */
unsigned wq_record_header(struct wq_record *rec, const unsigned char *data, bool swapped);

/* ---- Catalog: lib/catalog.c -------------------------------------------- */

/** What a field of a body means. */
enum wq_field_id {
	WQ_F_KEY,		/* u32 serial of the key or keyring */
	WQ_F_AUX,		/* u32 */
	WQ_F_REMOVED,		/* u64 what went away: a key's serial, a mount's ID */
	WQ_F_LOST,		/* u64 records dropped here */
	WQ_F_MOUNT,		/* u64 the mount that was watched or changed */
	WQ_F_AUX_MOUNT,		/* u64 the other mount */
	WQ_F_SB,		/* u64 ID of the superblock */
	WQ_F_ERROR,		/* u32 errno value */
	WQ_F_COOKIE,		/* u32 */
	WQ_F_INODE,		/* u64 */
	WQ_F_BLOCK,		/* u64 */
	WQ_F_DEV,		/* u64 dev_t, as the kernel writes it: major << 20 | minor */
	WQ_F_SECTOR,		/* u64 of 512 bytes */
	WQ_F_NAME,		/* text without NUL, its length in the byte before */
	WQ_F__NR
};

/** What AUX is in a key record. */
enum wq_aux_kind {
	WQ_AUX_NONE,		/* reserved: 0 */
	WQ_AUX_KEY,		/* serial of the member */
	WQ_AUX_ERROR,		/* 0 or a negative errno value */
};

struct wq_field {
	enum wq_field_id id;
	uint8_t offset;		/* from the record's start */
	uint8_t size;		/* 4 or 8 bytes; 0: text to the length before it */
	const char *name;	/* "key", "aux", ...: in DETAIL */
};

/** How the bytes of a record are laid out. Fields that the record is too short
 * for are not there; it must have min_len bytes, or, if bare is set, none
 * behind the header. */
struct wq_layout {
	const struct wq_field *fields;
	uint8_t nfields;
	uint8_t min_len;	/* bytes, header counted */
	bool bare;		/* a header alone is fine, too */
	bool text;		/* some field is a text */
};

struct wq_subtype {
	uint8_t nr;
	uint8_t aux;		/* enum wq_aux_kind */
	const char *name;
	const struct wq_layout *layout;
	const char *help;
};

struct wq_flag {
	uint32_t bit;		/* in info */
	const char *name;
};

/** Another name of one subtype, of records whose info has these bits: a mount that becomes writable
 * is posted as READONLY without a flag. */
struct wq_variant {
	const char *name;
	uint8_t nr;		/* of the subtype */
	uint32_t info, mask;	/* the record's info & mask is info */
	const char *help;
};

struct wq_type {
	uint32_t nr;
	uint8_t id_moved;	/* bits that the ID stands higher in info than in mainline */
	const char *name;
	const struct wq_subtype *subtypes;
	unsigned nsubtypes;
	const struct wq_flag *flags;
	unsigned nflags;
	const struct wq_alias *aliases;	/* NULL: none */
	unsigned naliases;
	const struct wq_variant *variants;	/* NULL: none */
	unsigned nvariants;
	const char *help;
};

/** Another name for one or several subtypes, in lists of events. */
struct wq_alias {
	const char *name;
	uint32_t subtypes;	/* bit n: subtype n */
	const char *help;
};

/** A version of the series of patches that brought notifications: which number
 * each type has, how bodies are laid out, what flags mean. META and KEY are the
 * same in all, and a name means the same in all that have it. */
struct wq_dialect {
	const char *name;
	const struct wq_type *types;	/* in the order of their numbers, from 0 */
	unsigned ntypes;		/* up to WQ_TYPES; notes aside */
	const char *help;
};

/** Types in the largest dialect. */
#define WQ_TYPES	6

/** The dialect with that name, or the @i-th (0: the default one), or NULL. */
const struct wq_dialect *wq_dialect_by_name(const char *name);
const struct wq_dialect *wq_dialect_at(unsigned i);

/** The type of @d (NULL: the default dialect) with that number or name, or NULL.
 * Names are matched exactly. */
const struct wq_type *wq_type_by_nr(const struct wq_dialect *d, uint32_t nr);
const struct wq_type *wq_type_by_name(const struct wq_dialect *d, const char *name, size_t len);

/** The variant of @t with that name, or NULL. */
const struct wq_variant *wq_variant_by_name(const struct wq_type *t, const char *name, size_t len);
/** What the event of @rec is called: its subtype's name, or that of a variant; NULL: the subtype is
 * unknown. */
const char *wq_record_event(const struct wq_record *rec);
/** The variant of its subtype that @rec is, or NULL. */
const struct wq_variant *wq_record_variant(const struct wq_record *rec);

/** The @i-th type of @d, notes last, or NULL behind them. */
const struct wq_type *wq_type_at(const struct wq_dialect *d, unsigned i);

/** The subtype of @t with that number or name, or NULL. @t may be NULL. */
const struct wq_subtype *wq_subtype_by_nr(const struct wq_type *t, uint8_t nr);
const struct wq_subtype *wq_subtype_by_name(const struct wq_type *t, const char *name, size_t len);

/** The field of that meaning, if @rec has it; else NULL. */
const struct wq_field *wq_record_field(const struct wq_record *rec, enum wq_field_id id);

/** A number field's value, in host byte order. */
uint64_t wq_field_value(const struct wq_record *rec, const struct wq_field *f);

/** The ID of the mount that @rec, of a mount, is about; and *@on, of that which it is, or
 * was, mounted on. 0: the record doesn't say. */
uint64_t wq_record_mount(const struct wq_record *rec, uint64_t *on);

/** A text field's bytes: not NUL-terminated, *@len of them. */
const char *wq_field_text(const struct wq_record *rec, const struct wq_field *f, size_t *len);

/** The bytes that no field covers: all behind the last known field. Returns
 * where they start; *@len may be 0. */
const unsigned char *wq_record_rest(const struct wq_record *rec, size_t *len);

#endif
