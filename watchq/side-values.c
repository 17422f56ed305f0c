// SPDX-License-Identifier: GPL-2.0-or-later
/* What columns say of filesystems and block devices that no record has room for. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "detail.h"
#include "side-values.h"

enum { SB = 1, BLOCK = 2, BOTH = SB | BLOCK };

static const struct {
	enum column_id id;
	unsigned of;		/* events of filesystems, of block devices */
	bool is_text;
	unsigned nr;		/* enum wq_side_number, or enum wq_side_text */
} side_columns[] = {
	{ COL_PATH, SB, true, WQ_SIDE_PATH },
	{ COL_TARGET, SB, true, WQ_SIDE_TARGET },
	{ COL_TARGETS, SB, true, WQ_SIDE_TARGETS },
	{ COL_SOURCE, SB, true, WQ_SIDE_SOURCE },
	{ COL_FSTYPE, SB, true, WQ_SIDE_FSTYPE },
	{ COL_FS_OPTIONS, SB, true, WQ_SIDE_FS_OPTIONS },
	{ COL_FSID, SB, true, WQ_SIDE_FSID },
	{ COL_ERROR, BOTH, false, WQ_SIDE_ERRNO },
	{ COL_ERRNO, BOTH, false, WQ_SIDE_ERRNO },
	{ COL_COUNT, BOTH, false, WQ_SIDE_COUNT },
	{ COL_FUNCTION, SB, true, WQ_SIDE_FUNCTION },
	{ COL_LINE, SB, false, WQ_SIDE_LINE },
	{ COL_QUOTA, SB, true, WQ_SIDE_QUOTA },
	{ COL_QUOTA_ID, SB, false, WQ_SIDE_QUOTA_ID },
	{ COL_QUOTA_NAME, SB, true, WQ_SIDE_QUOTA_NAME },
	{ COL_LIMIT, SB, true, WQ_SIDE_LIMIT },
	{ COL_DEVICE, BLOCK, true, WQ_SIDE_DEVICE },
	{ COL_DEVTYPE, BLOCK, true, WQ_SIDE_DEVTYPE },
	{ COL_PARTITION, BLOCK, true, WQ_SIDE_PARTITION },
	{ COL_OPERATION, BLOCK, true, WQ_SIDE_OPERATION },
	{ COL_SECTORS, BLOCK, false, WQ_SIDE_SECTORS },
	{ COL_SIZE, BLOCK, false, WQ_SIDE_SIZE },
	{ COL_MAJ_MIN, BOTH, false, WQ_SIDE_DEV },
};

#define NCOLUMNS	(sizeof(side_columns) / sizeof(side_columns[0]))

static unsigned place(enum column_id id)
{
	unsigned i = 0;

	while (i < NCOLUMNS && side_columns[i].id != id)
		i++;
	return i;
}

bool is_side_column(enum column_id id)
{
	return place(id) < NCOLUMNS;
}

static unsigned kind(const struct wq_type *type)
{
	if (!type)
		return 0;
	return strcmp(type->name, "sb") == 0 ? SB : strcmp(type->name, "block") == 0 ? BLOCK : 0;
}

bool side_may_apply(enum column_id id, const struct wq_type *type)
{
	unsigned i = place(id);

	return i < NCOLUMNS && side_columns[i].of & kind(type);
}

static void set_text(struct value *v, const char *text)
{
	v->kind = text ? VALUE_TEXT : VALUE_UNKNOWN;
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
	if (id == COL_ERRNO) {
		set_errno(v, nr);
	} else if (id == COL_MAJ_MIN) {
		*put_maj_min(v->own, nr) = '\0';
		set_text(v, v->own);
	} else {
		v->kind = VALUE_UNSIGNED;
		v->u = nr;
	}
}

void side_value(enum column_id id, const struct wq_event *ev, struct value *v)
{
	const struct wq_side *side = ev->side;
	const struct wq_field *f = wq_record_field(&ev->rec, WQ_F_ERROR);
	unsigned i = place(id), nr = side_columns[i].nr;

	v->kind = VALUE_NONE;
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
		v->kind = VALUE_UNKNOWN;
}
