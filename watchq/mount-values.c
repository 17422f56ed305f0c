// SPDX-License-Identifier: GPL-2.0-or-later
/* What the columns of mounts say. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "mount-values.h"

bool is_mount_column(enum column_id id)
{
	return (id >= WQC_COL_MOUNT && id <= WQC_COL_OLD_OPTIONS) || id == WQC_COL_MAJ_MIN;
}

static void set_text(struct value *v, const char *text)
{
	v->kind = text ? WQC_VALUE_TEXT : WQC_VALUE_UNKNOWN;
	v->text = text;
	v->len = text ? strlen(text) : 0;
}

static void set_number(struct value *v, uint64_t u)
{
	v->kind = u ? WQC_VALUE_UNSIGNED : WQC_VALUE_UNKNOWN;
	v->u = u;
}

static void set_propagation(struct value *v, unsigned propagation)
{
	snprintf(v->own, sizeof(v->own), "%s%s%s",
		 propagation & WQ_PROPAGATION_SHARED ? "shared" : "private",
		 propagation & WQ_PROPAGATION_SLAVE ? ",slave" : "",
		 propagation & WQ_PROPAGATION_UNBINDABLE ? ",unbindable" : "");
	set_text(v, v->own);
}

static bool is_move(const struct wq_event *ev)
{
	return ev->rec.subtype_nr == WQ_MOUNT_MOVE_FROM || ev->rec.subtype_nr == WQ_MOUNT_MOVE_TO;
}

/* Of what it was before: in events of changes alone. */
static void set_old(struct value *v, bool applies, const struct wq_event *ev, bool target)
{
	if (applies)
		set_text(v, !ev->was ? NULL : target ? ev->was->target : ev->was->options);
}

static bool is_change(const struct wq_event *ev)
{
	return ev->rec.subtype_nr == WQ_MOUNT_READONLY || ev->rec.subtype_nr == WQ_MOUNT_SETATTR;
}

static void set_ids(struct value *v, enum column_id id, const struct wq_event *ev)
{
	uint64_t on, mount = wq_record_mount(&ev->rec, &on);
	if (id == WQC_COL_MOUNT)
		set_number(v, mount);
	else
		set_number(v, on || !ev->mount ? on : ev->mount->parent);
}

/* Of the mount as it is: it is known. */
static void set_known(struct value *v, enum column_id id, const struct wq_mount *m)
{
	bool known = m->options;	/* at all: it was there when it was asked about */

	switch (id) {
	case WQC_COL_MOUNT_ID:
		set_number(v, m->old_id);
		return;
	case WQC_COL_TARGET:
		set_text(v, m->target);
		return;
	case WQC_COL_SOURCE:
		set_text(v, m->source);
		return;
	case WQC_COL_FSTYPE:
		set_text(v, m->fstype);
		return;
	case WQC_COL_OPTIONS:
		set_text(v, m->options);
		return;
	case WQC_COL_VFS_OPTIONS:
		set_text(v, m->vfs_options);
		return;
	case WQC_COL_FS_OPTIONS:
		set_text(v, m->fs_options);
		return;
	case WQC_COL_ROOT:
		set_text(v, m->root);
		return;
	case WQC_COL_MAJ_MIN:
		snprintf(v->own, sizeof(v->own), "%u:%u", m->major, m->minor);
		set_text(v, known ? v->own : NULL);
		return;
	case WQC_COL_PROPAGATION:
		if (known)
			set_propagation(v, m->propagation);
		else
			set_text(v, NULL);
		return;
	case WQC_COL_PEER_GROUP:
		if (!known || m->peer_group)
			set_number(v, m->peer_group);
		return;
	default:
		set_number(v, m->ns);
		return;
	}
}

void mount_value(enum column_id id, const struct wq_event *ev, struct value *v)
{
	v->kind = WQC_VALUE_NONE;
	switch (id) {
	case WQC_COL_MOUNT:
	case WQC_COL_PARENT:
		set_ids(v, id, ev);
		return;
	case WQC_COL_OLD_TARGET:
		set_old(v, is_move(ev), ev, true);
		return;
	case WQC_COL_OLD_OPTIONS:
		set_old(v, is_change(ev), ev, false);
		return;
	default:
		if (ev->mount)
			set_known(v, id, ev->mount);
		else
			v->kind = WQC_VALUE_UNKNOWN;
		return;
	}
}
