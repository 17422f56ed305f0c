// SPDX-License-Identifier: GPL-2.0-or-later
/* What the columns say of an event. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "detail.h"
#include "digits.h"
#include "mount-values.h"
#include "side-values.h"

/* Columns that are a number of the record's body and nothing else. */
static const struct {
	enum column_id id;
	enum wq_field_id field;
} plain_fields[] = {
	{ WQC_COL_SB_ID, WQ_F_SB },
	{ WQC_COL_ERROR, WQ_F_ERROR }, { WQC_COL_COOKIE, WQ_F_COOKIE }, { WQC_COL_INODE, WQ_F_INODE },
	{ WQC_COL_BLOCK, WQ_F_BLOCK }, { WQC_COL_SECTOR, WQ_F_SECTOR },
};

/* The field that a column shows, or WQ_F__NR. */
static enum wq_field_id field_of(enum column_id id)
{
	unsigned i;

	for (i = 0; i < sizeof(plain_fields) / sizeof(plain_fields[0]); i++)
		if (plain_fields[i].id == id)
			return plain_fields[i].field;
	return id == WQC_COL_MAJ_MIN ? WQ_F_DEV : id == WQC_COL_NAME ? WQ_F_NAME : WQ_F__NR;
}

static bool has_field(const struct wq_subtype *sub, enum wq_field_id field)
{
	unsigned i;

	for (i = 0; sub && sub->layout && i < sub->layout->nfields; i++)
		if (sub->layout->fields[i].id == field)
			return true;
	return false;
}

bool column_may_apply(enum column_id id, const struct wq_type *type, const struct wq_subtype *sub)
{
	enum wq_field_id field = field_of(id);

	if (id == WQC_COL_FLAGS)
		return type && type->nflags;
	if (id == WQC_COL_LOST || id == WQC_COL_V)
		return type && type->nr == WQ_TYPE_META;
	if (side_may_apply(id, type))
		return true;
	/* Whatever was waited for. */
	if (type && type->nr == WQ_TYPE_META && sub && sub->nr == WQ_META_HOLDS)
		return true;
	if (is_mount_column(id))
		return has_field(sub, WQ_F_MOUNT) || (id == WQC_COL_MAJ_MIN && has_field(sub, WQ_F_DEV));
	if (field == WQ_F__NR)
		return !is_side_column(id) || id == WQC_COL_PATH;
	return has_field(sub, field);
}

static void set_unsigned(struct value *v, uint64_t u)
{
	v->kind = WQC_VALUE_UNSIGNED;
	v->u = u;
}

static void set_text(struct value *v, const char *text, size_t len)
{
	v->kind = WQC_VALUE_TEXT;
	v->text = text;
	v->len = len;
}

static void set_string(struct value *v, const char *text)
{
	set_text(v, text, strlen(text));
}

static void set_time(struct value *v, uint64_t ns)
{
	v->kind = ns ? WQC_VALUE_TIME : WQC_VALUE_UNKNOWN;
	v->u = ns;
}

static void set_number_field(struct value *v, const struct wq_record *rec, enum wq_field_id id)
{
	const struct wq_field *f = wq_record_field(rec, id);

	if (f)
		set_unsigned(v, wq_field_value(rec, f));
}

static void set_maj_min(struct value *v, uint64_t dev)
{
	set_text(v, v->own, (size_t) (put_maj_min(v->own, dev) - v->own));
}

static void set_flags(struct value *v, const struct wq_record *rec)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; rec->type && i < rec->type->nflags; i++)
		if (rec->info & rec->type->flags[i].bit)
			n += (size_t) snprintf(v->own + n, sizeof(v->own) - n, "%s%s",
					       n ? "," : "", rec->type->flags[i].name);
	if (n)
		set_text(v, v->own, n);
}

static void set_lost(struct value *v, const struct wq_record *rec)
{
	if (rec->type_nr != WQ_TYPE_META)
		return;
	if (rec->subtype_nr == WQ_META_LOSS)
		v->kind = WQC_VALUE_UNKNOWN;	/* the kernel doesn't count */
	else
		set_number_field(v, rec, WQ_F_LOST);
}

