// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The wire format: walks over records, checks them, builds them.
 *
 * The header is `__u32 type:24, subtype:8; __u32 info` in the byte order of the
 * kernel that wrote it. C lays bit-fields out from the end that the byte order
 * starts at, so the subtype is the fourth byte in both, and the type the three
 * bytes before it, in that byte order.
 */
#include "config.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "record.h"
#include "uapi.h"

static bool is_big(bool swapped)
{
	return (__BYTE_ORDER == __BIG_ENDIAN) != swapped;
}

static inline unsigned read_header(struct wq_record *rec, const unsigned char *data, bool swapped,
				   const struct wq_dialect *d)
{
	uint32_t type = wq_read_u32(data, swapped), info = wq_read_u32(data + 4, swapped);

	rec->data = data;
	rec->type_nr = is_big(swapped) ? type >> 8 : type & 0xffffff;
	rec->subtype_nr = data[3];
	rec->info = info;
	rec->len = info & WQ_UAPI_INFO_LENGTH;
	rec->swapped = swapped;
	rec->type = wq_catalog_type(d, rec->type_nr);
	if (rec->type)
		info >>= rec->type->id_moved;
	rec->id = (info & WQ_UAPI_INFO_ID) >> WQ_UAPI_INFO_ID_SHIFT;
	rec->sub = wq_catalog_subtype(rec->type, rec->subtype_nr);
	return rec->len;
}

unsigned wq_record_header(struct wq_record *rec, const unsigned char *data, bool swapped)
{
	return read_header(rec, data, swapped, &wq_dialects[0]);
}

/* How many bytes the body's layout wants, header counted; 0 if it is content. */
static unsigned bytes_missing(const struct wq_record *rec)
{
	const struct wq_layout *l = rec->sub ? rec->sub->layout : NULL;
	unsigned i;

	if (!l || (l->bare && rec->len == WQ_RECORD_MIN))
		return 0;
	if (rec->len < l->min_len)
		return l->min_len;
	if (!l->text)
		return 0;

	for (i = 0; i < l->nfields; i++) {
		const struct wq_field *f = &l->fields[i];

		if (f->size == 0 && f->offset <= rec->len) {
			unsigned end = f->offset + rec->data[f->offset - 1];

			if (end > rec->len)
				return end;
		}
	}
	return 0;
}

static int bad_record(const struct wq_walk *w, struct wq_bad *bad, enum wq_bad_kind kind,
		      unsigned expected, unsigned found, const char *what)
{
	*bad = (struct wq_bad) {
		.offset = w->base + w->pos,
		.kind = kind,
		.expected = expected,
		.found = found,
		.what = what,
	};
	return -EBADMSG;
}

int wq_walk_next(struct wq_walk *w, struct wq_record *rec, struct wq_bad *bad)
{
	size_t left = w->len - w->pos;
	unsigned len, want;

	if (left == 0)
		return 0;
	if (left < WQ_RECORD_MIN) {
		if (w->more)
			return -EAGAIN;
		return bad_record(w, bad, WQ_BAD_CUT, WQ_RECORD_MIN, left, NULL);
	}

	len = read_header(rec, w->buf + w->pos, w->swapped, w->dialect ? w->dialect : &wq_dialects[0]);
	if (len < WQ_RECORD_MIN)
		return bad_record(w, bad, WQ_BAD_LENGTH, WQ_RECORD_MIN, len, NULL);
	if (len > left) {
		if (w->more)
			return -EAGAIN;
		return bad_record(w, bad, WQ_BAD_CUT, len, left, NULL);
	}

	want = bytes_missing(rec);
	if (want)
		return bad_record(w, bad, WQ_BAD_BODY, want, len, rec->sub->name);

	w->pos += len;
	return 1;
}

const char *wq_bad_text(const struct wq_bad *bad, char *buf, size_t size)
{
	unsigned long long at = bad->offset;

	switch (bad->kind) {
	case WQ_BAD_LENGTH:
		snprintf(buf, size, "offset %llu: bad record: expected a length of %u to %u bytes, found %u",
			 at, bad->expected, WQ_RECORD_MAX, bad->found);
		break;
	case WQ_BAD_CUT:
		snprintf(buf, size, "offset %llu: cut off: expected %u bytes of a record, found %u",
			 at, bad->expected, bad->found);
		break;
	case WQ_BAD_BODY:
		snprintf(buf, size, "offset %llu: bad record: expected %u bytes or more for '%s', found %u",
			 at, bad->expected, bad->what, bad->found);
		break;
	case WQ_BAD_NOTE:
		snprintf(buf, size, "offset %llu: bad note: %s", at, bad->what);
		break;
	case WQ_BAD_DIALECT:
		snprintf(buf, size, "offset %llu: a capture begins %s", at, bad->what);
		break;
	}
	return buf;
}

int wq_record_build(unsigned char *buf, uint32_t type, uint8_t subtype,
		    uint32_t info, const void *body, size_t body_len)
{
	size_t len = WQ_RECORD_MIN + body_len;

	if (len > WQ_RECORD_MAX)
		return -EMSGSIZE;

	info = (info & ~WQ_UAPI_INFO_LENGTH) | (uint32_t) len;
	buf[0] = is_big(false) ? type >> 16 : type;
	buf[1] = type >> 8;
	buf[2] = is_big(false) ? type : type >> 16;
	buf[3] = subtype;
	memcpy(buf + 4, &info, sizeof(info));
	if (body_len)
		memcpy(buf + WQ_RECORD_MIN, body, body_len);
	return (int) len;
}

const struct wq_field *wq_record_field(const struct wq_record *rec, enum wq_field_id id)
{
	const struct wq_layout *l = rec->sub ? rec->sub->layout : NULL;
	unsigned i;

	if (!l)
		return NULL;
	for (i = 0; i < l->nfields; i++) {
		const struct wq_field *f = &l->fields[i];

		if (f->id == id)
			return f->offset + f->size <= rec->len ? f : NULL;
	}
	return NULL;
}

uint64_t wq_field_value(const struct wq_record *rec, const struct wq_field *f)
{
	return f->size == 4 ? wq_read_u32(rec->data + f->offset, rec->swapped)
			    : wq_read_u64(rec->data + f->offset, rec->swapped);
}

const char *wq_field_text(const struct wq_record *rec, const struct wq_field *f, size_t *len)
{
	*len = rec->data[f->offset - 1];
	return (const char *) rec->data + f->offset;
}

const unsigned char *wq_record_rest(const struct wq_record *rec, size_t *len)
{
	const struct wq_layout *l = rec->sub ? rec->sub->layout : NULL;
	unsigned end = WQ_RECORD_MIN, i;

	for (i = 0; l && i < l->nfields; i++) {
		const struct wq_field *f = &l->fields[i];
		unsigned fend = f->offset + f->size;

		if (fend > rec->len)
			break;
		if (f->size == 0)
			fend += rec->data[f->offset - 1];
		end = fend;
	}
	*len = rec->len - end;
	return rec->data + end;
}

uint64_t wq_record_mount(const struct wq_record *rec, uint64_t *on)
{
	const struct wq_field *mount = wq_record_field(rec, WQ_F_MOUNT);
	const struct wq_field *aux = wq_record_field(rec, WQ_F_AUX_MOUNT);
	uint64_t id = mount ? wq_field_value(rec, mount) : 0, other = aux ? wq_field_value(rec, aux) : 0;

	*on = other ? id : 0;
	return other ? other : id;
}
