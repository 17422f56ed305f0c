// SPDX-License-Identifier: GPL-2.0-or-later
/* What columns say of filesystems and block devices that no record has room for. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "detail.h"
#include "side-values.h"

static const struct {
	enum column_id id;
	bool is_text;
	unsigned nr;		/* enum wq_side_number, or enum wq_side_text */
} side_columns[] = {
	{ COL_PATH, true, WQ_SIDE_PATH },
	{ COL_TARGET, true, WQ_SIDE_TARGET },
	{ COL_TARGETS, true, WQ_SIDE_TARGETS },
	{ COL_SOURCE, true, WQ_SIDE_SOURCE },
	{ COL_FSTYPE, true, WQ_SIDE_FSTYPE },
	{ COL_FS_OPTIONS, true, WQ_SIDE_FS_OPTIONS },
	{ COL_FSID, true, WQ_SIDE_FSID },
	{ COL_ERROR, false, WQ_SIDE_ERRNO },
	{ COL_ERRNO, false, WQ_SIDE_ERRNO },
	{ COL_COUNT, false, WQ_SIDE_COUNT },
	{ COL_FUNCTION, true, WQ_SIDE_FUNCTION },
	{ COL_LINE, false, WQ_SIDE_LINE },
	{ COL_QUOTA, true, WQ_SIDE_QUOTA },
	{ COL_QUOTA_ID, false, WQ_SIDE_QUOTA_ID },
	{ COL_QUOTA_NAME, true, WQ_SIDE_QUOTA_NAME },
	{ COL_LIMIT, true, WQ_SIDE_LIMIT },
	{ COL_DEVICE, true, WQ_SIDE_DEVICE },
	{ COL_DEVTYPE, true, WQ_SIDE_DEVTYPE },
	{ COL_PARTITION, true, WQ_SIDE_PARTITION },
	{ COL_OPERATION, true, WQ_SIDE_OPERATION },
	{ COL_SECTORS, false, WQ_SIDE_SECTORS },
	{ COL_SIZE, false, WQ_SIDE_SIZE },
	{ COL_MAJ_MIN, false, WQ_SIDE_DEV },
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

bool has_side(const struct wq_type *type)
{
	return type && (strcmp(type->name, "sb") == 0 || strcmp(type->name, "block") == 0);
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
	if (f && has_side(ev->rec.type) && side_columns[i].nr == WQ_SIDE_ERRNO && !side_columns[i].is_text)
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
