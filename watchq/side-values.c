// SPDX-License-Identifier: GPL-2.0-or-later
/* What columns say of filesystems and block devices that no record has room for. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "detail.h"
#include "side-values.h"

enum { WQC_SB = 1, WQC_BLOCK = 2, WQC_BOTH = WQC_SB | WQC_BLOCK };

static const struct {
	enum column_id id;
	unsigned of;		/* events of filesystems, of block devices */
	bool is_text;
	unsigned nr;		/* enum wq_side_number, or enum wq_side_text */
} side_columns[] = {
	{ WQC_COL_PATH, WQC_SB, true, WQ_SIDE_PATH },
	{ WQC_COL_TARGET, WQC_SB, true, WQ_SIDE_TARGET },
	{ WQC_COL_TARGETS, WQC_SB, true, WQ_SIDE_TARGETS },
	{ WQC_COL_SOURCE, WQC_SB, true, WQ_SIDE_SOURCE },
	{ WQC_COL_FSTYPE, WQC_SB, true, WQ_SIDE_FSTYPE },
	{ WQC_COL_FS_OPTIONS, WQC_SB, true, WQ_SIDE_FS_OPTIONS },
	{ WQC_COL_FSID, WQC_SB, true, WQ_SIDE_FSID },
	{ WQC_COL_ERROR, WQC_BOTH, false, WQ_SIDE_ERRNO },
	{ WQC_COL_ERRNO, WQC_BOTH, false, WQ_SIDE_ERRNO },
	{ WQC_COL_COUNT, WQC_BOTH, false, WQ_SIDE_COUNT },
	{ WQC_COL_FUNCTION, WQC_SB, true, WQ_SIDE_FUNCTION },
	{ WQC_COL_LINE, WQC_SB, false, WQ_SIDE_LINE },
	{ WQC_COL_QUOTA, WQC_SB, true, WQ_SIDE_QUOTA },
	{ WQC_COL_QUOTA_ID, WQC_SB, false, WQ_SIDE_QUOTA_ID },
	{ WQC_COL_QUOTA_NAME, WQC_SB, true, WQ_SIDE_QUOTA_NAME },
	{ WQC_COL_LIMIT, WQC_SB, true, WQ_SIDE_LIMIT },
	{ WQC_COL_DEVICE, WQC_BLOCK, true, WQ_SIDE_DEVICE },
	{ WQC_COL_DEVTYPE, WQC_BLOCK, true, WQ_SIDE_DEVTYPE },
	{ WQC_COL_PARTITION, WQC_BLOCK, true, WQ_SIDE_PARTITION },
	{ WQC_COL_OPERATION, WQC_BLOCK, true, WQ_SIDE_OPERATION },
	{ WQC_COL_SECTORS, WQC_BLOCK, false, WQ_SIDE_SECTORS },
	{ WQC_COL_SIZE, WQC_BLOCK, false, WQ_SIDE_SIZE },
	{ WQC_COL_MAJ_MIN, WQC_BOTH, false, WQ_SIDE_DEV },
};

#define WQC_NCOLUMNS	(sizeof(side_columns) / sizeof(side_columns[0]))

static unsigned place(enum column_id id)
{
	unsigned i = 0;

	while (i < WQC_NCOLUMNS && side_columns[i].id != id)
		i++;
	return i;
}

bool is_side_column(enum column_id id)
{
	return place(id) < WQC_NCOLUMNS;
}

static unsigned kind(const struct wq_type *type)
{
	if (!type)
		return 0;
	return strcmp(type->name, "sb") == 0 ? WQC_SB : strcmp(type->name, "block") == 0 ? WQC_BLOCK : 0;
}

bool side_may_apply(enum column_id id, const struct wq_type *type)
{
	unsigned i = place(id);

	return i < WQC_NCOLUMNS && side_columns[i].of & kind(type);
}

static void set_text(struct value *v, const char *text)
{
	v->kind = text ? WQC_VALUE_TEXT : WQC_VALUE_UNKNOWN;
	v->text = text;
	v->len = text ? strlen(text) : 0;
}

/* "EIO", as errno(3) has it; a number that the C library has no name for as digits. */
static void set_errno(struct value *v, uint64_t nr)
{
#ifdef HAVE_STRERRORNAME_NP
	const char *name = nr <= INT32_MAX ? strerrorname_np((int) nr) : NULL;
#else
	const char *name = NULL;
#endif

	if (!name)
		snprintf(v->own, sizeof(v->own), "%llu", (unsigned long long) nr);
	set_text(v, name ? name : v->own);
}

static void set_number(struct value *v, enum column_id id, uint64_t nr)
{
	if (id == WQC_COL_ERRNO) {
		set_errno(v, nr);
	} else if (id == WQC_COL_MAJ_MIN) {
		*put_maj_min(v->own, nr) = '\0';
		set_text(v, v->own);
	} else {
		v->kind = WQC_VALUE_UNSIGNED;
		v->u = nr;
	}
}

void side_value(enum column_id id, const struct wq_event *ev, struct value *v)
{
	const struct wq_side *side = ev->side;
	const struct wq_field *f = wq_record_field(&ev->rec, WQ_F_ERROR);
	unsigned i = place(id), nr = side_columns[i].nr;

	v->kind = WQC_VALUE_NONE;
	/* What the record has room for it says itself. */
	if (f && kind(ev->rec.type) && side_columns[i].nr == WQ_SIDE_ERRNO && !side_columns[i].is_text)
		set_number(v, id, wq_field_value(&ev->rec, f));
	else if (!side)
		return;
	else if (side_columns[i].is_text && side->texts_apply >> nr & 1)
		set_text(v, side->texts[nr]);
	else if (!side_columns[i].is_text && side->numbers_known >> nr & 1)
		set_number(v, id, side->numbers[nr]);
	else if (!side_columns[i].is_text && side->numbers_apply >> nr & 1)
		v->kind = WQC_VALUE_UNKNOWN;
}
