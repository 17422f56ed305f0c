/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns: what each is called, how it looks, where its value is. */
#ifndef WQC_COLUMNS_H
#define WQC_COLUMNS_H

#include "libwatchq.h"

/* Where the value is. Columns whose value depends on the same thing alone stand
 * together: what is made of them can be kept with it (output-json.c). */
enum column_from {
	WQC_FROM_EVENT,	/* the event itself: no two are alike */
	WQC_FROM_KIND,	/* type and subtype */
	WQC_FROM_WATCH,	/* the watch */
	WQC_FROM_KEY,	/* the key */
	WQC_FROM_AUX,	/* the member */
	WQC_FROM_PATH,	/* the way to the key */
};

enum column_id {
	WQC_COL_SEQ, WQC_COL_TIME, WQC_COL_BOOTTIME, WQC_COL_KTIME,
	WQC_COL_TYPE, WQC_COL_TYPE_NR, WQC_COL_EVENT, WQC_COL_EVENT_NR,
	WQC_COL_ID, WQC_COL_OBJECT, WQC_COL_BACKEND,
	WQC_COL_KEY, WQC_COL_KEY_TYPE, WQC_COL_DESCRIPTION, WQC_COL_UID, WQC_COL_GID, WQC_COL_PERM, WQC_COL_EXPIRES,
	WQC_COL_PATH, WQC_COL_AUX, WQC_COL_AUX_TYPE, WQC_COL_AUX_DESCRIPTION, WQC_COL_PID, WQC_COL_COMMAND,
	WQC_COL_MOUNT, WQC_COL_MOUNT_ID, WQC_COL_PARENT, WQC_COL_TARGET, WQC_COL_SOURCE, WQC_COL_FSTYPE, WQC_COL_OPTIONS,
	WQC_COL_VFS_OPTIONS, WQC_COL_FS_OPTIONS, WQC_COL_ROOT, WQC_COL_PROPAGATION, WQC_COL_PEER_GROUP, WQC_COL_NAMESPACE,
	WQC_COL_OLD_TARGET, WQC_COL_OLD_OPTIONS,
	WQC_COL_TARGETS, WQC_COL_FSID, WQC_COL_SB_ID, WQC_COL_ERRNO, WQC_COL_ERROR, WQC_COL_COOKIE, WQC_COL_COUNT, WQC_COL_INODE, WQC_COL_BLOCK,
	WQC_COL_FUNCTION, WQC_COL_LINE, WQC_COL_QUOTA, WQC_COL_QUOTA_ID, WQC_COL_QUOTA_NAME, WQC_COL_LIMIT,
	WQC_COL_DEVICE, WQC_COL_DEVTYPE, WQC_COL_PARTITION, WQC_COL_MAJ_MIN, WQC_COL_OPERATION, WQC_COL_SECTOR, WQC_COL_SECTORS, WQC_COL_SIZE, WQC_COL_NAME,
	WQC_COL_CONDITION, WQC_COL_MARK, WQC_COL_LOST, WQC_COL_V, WQC_COL_FLAGS, WQC_COL_LEN, WQC_COL_INFO, WQC_COL_DATA, WQC_COL_DETAIL,
	WQC_COL__NR
};

/* Grows when a column changes its meaning: programs ask for it. */
#define WQC_COLUMNS_VERSION	1

enum column_flags {
	WQC_COLUMN_RIGHT	= 1 << 0,	/* numbers */
	WQC_COLUMN_TRUNC	= 1 << 1,	/* may be cut on a terminal */
	WQC_COLUMN_DERIVED	= 1 << 2,	/* says again what others say: not in JSON unless asked for */
};

struct column {
	const char *name;
	unsigned width;		/* characters that a cell is expected to need */
	unsigned flags;
	enum column_from from;
	const char *help;
};

extern const struct column columns[WQC_COL__NR];

/* A list of columns: what -o, --output-all and the environment make of a
 * command's own. */
struct column_list {
	enum column_id ids[2 * WQC_COL__NR];
	unsigned n;
};

/* Puts the columns named in @text, separated by commas, behind those that are
 * in @list; with a '+' before the first too, else instead of them. 0, or
 * WQC_STATUS_FAILURE, said of @where. */
int columns_parse(struct column_list *list, const char *text, const char *where);

/* Leaves each column where it stands first: no name twice in an object of JSON. */
void columns_once(struct column_list *list);

/* The column with that name, in any case, also as JSON spells it; WQC_COL__NR if
 * there is none. */
enum column_id column_by_name(const char *name, size_t len);

/* "WATCHQ_TARGET=": what a field of the journal, or a variable of the environment, is called. */
#define WQC_COLUMN_VARIABLE_ROOM	32
void column_variable(char *name, enum column_id id);

/* What a column says of an event. */
struct value {
	enum {
		WQC_VALUE_NONE,	/* doesn't apply */
		WQC_VALUE_UNKNOWN,	/* applies, but isn't known */
		WQC_VALUE_UNSIGNED,
		WQC_VALUE_SIGNED,
		WQC_VALUE_TEXT,	/* any bytes */
		WQC_VALUE_HEX,	/* bytes that are shown as hex digits */
		WQC_VALUE_TIME,	/* u: nanoseconds */
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

/* The bytes of the longest text that a column may take from @ev, and of all such texts together:
 * what the formats make room for. Values in v->own, and names of processes, are not counted. */
size_t column_longest_text(const struct wq_event *ev);
size_t column_all_texts(const struct wq_event *ev);

/* The same as column_text(); false: it doesn't apply, or isn't known. */
bool column_known_text(enum column_id id, const struct wq_event *ev, struct value *v);

#endif
