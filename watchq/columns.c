// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ascii.h"
#include "columns.h"
#include "msg.h"
#include "nls.h"
#include "suggest.h"

const struct column columns[WQC_COL__NR] = {
	[WQC_COL_SEQ]		= { "SEQ", 4, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("number of the event, from 1") },
	[WQC_COL_TIME]		= { "TIME", 15, 0, WQC_FROM_EVENT, N_("wall-clock time at which it was read") },
	[WQC_COL_BOOTTIME]	= { "BOOTTIME", 12, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("the same, in seconds since boot") },
	[WQC_COL_KTIME]		= { "KTIME", 12, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("time that the kernel gave it, in seconds since boot") },
	[WQC_COL_TYPE]		= { "TYPE", 5, 0, WQC_FROM_KIND, N_("type of the record") },
	[WQC_COL_TYPE_NR]	= { "TYPE-NR", 7, WQC_COLUMN_RIGHT, WQC_FROM_KIND, N_("number of the type") },
	[WQC_COL_EVENT]		= { "EVENT", 12, 0, WQC_FROM_KIND, N_("what happened") },
	[WQC_COL_EVENT_NR]	= { "EVENT-NR", 8, WQC_COLUMN_RIGHT, WQC_FROM_KIND, N_("number of the subtype") },
	[WQC_COL_ID]		= { "ID", 3, WQC_COLUMN_RIGHT, WQC_FROM_WATCH, N_("ID of the watch") },
	[WQC_COL_OBJECT]	= { "OBJECT", 8, WQC_COLUMN_TRUNC, WQC_FROM_WATCH, N_("the watched object, as it was named") },
	[WQC_COL_BACKEND]	= { "BACKEND", 8, WQC_COLUMN_DERIVED, WQC_FROM_WATCH, N_("how it was heard") },
	[WQC_COL_KEY]		= { "KEY", 10, WQC_COLUMN_RIGHT, WQC_FROM_KEY, N_("serial of the key or keyring") },
	[WQC_COL_KEY_TYPE]	= { "KEY-TYPE", 8, WQC_COLUMN_TRUNC, WQC_FROM_KEY, N_("its type") },
	[WQC_COL_DESCRIPTION]	= { "DESCRIPTION", 11, WQC_COLUMN_TRUNC, WQC_FROM_KEY, N_("its description") },
	[WQC_COL_UID]		= { "UID", 5, WQC_COLUMN_RIGHT | WQC_COLUMN_DERIVED, WQC_FROM_KEY, N_("its owner's user ID") },
	[WQC_COL_GID]		= { "GID", 5, WQC_COLUMN_RIGHT | WQC_COLUMN_DERIVED, WQC_FROM_KEY, N_("its group ID") },
	[WQC_COL_PERM]		= { "PERM", 8, WQC_COLUMN_DERIVED, WQC_FROM_KEY, N_("its permissions, as in /proc/keys") },
	[WQC_COL_EXPIRES]	= { "EXPIRES", 19, 0, WQC_FROM_KEY, N_("time before which it does not expire") },
	[WQC_COL_PATH]		= { "PATH", 20, WQC_COLUMN_TRUNC, WQC_FROM_PATH, N_("the way to the key, or to the inode") },
	[WQC_COL_AUX]		= { "AUX", 10, WQC_COLUMN_RIGHT, WQC_FROM_AUX, N_("serial of the member, or an error") },
	[WQC_COL_AUX_TYPE]	= { "AUX-TYPE", 8, WQC_COLUMN_TRUNC, WQC_FROM_AUX, N_("the member's type") },
	[WQC_COL_AUX_DESCRIPTION] = { "AUX-DESCRIPTION", 15, WQC_COLUMN_TRUNC, WQC_FROM_AUX, N_("the member's description") },
	[WQC_COL_PID]		= { "PID", 7, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("ID of the process that did it") },
	[WQC_COL_COMMAND]	= { "COMMAND", 15, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("what that process is called") },
	[WQC_COL_MOUNT]		= { "MOUNT", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("ID of the mount: unique, where the kernel has such") },
	[WQC_COL_MOUNT_ID]	= { "MOUNT-ID", 8, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("its ID in mountinfo, which is used again") },
	[WQC_COL_PARENT]	= { "PARENT", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("ID of the mount that it is, or was, on") },
	[WQC_COL_TARGET]	= { "TARGET", 20, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("where it is, or was, mounted") },
	[WQC_COL_SOURCE]	= { "SOURCE", 12, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("what is mounted: a device, as a rule") },
	[WQC_COL_FSTYPE]	= { "FSTYPE", 7, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("type of the filesystem") },
	[WQC_COL_OPTIONS]	= { "OPTIONS", 20, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("all its options") },
	[WQC_COL_VFS_OPTIONS]	= { "VFS-OPTIONS", 20, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("those of this mount") },
	[WQC_COL_FS_OPTIONS]	= { "FS-OPTIONS", 20, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("those of the filesystem, wherever it is mounted") },
	[WQC_COL_ROOT]		= { "ROOT", 8, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("what of the filesystem is mounted") },
	[WQC_COL_PROPAGATION]	= { "PROPAGATION", 11, 0, WQC_FROM_EVENT, N_("whether mounts on it come and go elsewhere, too") },
	[WQC_COL_PEER_GROUP]	= { "PEER-GROUP", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("those with which it shares them") },
	[WQC_COL_NAMESPACE]	= { "NAMESPACE", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("its mount namespace, as lsns(8) has it") },
	[WQC_COL_OLD_TARGET]	= { "OLD-TARGET", 20, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("where it was before it was moved") },
	[WQC_COL_OLD_OPTIONS]	= { "OLD-OPTIONS", 20, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("its options before they were changed") },
	[WQC_COL_TARGETS]	= { "TARGETS", 20, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("everywhere that the filesystem is mounted") },
	[WQC_COL_FSID]		= { "FSID", 16, 0, WQC_FROM_EVENT, N_("ID of the filesystem, as statfs(2) has it") },
	[WQC_COL_SB_ID]		= { "SB-ID", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("ID of the superblock") },
	[WQC_COL_ERRNO]		= { "ERRNO", 8, 0, WQC_FROM_EVENT, N_("name of the error") },
	[WQC_COL_ERROR]		= { "ERROR", 5, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("error number") },
	[WQC_COL_COOKIE]	= { "COOKIE", 6, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("cookie of the error") },
	[WQC_COL_COUNT]		= { "COUNT", 5, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("how many errors that is") },
	[WQC_COL_INODE]		= { "INODE", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("inode number") },
	[WQC_COL_BLOCK]		= { "BLOCK", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("block number") },
	[WQC_COL_FUNCTION]	= { "FUNCTION", 16, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("where in the kernel the error was met") },
	[WQC_COL_LINE]		= { "LINE", 5, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("and the line of its source") },
	[WQC_COL_QUOTA]		= { "QUOTA", 7, 0, WQC_FROM_EVENT, N_("whose quota: user, group or project") },
	[WQC_COL_QUOTA_ID]	= { "QUOTA-ID", 8, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("ID of that user, group or project") },
	[WQC_COL_QUOTA_NAME]	= { "QUOTA-NAME", 10, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("its name") },
	[WQC_COL_LIMIT]		= { "LIMIT", 12, 0, WQC_FROM_EVENT, N_("which limit, and whether it is over it") },
	[WQC_COL_DEVICE]	= { "DEVICE", 8, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("name of the disk") },
	[WQC_COL_DEVTYPE]	= { "DEVTYPE", 9, 0, WQC_FROM_EVENT, N_("disk or partition") },
	[WQC_COL_PARTITION]	= { "PARTITION", 9, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("name of the partition") },
	[WQC_COL_MAJ_MIN]	= { "MAJ:MIN", 7, 0, WQC_FROM_EVENT, N_("device number") },
	[WQC_COL_OPERATION]	= { "OPERATION", 9, 0, WQC_FROM_EVENT, N_("what failed: read, write, discard, flush, ...") },
	[WQC_COL_SECTOR]	= { "SECTOR", 10, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("sector, of 512 bytes") },
	[WQC_COL_SECTORS]	= { "SECTORS", 7, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("how many sectors") },
	[WQC_COL_SIZE]		= { "SIZE", 12, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("size of the device in bytes") },
	[WQC_COL_NAME]		= { "NAME", 10, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("name of the device") },
	[WQC_COL_CONDITION]	= { "CONDITION", 20, WQC_COLUMN_TRUNC | WQC_COLUMN_DERIVED, WQC_FROM_EVENT, N_("which condition it has made so, or is so") },
	[WQC_COL_MARK]		= { "MARK", 7, 0, WQC_FROM_EVENT, N_("initial or resync: found by looking, not posted") },
	[WQC_COL_LOST]		= { "LOST", 5, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("how many records were lost") },
	[WQC_COL_V]		= { "V", 2, WQC_COLUMN_RIGHT, WQC_FROM_EVENT, N_("version of these columns, in the event ready") },
	[WQC_COL_FLAGS]		= { "FLAGS", 10, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("the type's own flags in INFO, by name") },
	[WQC_COL_LEN]		= { "LEN", 3, WQC_COLUMN_RIGHT | WQC_COLUMN_DERIVED, WQC_FROM_EVENT, N_("length of the record in bytes") },
	[WQC_COL_INFO]		= { "INFO", 10, WQC_COLUMN_RIGHT | WQC_COLUMN_DERIVED, WQC_FROM_EVENT, N_("the record's info word") },
	[WQC_COL_DATA]		= { "DATA", 16, WQC_COLUMN_TRUNC, WQC_FROM_EVENT, N_("bytes that were not decoded, in hex") },
	[WQC_COL_DETAIL]	= { "DETAIL", 40, WQC_COLUMN_TRUNC | WQC_COLUMN_DERIVED, WQC_FROM_EVENT, N_("what is known of it, and all that the record says, in one text") },
};