/* A column of a key's name. */
static void set_name(struct value *v, enum column_id id, const struct wq_name *n)
{
	bool attribute = id == WQC_COL_UID || id == WQC_COL_GID || id == WQC_COL_PERM;

	if (!n || (attribute && n->perm == WQ_PERM_UNKNOWN)) {
		v->kind = WQC_VALUE_UNKNOWN;
		return;
	}
	switch (id) {
	case WQC_COL_KEY_TYPE:
	case WQC_COL_AUX_TYPE:
		set_text(v, n->type, n->type_len);
		break;
	case WQC_COL_DESCRIPTION:
	case WQC_COL_AUX_DESCRIPTION:
		set_text(v, n->desc, n->desc_len);
		break;
	case WQC_COL_UID:
		set_unsigned(v, n->uid);
		break;
	case WQC_COL_GID:
		set_unsigned(v, n->gid);
		break;
	default:
		set_text(v, v->own, (size_t) snprintf(v->own, sizeof(v->own), "%08" PRIx32, n->perm));
		break;
	}
}

static void set_aux(struct value *v, const struct wq_event *ev)
{
	if (!ev->has_key || (ev->rec.type_nr != WQ_TYPE_KEY && !ev->condition))
		return;
	if (ev->aux_kind == WQ_AUX_ERROR) {
		v->kind = WQC_VALUE_SIGNED;
		v->s = (int32_t) ev->aux;
	} else if (ev->aux_kind == WQ_AUX_KEY || ev->aux) {
		set_unsigned(v, ev->aux);
	}
}

static bool is_mount(const struct wq_record *rec)
{
	return wq_record_field(rec, WQ_F_MOUNT);
}

