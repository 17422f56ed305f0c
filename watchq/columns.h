/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns: what each is called, how it looks, where its value is. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "libwatchq.h"

/* Where the value is. Columns whose value depends on the same thing alone stand
 * together: what is made of them can be kept with it (output-json.c). */
enum column_from {
	FROM_EVENT,	/* the event itself: no two are alike */
	FROM_KIND,	/* type and subtype */
	FROM_WATCH,	/* the watch */
	FROM_KEY,	/* the key */
	FROM_AUX,	/* the member */
	FROM_PATH,	/* the way to the key */
};

enum column_id {
	COL_SEQ, COL_TIME, COL_BOOTTIME, COL_KTIME,
	COL_TYPE, COL_TYPE_NR, COL_EVENT, COL_EVENT_NR,
	COL_ID, COL_OBJECT, COL_BACKEND,
	COL_KEY, COL_KEY_TYPE, COL_DESCRIPTION, COL_UID, COL_GID, COL_PERM, COL_EXPIRES,
	COL_PATH, COL_AUX, COL_AUX_TYPE, COL_AUX_DESCRIPTION, COL_PID, COL_COMMAND,
	COL_MOUNT, COL_MOUNT_ID, COL_PARENT, COL_TARGET, COL_SOURCE, COL_FSTYPE, COL_OPTIONS,
	COL_VFS_OPTIONS, COL_FS_OPTIONS, COL_ROOT, COL_PROPAGATION, COL_PEER_GROUP, COL_NAMESPACE,
	COL_OLD_TARGET, COL_OLD_OPTIONS,
	COL_TARGETS, COL_FSID, COL_SB_ID, COL_ERRNO, COL_ERROR, COL_COOKIE, COL_COUNT, COL_INODE, COL_BLOCK,
	COL_FUNCTION, COL_LINE, COL_QUOTA, COL_QUOTA_ID, COL_QUOTA_NAME, COL_LIMIT,
	COL_DEVICE, COL_DEVTYPE, COL_PARTITION, COL_MAJ_MIN, COL_OPERATION, COL_SECTOR, COL_SECTORS, COL_SIZE, COL_NAME,
	COL_CONDITION, COL_MARK, COL_LOST, COL_V, COL_FLAGS, COL_LEN, COL_INFO, COL_DATA, COL_DETAIL,
	COL__NR
};

/* Grows when a column changes its meaning: programs ask for it. */
#define COLUMNS_VERSION	1

enum column_flags {
	COLUMN_RIGHT	= 1 << 0,	/* numbers */
	COLUMN_TRUNC	= 1 << 1,	/* may be cut on a terminal */
	COLUMN_DERIVED	= 1 << 2,	/* says again what others say: not in JSON unless asked for */
};

struct column {
	const char *name;
	unsigned width;		/* characters that a cell is expected to need */
	unsigned flags;
	enum column_from from;
	const char *help;
};

extern const struct column columns[COL__NR];

/* A list of columns: what -o, --output-all and the environment make of a
 * command's own. */
struct column_list {
	enum column_id ids[2 * COL__NR];
	unsigned n;
};

/* Puts the columns named in @text, separated by commas, behind those that are
 * in @list; with a '+' before the first too, else instead of them. 0, or
 * STATUS_FAILURE, said of @where. */
int columns_parse(struct column_list *list, const char *text, const char *where);

/* Leaves each column where it stands first: no name twice in an object of JSON. */
void columns_once(struct column_list *list);

/* The column with that name, in any case, also as JSON spells it; COL__NR if
 * there is none. */
enum column_id column_by_name(const char *name, size_t len);

/* "WATCHQ_TARGET=": what a field of the journal, or a variable of the environment, is called. */
#define COLUMN_VARIABLE_ROOM	32
void column_variable(char *name, enum column_id id);

/* What a column says of an event. */
struct value {
	enum {
		VALUE_NONE,	/* doesn't apply */
		VALUE_UNKNOWN,	/* applies, but isn't known */
		VALUE_UNSIGNED,
		VALUE_SIGNED,
		VALUE_TEXT,	/* any bytes */
		VALUE_HEX,	/* bytes that are shown as hex digits */
		VALUE_TIME,	/* u: nanoseconds */
	} kind;
	uint64_t u;
	int64_t s;
	const char *text;
	size_t len;
	char own[512];		/* text may point here */
};

/* Whether the column can have a value in events of that kind. */
bool column_may_apply(enum column_id id, const struct wq_type *type, const struct wq_subtype *sub);

void column_value(enum column_id id, const struct wq_event *ev, struct value *v);

/* The same as text of a table's cell: not escaped, in v->own or wherever it
 * stands; "" for what doesn't apply or isn't known. */
void column_text(enum column_id id, const struct wq_event *ev, struct value *v);

/* The same; false: it doesn't apply, or isn't known. */
bool column_known_text(enum column_id id, const struct wq_event *ev, struct value *v);

#endif