/* Case aside, and with '_' for '-', as JSON has them. */
static bool same_name(const char *name, const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < len && name[i]; i++)
		if (name[i] != (word[i] == '_' ? '-' : ascii_upper(word[i])))
			return false;
	return i == len && !name[i];
}

enum column_id column_by_name(const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < WQC_COL__NR; i++)
		if (same_name(columns[i].name, name, len))
			break;
	return i;
}

void column_variable(char *name, enum column_id id)
{
	const char *from = columns[id].name;
	char *to = name + snprintf(name, WQC_COLUMN_VARIABLE_ROOM, "WATCHQ_");

	for (; *from; from++)
		*to++ = ascii_is_letter(*from) || ascii_is_digit(*from) ? *from : '_';
	memcpy(to, "=", 2);
}

static int unknown_column(const char *where, const char *name, size_t len)
{
	char word[64];
	struct suggestion s = { .word = word };
	unsigned i;

	snprintf(word, sizeof(word), "%.*s", (int) len, name);
	for (i = 0; i < WQC_COL__NR; i++)
		suggest_offer(&s, columns[i].name);
	return msg_usage(_("%s: unknown column '%s'%s"), where, word, suggest_text(&s));
}

int columns_parse(struct column_list *list, const char *text, const char *where)
{
	if (*text == '+')
		text++;
	else
		list->n = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		enum column_id id = column_by_name(text, len);

		if (id == WQC_COL__NR)
			return unknown_column(where, text, len);
		if (list->n == sizeof(list->ids) / sizeof(list->ids[0]))
			return msg_usage(_("%s: too many columns"), where);
		list->ids[list->n++] = id;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
	}
}