void column_value(enum column_id id, const struct wq_event *ev, struct value *v)
{
	const struct wq_record *rec = &ev->rec;
	const struct wq_field *f;

	v->kind = WQC_VALUE_NONE;
	if (ev->side || id == WQC_COL_ERRNO) {
		if (is_side_column(id))
			side_value(id, ev, v);
		if (v->kind != WQC_VALUE_NONE)
			return;
	}
	if (is_mount_column(id) && (id != WQC_COL_MAJ_MIN || is_mount(rec))) {
		if (is_mount(rec) || ev->mount)
			mount_value(id, ev, v);
		return;
	}
	switch (id) {
	case WQC_COL_SEQ:
		set_unsigned(v, ev->seq);
		return;
	case WQC_COL_TIME:
		set_time(v, ev->realtime);
		return;
	case WQC_COL_BOOTTIME:
		set_time(v, ev->boottime);
		return;
	case WQC_COL_KTIME:
		if (ev->ktime)
			set_time(v, ev->ktime);
		return;
	case WQC_COL_TYPE:
		set_string(v, rec->type ? rec->type->name : "unknown");
		return;
	case WQC_COL_TYPE_NR:
		set_unsigned(v, rec->type_nr);
		return;
	case WQC_COL_EVENT:
		set_string(v, rec->sub ? wq_record_event(rec) : "unknown");
		return;
	case WQC_COL_EVENT_NR:
		set_unsigned(v, rec->subtype_nr);
		return;
	case WQC_COL_ID:
		set_unsigned(v, rec->id);
		return;
	case WQC_COL_OBJECT:
		if (ev->watch->object)
			set_string(v, ev->watch->object);
		else if (rec->id)
			v->kind = WQC_VALUE_UNKNOWN;
		return;
	case WQC_COL_BACKEND:
		set_string(v, ev->watch->backend);
		return;
	case WQC_COL_KEY:
		if (ev->has_key)
			set_unsigned(v, ev->key);
		return;
	case WQC_COL_KEY_TYPE:
	case WQC_COL_DESCRIPTION:
	case WQC_COL_UID:
	case WQC_COL_GID:
	case WQC_COL_PERM:
		if (ev->has_key)
			set_name(v, id, ev->key_name);
		return;
	case WQC_COL_EXPIRES:
		if (ev->has_key && ev->key_name && ev->key_name->expires)
			set_unsigned(v, ev->key_name->expires);
		return;
	case WQC_COL_PATH:
		if (ev->path && ev->path->desc_len)
			set_text(v, ev->path->desc, ev->path->desc_len);
		return;
	case WQC_COL_AUX:
		set_aux(v, ev);
		return;
	case WQC_COL_AUX_TYPE:
	case WQC_COL_AUX_DESCRIPTION:
		if (ev->aux_kind == WQ_AUX_KEY)
			set_name(v, id, ev->aux_name);
		return;
	case WQC_COL_PID:
		if (ev->pid)
			set_unsigned(v, ev->pid);
		else if (is_mount(rec) && ev->mark == WQ_MARK_NONE)
			v->kind = WQC_VALUE_UNKNOWN;
		return;
	case WQC_COL_COMMAND:
		if (ev->command[0])
			set_text(v, ev->command, strnlen(ev->command, sizeof(ev->command)));
		else if (is_mount(rec) && ev->mark == WQ_MARK_NONE)
			v->kind = WQC_VALUE_UNKNOWN;
		return;
	case WQC_COL_MAJ_MIN:
		f = wq_record_field(rec, WQ_F_DEV);
		if (f)
			set_maj_min(v, wq_field_value(rec, f));
		return;
	case WQC_COL_NAME:
		f = wq_record_field(rec, WQ_F_NAME);
		if (f) {
			v->text = wq_field_text(rec, f, &v->len);
			v->kind = WQC_VALUE_TEXT;
		}
		return;
	case WQC_COL_CONDITION:
		if (ev->condition)
			set_string(v, ev->condition);
		return;
	case WQC_COL_MARK:
		if (ev->mark != WQ_MARK_NONE)
			set_string(v, wq_mark_name(ev->mark));
		return;
	case WQC_COL_LOST:
		set_lost(v, rec);
		return;
	case WQC_COL_V:
		if (rec->type_nr == WQ_TYPE_META && rec->subtype_nr == WQ_META_READY)
			set_unsigned(v, WQC_COLUMNS_VERSION);
		return;
	case WQC_COL_FLAGS:
		set_flags(v, rec);
		return;
	case WQC_COL_LEN:
		set_unsigned(v, rec->len);
		return;
	case WQC_COL_INFO:
		set_unsigned(v, rec->info);
		return;
	case WQC_COL_DATA:
		v->text = (const char *) wq_record_rest(rec, &v->len);
		if (v->len)
			v->kind = WQC_VALUE_HEX;
		return;
	case WQC_COL_DETAIL:
		set_text(v, v->own, detail(v->own, sizeof(v->own), ev));
		return;
	default:
		if (field_of(id) != WQ_F__NR)
			set_number_field(v, rec, field_of(id));
		return;
	}
}

/* What @v says, as text. */
static void make_text(enum column_id id, struct value *v)
{
	char *p = v->own;
	size_t i;

	switch (v->kind) {
	case WQC_VALUE_TEXT:
		return;
	case WQC_VALUE_UNSIGNED:
		if (id == WQC_COL_INFO)
			p += snprintf(v->own, sizeof(v->own), "0x%08" PRIx64, v->u);
		else
			p = put_unsigned(p, v->u);
		break;
	case WQC_VALUE_SIGNED:
		if (v->s < 0)
			*p++ = '-';
		p = put_unsigned(p, (uint64_t) (v->s < 0 ? -v->s : v->s));
		break;
	case WQC_VALUE_TIME:
		p = put_seconds(p, v->u);
		break;
	case WQC_VALUE_HEX:
		for (i = 0; i < v->len && 2 * i + 1 < sizeof(v->own); i++)
			p = put_hex(p, (unsigned char) v->text[i]);
		break;
	default:
		break;
	}
	set_text(v, v->own, (size_t) (p - v->own));
}

void column_text(enum column_id id, const struct wq_event *ev, struct value *v)
{
	column_value(id, ev, v);
	make_text(id, v);
}

bool column_known_text(enum column_id id, const struct wq_event *ev, struct value *v)
{
	column_value(id, ev, v);
	if (v->kind == WQC_VALUE_NONE || v->kind == WQC_VALUE_UNKNOWN)
		return false;
	make_text(id, v);
	return true;
}