void columns_once(struct column_list *list)
{
	bool there[WQC_COL__NR] = { false };
	unsigned i, n = 0;

	for (i = 0; i < list->n; i++) {
		if (!there[list->ids[i]])
			list->ids[n++] = list->ids[i];
		there[list->ids[i]] = true;
	}
	list->n = n;
}

/* ---- Lengths ---- */

/* Where columns take texts from, but for those of a few bytes. */
enum { WQC_TEXTS = 8 };

static void text_lengths(const struct wq_event *ev, size_t lengths[WQC_TEXTS])
{
	const struct wq_name *names[] = { ev->key_name, ev->aux_name, ev->path };
	size_t i, n = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		lengths[n++] = names[i] ? names[i]->desc_len + names[i]->type_len : 0;
	lengths[n++] = ev->watch->object_len;
	lengths[n++] = ev->mount ? ev->mount->text_len : 0;
	lengths[n++] = ev->was ? ev->was->text_len : 0;
	lengths[n++] = ev->side ? ev->side->text_len : 0;
	lengths[n] = ev->condition ? strlen(ev->condition) : 0;
}

size_t column_longest_text(const struct wq_event *ev)
{
	size_t lengths[WQC_TEXTS], longest = 0, i;

	text_lengths(ev, lengths);
	for (i = 0; i < WQC_TEXTS; i++)
		if (lengths[i] > longest)
			longest = lengths[i];
	return longest;
}

size_t column_all_texts(const struct wq_event *ev)
{
	size_t lengths[WQC_TEXTS], all = 0, i;

	text_lengths(ev, lengths);
	for (i = 0; i < WQC_TEXTS; i++)
		all += lengths[i];
	return all;
}
